//! Operations on a message that only Twilio has: redact, delete, media, feedback.

use http::{Method, Uri};

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Cursor, MediaRecord, MessageId, Page},
    transport::api::Call,
    twilio::{TWILIO, Twilio, account, config::is_sid, sms::wire},
};

impl Twilio {
    /// Removes the text of a message at Twilio, and keeps the rest of the record.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` while the message is on its way.
    pub async fn redact(&self, id: &MessageId) -> Result<()> {
        let uri = self.inner().message(id, ".json")?;
        let request = self.inner().api.post(uri, account::FORM, b"Body=".to_vec());
        self.inner().run(Call::changing("redact"), request).await.map(drop)
    }

    /// Deletes a message at Twilio. Not while it is on its way.
    ///
    /// # Errors
    /// `NotFound`, or `Conflict` while the message is on its way.
    pub async fn delete(&self, id: &MessageId) -> Result<()> {
        let request = self.inner().api.bare(Method::DELETE, self.inner().message(id, ".json")?);
        self.inner().run(Call::changing("delete"), request).await.map(drop)
    }

    /// Returns one page of the media of a message; `cursor` is where the last page ended.
    ///
    /// # Errors
    /// `NotFound`, or `InvalidRequest` for a cursor that leads elsewhere.
    pub async fn media(
        &self,
        id: &MessageId,
        cursor: Option<&Cursor>,
    ) -> Result<Page<MediaRecord>> {
        const CALL: Call = Call::reading("media");
        let inner = self.inner();
        let first = inner.message(id, "/Media.json")?;
        let uri = match cursor {
            Some(cursor) => inner.api.next_page(cursor, first.path())?,
            None => first,
        };
        let body = inner.read(CALL, inner.api.bare(Method::GET, uri)).await?;
        let page: wire::MediaPage<'_> = inner.api.decode(CALL, &body)?;
        let next = wire::path_of(&page.next_page_uri).map(Cursor::new);
        let items = page.media_list.unwrap_or_default();
        let items: Option<_> =
            items.into_iter().map(|media| self.media_record(id, &media)).collect();
        let missing = || inner.api.unreadable(CALL, "the sid is missing");
        Ok(Page::new(items.ok_or_else(missing)?, next))
    }

    /// Looks up one file (`ME…`) of a message.
    ///
    /// # Errors
    /// `NotFound`; `InvalidRequest` if the id is not one of a file.
    pub async fn media_by_id(&self, id: &MessageId, media: &str) -> Result<MediaRecord> {
        const CALL: Call = Call::reading("media");
        let inner = self.inner();
        let request = inner.api.bare(Method::GET, self.media_uri(id, media)?);
        let body = inner.read(CALL, request).await?;
        let media: wire::Media<'_> = inner.api.decode(CALL, &body)?;
        let missing = || inner.api.unreadable(CALL, "the sid is missing");
        self.media_record(id, &media).ok_or_else(missing)
    }

    /// Deletes one file (`ME…`) of a message.
    ///
    /// # Errors
    /// `NotFound`; `InvalidRequest` if the id is not one of a file.
    pub async fn delete_media(&self, id: &MessageId, media: &str) -> Result<()> {
        let uri = self.media_uri(id, media)?;
        let request = self.inner().api.bare(Method::DELETE, uri);
        self.inner().run(Call::changing("delete_media"), request).await.map(drop)
    }

    /// Tells Twilio whether the message did its job, such as a code that was typed in. For messages
    /// sent with `TwilioOptions::provide_feedback`.
    ///
    /// # Errors
    /// `NotFound`, or `InvalidRequest` if the message was not sent with that option.
    pub async fn feedback(&self, id: &MessageId, confirmed: bool) -> Result<()> {
        let uri = self.inner().message(id, "/Feedback.json")?;
        let outcome: &[u8] = if confirmed { b"Outcome=confirmed" } else { b"Outcome=unconfirmed" };
        let request = self.inner().api.post(uri, account::FORM, outcome.to_vec());
        self.inner().run(Call::changing("feedback"), request).await.map(drop)
    }

    fn media_uri(&self, id: &MessageId, media: &str) -> Result<Uri> {
        if is_sid(media, "ME") {
            return self.inner().message(id, &format!("/Media/{media}.json"));
        }
        Err(Error::not_sent(ErrorKind::InvalidRequest)
            .with_provider(TWILIO)
            .with_detail("media: must be ME and 32 hex digits"))
    }

    /// Returns the record of a file; `None` without an id. Without `.json` its address is that of its bytes.
    fn media_record(&self, id: &MessageId, media: &wire::Media<'_>) -> Option<MediaRecord> {
        let sid = media.sid.text()?;
        let url = self.inner().message(id, &format!("/Media/{sid}")).ok()?.to_string();
        let mut record = MediaRecord::new(sid);
        record.content_type = media.content_type.owned();
        record.created_at = media.date_created.time();
        record.url = url.parse().ok();
        Some(record)
    }
}
