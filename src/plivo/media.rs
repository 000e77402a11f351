//! The media of a message, as Plivo lists it.

use http::Method;

use crate::{
    error::Result,
    message::{MediaRecord, MessageId},
    plivo::{Plivo, wire},
    transport::rest::Call,
};

impl Plivo {
    /// The media of a message. Plivo gives all of it on one page.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn media(&self, id: &MessageId) -> Result<Vec<MediaRecord>> {
        const CALL: Call = Call::reading("media");
        let inner = self.inner();
        let request = inner.rest.request(Method::GET, inner.message(id, "Media/")?);
        let body = inner.read(CALL, request).await?;
        let page: wire::ObjectPage<'_, wire::Media<'_>> = inner.rest.decode(CALL, &body)?;
        let missing = || inner.rest.unreadable(CALL, "the media_id is missing");
        let record = |media: wire::Media<'_>| {
            let mut record = MediaRecord::new(media.media_id.owned().ok_or_else(missing)?);
            record.content_type = media.content_type.owned();
            record.size = media.size.parse();
            record.url = media.media_url.parse();
            record.created_at = media.upload_time.time();
            Ok(record)
        };
        page.objects.unwrap_or_default().into_iter().map(record).collect()
    }
}
