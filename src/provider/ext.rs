//! [`SmsProviderExt`]: methods that users call on any provider.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Cursor, MessageRecord, Page, Query},
    provider::SmsProvider,
};
#[cfg(feature = "layers")]
use crate::{
    message::Message,
    provider::send_all::{Each, SendAll},
};

/// Methods for users of any provider, on top of [`SmsProvider`].
pub trait SmsProviderExt: SmsProvider {
    /// Returns the provider behind one pointer, so that a program chooses it at run time.
    fn into_dyn(self) -> Arc<dyn SmsProvider>
    where
        Self: Sized,
    {
        Arc::new(self)
    }

    /// Returns all messages that match, page by page as they are asked for. A page that leads back, more than 100
    /// empty pages in a row, or more than a million in all, end in an error, so that no list runs for ever.
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
        Records {
            provider: self,
            next: Some(Ok(query)),
            page: VecDeque::new(),
            read: HashSet::new(),
            empty: 0,
        }
    }

    /// Sends many messages, so many at a time, through everything this is made of. Results come as messages
    /// end; `Arc<dyn SmsProvider>` and the clients of this crate are `Clone`. On Tokio.
    ///
    /// ```
    /// # async fn example(sms: std::sync::Arc<dyn anysms::SmsProvider>, messages: Vec<anysms::Message>) {
    /// use anysms::SmsProviderExt;
    ///
    /// let mut all = sms.send_each(messages).with_concurrency(64);
    /// while let Some(sent) = all.next().await {
    ///     if let Err(error) = &sent.result {
    ///         println!("{}: {error}", sent.index);
    ///     }
    /// }
    /// println!("{} sent, {} segments", all.summary().sent, all.summary().segments);
    /// # }
    /// ```
    #[cfg(feature = "layers")]
    fn send_each<I>(&self, messages: I) -> SendAll<Self, Each<I::IntoIter>>
    where
        Self: Clone,
        I: IntoIterator<Item = Message>,
        I::IntoIter: Send + Unpin + 'static,
    {
        self.send_all(Each::new(messages.into_iter()))
    }

    /// Returns the same for a stream, such as the rows of a database.
    #[cfg(feature = "layers")]
    fn send_all<S>(&self, messages: S) -> SendAll<Self, S>
    where
        Self: Clone,
        S: futures_core::Stream<Item = Message> + Send + 'static,
    {
        SendAll::new(self.clone(), messages)
    }
}

impl<P: SmsProvider + ?Sized> SmsProviderExt for P {}

/// The messages of a list, one at a time; the next page is asked for when the last is used up.
#[derive(Debug)]
pub struct Records<'a, P: ?Sized> {
    provider: &'a P,
    /// Query of the next page; none once the last page has come, or after an error.
    next: Option<Result<Query>>,
    page: VecDeque<MessageRecord>,
    /// Hashes of the cursors that were followed.
    read: HashSet<u64>,
    /// Number of empty pages in a row.
    empty: u32,
}

/// Most empty pages in a row. A filter that the provider applies page by page leaves some empty.
const MAX_EMPTY: u32 = 100;

/// Most pages of one list: 20 million messages, where a page has 20.
const MAX_PAGES: usize = 1_000_000;

impl<P: SmsProvider + ?Sized> Records<'_, P> {
    /// Returns the next message; `None` at the end, and after an error.
    ///
    /// # Errors
    /// Those of [`SmsProvider::list`]; `InvalidResponse` for a page that leads back to one that was read, or too
    /// many empty pages in a row.
    pub async fn next(&mut self) -> Option<Result<MessageRecord>> {
        loop {
            if let Some(record) = self.page.pop_front() {
                return Some(Ok(record));
            }
            let result = match self.next.take()? {
                Ok(query) => self.provider.list(&query).await.map(|page| (query, page)),
                Err(error) => Err(error),
            };
            let (query, page) = match result {
                Ok(read) => read,
                Err(error) => return Some(Err(error)),
            };
            self.next = self.after(query, &page).transpose();
            self.page = page.items.into();
        }
    }

    /// Returns the query of the page after this one; `None` after the last one.
    fn after(&mut self, query: Query, page: &Page<MessageRecord>) -> Result<Option<Query>> {
        self.empty = if page.items.is_empty() { self.empty + 1 } else { 0 };
        let refuse = |rule: &'static str| {
            let error = Error::not_sent(ErrorKind::InvalidResponse).with_detail(rule);
            Err(error.with_provider(self.provider.id()).without_message())
        };
        // Some lists say so that they are at their end: the last page points to itself.
        let Some(next) = page.next.as_ref().filter(|next| query.cursor.as_ref() != Some(next))
        else {
            return Ok(None);
        };
        if self.empty > MAX_EMPTY {
            return refuse("list: more than 100 empty pages in a row");
        }
        if self.read.len() >= MAX_PAGES {
            return refuse("list: more than a million pages; narrow it by time");
        }
        self.read.extend(query.cursor.as_ref().map(hash));
        if self.read.contains(&hash(next)) {
            return refuse("list: a page leads back to one that was read");
        }
        Ok(Some(query.with_cursor(next.clone())))
    }
}

fn hash(cursor: &Cursor) -> u64 {
    let mut hasher = DefaultHasher::new();
    cursor.hash(&mut hasher);
    hasher.finish()
}
