//! [`Redaction`]: what is left of a message whose time is over.

/// Extent to which a stored message has been forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Redaction {
    #[default]
    Whole,
    WithoutText,
    WithoutNumber,
}
