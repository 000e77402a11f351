//! What the benches of a send share: a vendor that answers at once, and the plain client beside
//! which the crate is measured.

use std::{
    error::Error,
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use anysms::{Sender, twilio::TwilioConfig};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

pub(crate) const TEXT: &str = "Your table for two at 19:30 is ready. Reply STOP to opt out.";
pub(crate) const TO: &str = "+447700900123";
pub(crate) const FROM: &str = "+15555550100";
pub(crate) const TOKEN: &str = "00000000000000000000000000000001";
pub(crate) const ACCOUNT: &str = "AC00000000000000000000000000000001";
pub(crate) const TWILIO_PATH: &str =
    "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json";
pub(crate) const TWILIO_CONTENT: &str = "application/x-www-form-urlencoded";
/// What the crate writes for this message; `serve` checks that it does.
pub(crate) const TWILIO_BODY: &str = "To=%2B447700900123&From=%2B15555550100&Body=Your+table+for+two+at+\
    19%3A30+is+ready.+Reply+STOP+to+opt+out.";

const TWILIO_ANSWER: &str = r#"{"account_sid": "AC00000000000000000000000000000001", "api_version": "2010-04-01", "body": "Your table for two at 19:30 is ready. Reply STOP to opt out.", "date_created": "Sat, 21 Nov 2026 08:00:00 +0000", "date_sent": null, "date_updated": "Sat, 21 Nov 2026 08:00:00 +0000", "direction": "outbound-api", "error_code": null, "error_message": null, "from": "+15555550100", "messaging_service_sid": null, "num_media": "0", "num_segments": "1", "price": null, "price_unit": "USD", "sid": "SM00000000000000000000000000000001", "status": "queued", "subresource_uris": {"media": "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/SM00000000000000000000000000000001/Media.json"}, "to": "+447700900123", "uri": "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages/SM00000000000000000000000000000001.json"}"#;

/// Twilio's answer to a submission, head and body, with the headers it usually has.
pub(crate) fn twilio_answer() -> Bytes {
    let length = TWILIO_ANSWER.len();
    let head = format!(
        "HTTP/1.1 201 Created\r\n\
         Content-Type: application/json;charset=utf-8\r\n\
         Content-Length: {length}\r\n\
         Connection: keep-alive\r\n\
         Date: Sat, 21 Nov 2026 08:00:00 GMT\r\n\
         Twilio-Concurrent-Requests: 1\r\n\
         Twilio-Request-Id: RQ00000000000000000000000000000001\r\n\
         Twilio-Request-Duration: 0.021\r\n\
         X-Home-Region: us1\r\n\
         X-API-Domain: api.twilio.com\r\n\
         Strict-Transport-Security: max-age=31536000\r\n\r\n"
    );
    format!("{head}{TWILIO_ANSWER}").into()
}

pub(crate) fn twilio_config(base: &str) -> Result<TwilioConfig, Failure> {
    let sender: Sender = FROM.parse()?;
    Ok(TwilioConfig::new(ACCOUNT, TOKEN).with_base_url(base).with_sender(sender))
}

/// The headers that the crate sends, without those that any client adds.
pub(crate) fn headers(user: &str, content_type: &'static str) -> Result<HeaderMap, Failure> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let basic = format!("Basic {}", STANDARD.encode(format!("{user}:{TOKEN}")));
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, basic.try_into()?);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    let agent = concat!("anysms/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(headers)
}

/// A pooled client with the settings of the crate's own transport.
pub(crate) fn bare_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_secs(3))
        .timeout(Duration::from_secs(30))
        .pool_idle_timeout(Duration::from_secs(15))
}

/// Where a bare client posts to.
#[derive(Clone)]
pub(crate) enum Address {
    Text(Arc<str>),
    Parsed(reqwest::Url),
}

impl Address {
    pub(crate) fn new(url: &str, parsed: bool) -> Result<Self, Failure> {
        Ok(if parsed { Self::Parsed(url.parse()?) } else { Self::Text(url.into()) })
    }
}

/// A POST of the same bytes without the crate.
#[derive(Clone)]
pub(crate) struct Bare {
    pub(crate) client: reqwest::Client,
    pub(crate) url: Address,
    pub(crate) headers: HeaderMap,
    pub(crate) body: &'static str,
}

impl Bare {
    /// One request, its whole answer read.
    pub(crate) async fn send(&self) -> Result<Bytes, Failure> {
        let request = match &self.url {
            Address::Text(url) => self.client.post(&**url),
            Address::Parsed(url) => self.client.post(url.clone()),
        };
        Ok(request
            .headers(self.headers.clone())
            .body(self.body)
            .send()
            .await?
            .error_for_status()?
            .bytes()
            .await?)
    }
}

/// Answers every request on a connection that stays open. All must be the same to the byte, which
/// is what makes the figures comparable: one that differs from the first ends the connection.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    answer: Bytes,
    first: Arc<OnceLock<Vec<u8>>>,
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let length = loop {
            if let Some(length) = request_length(&buffer).filter(|length| *length <= buffer.len()) {
                break length;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let (request, first) = (&buffer[..length], first.get_or_init(|| buffer[..length].to_vec()));
        if request != first {
            let [request, first] = [request, first].map(String::from_utf8_lossy);
            eprintln!("the requests differ:\n{first}\n\n{request}");
            return Err(io::ErrorKind::InvalidData.into());
        }
        buffer.drain(..length);
        stream.write_all(&answer).await?;
        stream.flush().await?;
    }
}

/// The length of the request at the front: its head, and as much body as the head says.
fn request_length(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let lines = std::str::from_utf8(&buffer[..head]).ok()?.split("\r\n");
    let length = lines.filter_map(|line| line.split_once(':')).find_map(|(name, value)| {
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    Some(head + 4 + length.and_then(Result::ok).unwrap_or(0))
}
