//! [`Extensions`]: values that layers hand to each other with a message.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

/// Values that layers attach to a message for other layers, at most one of each type.
///
/// They travel with a clone and with nothing else: they are not serialized, and two messages that differ in
/// them alone are equal. `Debug` does not show them.
///
/// ```
/// use anysms::{Message, PhoneNumber};
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Shard(u8);
///
/// let mut message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello");
/// message.extensions_mut().insert(Shard(3));
/// assert_eq!(message.extensions().get::<Shard>(), Some(&Shard(3)));
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, Default)]
pub struct Extensions(http::Extensions);

impl Extensions {
    /// Attaches a value and returns the one of the same type that it replaces; `None` if there was none.
    pub fn insert<T: Clone + Send + Sync + 'static>(&mut self, value: T) -> Option<T> {
        self.0.insert(value)
    }

    /// Returns the value of this type; `None` if there is none.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get()
    }

    /// Takes the value of this type away and returns it; `None` if there was none.
    pub fn remove<T: Send + Sync + 'static>(&mut self) -> Option<T> {
        self.0.remove()
    }
}

impl PartialEq for Extensions {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Extensions {}

impl Hash for Extensions {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extensions").finish_non_exhaustive()
    }
}
