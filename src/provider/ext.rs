//! [`SmsProviderExt`]: what users call on any provider.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    error::Result,
    message::{MessageRecord, Query},
    provider::SmsProvider,
};

/// What every provider can do for its users, on top of [`SmsProvider`].
pub trait SmsProviderExt: SmsProvider {
    /// The provider behind one pointer, so that a program chooses it at run time.
    fn into_dyn(self) -> Arc<dyn SmsProvider>
    where
        Self: Sized,
    {
        Arc::new(self)
    }

    /// All messages that match, page by page as they are asked for.
    ///
    /// ```
    /// # async fn example(sms: impl anysms::SmsProvider) -> anysms::Result<()> {
    /// use anysms::{Query, SmsProviderExt};
    ///
    /// let mut records = sms.list_all(Query::new());
    /// while let Some(record) = records.next().await {
    ///     println!("{}", record?.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    fn list_all(&self, query: Query) -> Records<'_, Self> {
        Records { provider: self, query: Some(query), page: VecDeque::new() }
    }
}

impl<P: SmsProvider + ?Sized> SmsProviderExt for P {}

/// The messages of a list, one at a time; the next page is asked for when the last is used up.
#[derive(Debug)]
pub struct Records<'a, P: ?Sized> {
    provider: &'a P,
    query: Option<Query>, // none once the last page has come, or after an error
    page: VecDeque<MessageRecord>,
}

impl<P: SmsProvider + ?Sized> Records<'_, P> {
    /// The next message; none at the end, and after an error.
    ///
    /// # Errors
    /// Those of [`SmsProvider::list`].
    pub async fn next(&mut self) -> Option<Result<MessageRecord>> {
        loop {
            if let Some(record) = self.page.pop_front() {
                return Some(Ok(record));
            }
            let query = self.query.take()?;
            match self.provider.list(&query).await {
                Ok(page) => {
                    self.page = page.items.into();
                    // A page that points to itself would never end.
                    let next = page.next.filter(|next| query.cursor.as_ref() != Some(next));
                    self.query = next.map(|next| query.with_cursor(next));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
