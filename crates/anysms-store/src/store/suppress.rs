//! Recipients who opted out.

use anysms::{error::Result, number::PhoneNumber};

use crate::{
    MessageStore, Suppression, SuppressionScope,
    backend::{
        Backend,
        operation::{FindSuppressions, Suppress, Unsuppress},
    },
    model::{policy::storable_scope, suppression::SuppressionSource},
};

impl<B: Backend> MessageStore<B> {
    /// Suppresses a number within a scope: nothing is sent to it there any more, in whatever form the number is written
    /// ([`PhoneNumber::canonical`]). Of two sources the greater stays.
    ///
    /// ```
    /// use anysms::{PhoneNumber, suppression::SuppressionSource};
    /// use anysms_store::{MessageStore, SuppressionScope};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MessageStore::memory();
    /// let number: PhoneNumber = "+447700900123".parse()?;
    /// store.suppress(number, SuppressionScope::all(), SuppressionSource::Manual).await?;
    /// assert_eq!(store.suppressions_of(number).await?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidRequest` for a scope in which no message can be, with a campaign or a sender of more than 255 bytes;
    /// `Unavailable` if the store cannot be written.
    pub async fn suppress(
        &self,
        number: PhoneNumber,
        scope: SuppressionScope,
        source: SuppressionSource,
    ) -> Result<()> {
        storable_scope(&scope)?;
        let at = self.backend.clock().now();
        self.backend.run(Suppress(Suppression::new(number, scope, source, at))).await
    }

    /// Takes the suppressions of exactly this scope off, whichever own address they were told to, but those whose
    /// source is greater than this.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn unsuppress(
        &self,
        number: PhoneNumber,
        scope: SuppressionScope,
        up_to: SuppressionSource,
    ) -> Result<()> {
        self.backend.run(Unsuppress(number, scope, up_to, None)).await
    }

    /// Returns the suppressions of the next 1 to 1,000 numbers after this one, in the order of numbers.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn suppressions(
        &self,
        after: Option<PhoneNumber>,
        most: u32,
    ) -> Result<Vec<Suppression>> {
        self.backend.suppressions(after, most.clamp(1, 1_000)).await
    }

    /// Returns all suppressions of a number.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be read.
    pub async fn suppressions_of(&self, number: PhoneNumber) -> Result<Vec<Suppression>> {
        self.backend.run(FindSuppressions(number)).await
    }
}
