//! Files: those of a message, and those uploaded to the account.

use http::Method;

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Cursor, MediaRecord, MessageId, Page},
    plivo::{PLIVO, Plivo, account::Inner, sms::wire},
    transport::api::Call,
};

const CALL: Call = Call::reading("media");

impl Plivo {
    /// Returns the media of a message. Plivo gives all of it on one page.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn media(&self, id: &MessageId) -> Result<Vec<MediaRecord>> {
        let inner = self.inner();
        let request = inner.api.bare(Method::GET, inner.message(id, "Media/")?);
        let body = inner.read(CALL, request).await?;
        let page: wire::ObjectPage<'_, wire::Media<'_>> = inner.api.decode(CALL, &body)?;
        records(inner, page.objects)
    }

    /// Returns one page of the files that were uploaded to the account; `cursor` is where the last page
    /// ended.
    ///
    /// # Errors
    /// `InvalidRequest` for a cursor that leads elsewhere.
    pub async fn library(&self, cursor: Option<&Cursor>) -> Result<Page<MediaRecord>> {
        let inner = self.inner();
        let first = inner.api.uri(&format!("{}Media/", inner.account))?;
        let uri = match cursor {
            Some(cursor) => inner.api.next_page(cursor, first.path())?,
            None => first,
        };
        let body = inner.read(CALL, inner.api.bare(Method::GET, uri)).await?;
        let page: wire::ObjectPage<'_, wire::Media<'_>> = inner.api.decode(CALL, &body)?;
        let next = page.meta.as_ref().and_then(|meta| meta.next.text()).map(Cursor::new);
        Ok(Page::new(records(inner, page.objects)?, next))
    }

    /// Returns one file that was uploaded to the account.
    ///
    /// # Errors
    /// `NotFound`; `InvalidRequest` if the id is none.
    pub async fn library_media(&self, media: &str) -> Result<MediaRecord> {
        let inner = self.inner();
        let id = MessageId::new(PLIVO, media).map_err(|_| {
            Error::not_sent(ErrorKind::InvalidRequest)
                .with_provider(PLIVO)
                .with_detail("media: is no id")
        })?;
        let uri = inner.api.uri(&format!("{}Media/{}/", inner.account, id.value()))?;
        let body = inner.read(CALL, inner.api.bare(Method::GET, uri)).await?;
        let media: wire::Media<'_> = inner.api.decode(CALL, &body)?;
        record(inner, &media)
    }
}

fn records(inner: &Inner, objects: Option<Vec<wire::Media<'_>>>) -> Result<Vec<MediaRecord>> {
    objects.unwrap_or_default().iter().map(|media| record(inner, media)).collect()
}

fn record(inner: &Inner, media: &wire::Media<'_>) -> Result<MediaRecord> {
    let missing = || inner.api.unreadable(CALL, "the media_id is missing");
    let mut record = MediaRecord::new(media.media_id.owned().ok_or_else(missing)?);
    record.content_type = media.content_type.owned();
    record.size = media.size.parse();
    record.url = media.media_url.parse();
    record.created_at = media.upload_time.time();
    Ok(record)
}
