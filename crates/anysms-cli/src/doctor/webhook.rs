//! Whether a webhook is there, takes what is signed, and refuses what is not.

use std::{error::Error as StdError, sync::Arc};

use anysms::{
    Timestamp,
    plivo::PlivoWebhook,
    transport::{HttpTransport, ReqwestTransport, TransportError, TransportErrorKind},
    twilio::TwilioWebhook,
    webhook::{PublicUrl, Webhook, WebhookExt, WebhookRequest},
};
use axum::{Router, extract::State, http::StatusCode};
use bytes::Bytes;
use tokio::task::JoinSet;

use super::{
    Line, Setup,
    common::{Failure, Vendor},
};

const ABOUT: &str = "webhook";

/// Sends what is signed and what is forged, and looks at the answers.
pub(crate) async fn examine(
    setup: &Setup,
    url: &str,
    transport: &ReqwestTransport,
) -> Result<Vec<Line>, Failure> {
    let (url, local) = address(url)?;
    let mut lines = Vec::new();
    if url.starts_with("http:") && !local {
        let what = "is plain http: numbers and texts can be read on the way";
        lines.push(setup.finding(ABOUT, what));
    }
    let Some(token) = &setup.token else {
        lines.push(setup.note(ABOUT, "there is no auth token to sign with: it is not looked at"));
        return Ok(lines);
    };
    let signed = match transport.execute(request(setup, &url, Some(token))?).await {
        Ok(answer) => answer.status().as_u16(),
        Err(error) => {
            lines.push(setup.finding(ABOUT, why(&error)));
            return Ok(lines);
        }
    };
    let elsewhere = match signed {
        200..=299 => {
            lines.push(setup.ok(ABOUT, format!("takes what is signed: HTTP {signed}")));
            None
        }
        401 | 403 => {
            let what = "refuses what is signed: its token or its public URL is another; \
                        `Webhook::diagnose` there says which";
            lines.push(setup.finding(ABOUT, format!("HTTP {signed}: {what}")));
            None
        }
        300..=399 => Some("redirects: give the provider the address that it leads to"),
        404 | 410 => Some("is not there: is the path the one that is served?"),
        405 => Some("does not take POST"),
        _ => {
            let what = format!("HTTP {signed}: does not take a callback that is signed");
            lines.push(setup.finding(ABOUT, what));
            None
        }
    };
    if let Some(what) = elsewhere {
        lines.push(setup.finding(ABOUT, format!("HTTP {signed}: {what}")));
        return Ok(lines);
    }
    for (forged, token) in
        [("without a signature", None), ("with a wrong signature", Some("another"))]
    {
        lines.push(match transport.execute(request(setup, &url, token)?).await {
            Err(error) => setup.finding(ABOUT, format!("{forged}: {}", why(&error))),
            Ok(answer) => match answer.status().as_u16() {
                status @ 200..=299 => {
                    let what = "it does not look at signatures, and anybody can call it";
                    let what = format!("ACCEPTS FORGED REQUESTS: HTTP {status} {forged}; {what}");
                    setup.finding(ABOUT, what)
                }
                status @ (401 | 403) => {
                    setup.ok(ABOUT, format!("refuses what comes {forged}: HTTP {status}"))
                }
                status => {
                    let what = format!("HTTP {status} {forged}, where 401 or 403 is meant");
                    setup.finding(ABOUT, what)
                }
            },
        });
    }
    Ok(lines)
}

/// Why no answer came, in words that name no address.
pub(crate) fn why(error: &TransportError) -> &'static str {
    let mut causes = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes += &cause.to_string().to_lowercase();
        next = cause.source();
    }
    let says = |words: &[&str]| words.iter().any(|word| causes.contains(word));
    match error.kind() {
        TransportErrorKind::Timeout => "gives no answer within 10 seconds",
        TransportErrorKind::Interrupted => "closes the connection without an answer",
        TransportErrorKind::Connect if says(&["certificate"]) => "TLS: its certificate is refused",
        TransportErrorKind::Connect if says(&["tls", "handshake", "corrupt message"]) => {
            "TLS: no connection can be agreed on"
        }
        TransportErrorKind::Connect if says(&["dns", "lookup"]) => "its name is not found",
        TransportErrorKind::Connect if says(&["refused"]) => "nothing listens there",
        TransportErrorKind::Connect => "cannot be reached",
        _ => "cannot be asked",
    }
}

/// A webhook as it should be, for the sandbox; up for as long as the tasks live.
pub(crate) async fn serve(setup: &Setup) -> Result<(String, JoinSet<()>), Failure> {
    async fn hook(
        State(webhook): State<Arc<dyn Webhook>>,
        request: axum::extract::Request,
    ) -> StatusCode {
        let (parts, body) = request.into_parts();
        let Ok(body) = axum::body::to_bytes(body, anysms::webhook::MAX_BODY).await else {
            return StatusCode::PAYLOAD_TOO_LARGE;
        };
        match webhook.receive(WebhookRequest::from_parts(&parts, &body)) {
            Ok(_) => StatusCode::OK,
            Err(error) => StatusCode::from_u16(error.http_status()).unwrap_or_default(),
        }
    }
    let taken = |_| Failure::usage("webhook", "no port can be listened on");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.map_err(taken)?;
    let url = format!("http://{}/hook", listener.local_addr().map_err(taken)?);
    let public = address(&url)?.0.parse().map_err(|error| Failure::usage("webhook", error))?;
    let webhook: Arc<dyn Webhook> = match setup.vendor {
        Vendor::Twilio => Arc::new(TwilioWebhook::sandbox(public)?),
        Vendor::Plivo => Arc::new(PlivoWebhook::sandbox(public)?),
    };
    let app = Router::new().fallback(hook).with_state(webhook);
    let mut server = JoinSet::new();
    server.spawn(async move { drop(axum::serve(listener, app).await) });
    Ok((url, server))
}

/// The address as it is asked for and signed, and whether it is on this machine.
fn address(url: &str) -> Result<(String, bool), Failure> {
    let refuse = |error: &dyn std::fmt::Display| Failure::usage("--webhook-url", error);
    url.parse::<PublicUrl>().map_err(|error| refuse(&error))?;
    let url = url.split('#').next().unwrap_or_default();
    let uri: http::Uri = url.parse().map_err(|error| refuse(&error))?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let local = host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let pathless = url.matches('/').count() == 2;
    Ok((if pathless { format!("{url}/") } else { url.to_owned() }, local))
}

/// A status callback about a message that does not exist, signed with this token.
fn request(setup: &Setup, url: &str, token: Option<&str>) -> Result<http::Request<Bytes>, Failure> {
    let none = "0".repeat(32);
    let (sid, uuid) = (format!("SM{none}"), "00000000-0000-4000-8000-000000000000");
    let pairs: &[(&str, &str)] = match setup.vendor {
        Vendor::Twilio => &[
            ("AccountSid", &setup.account),
            ("ApiVersion", "2010-04-01"),
            ("From", "+15555550100"),
            ("MessageSid", &sid),
            ("MessageStatus", "sent"),
            ("SmsSid", &sid),
            ("SmsStatus", "sent"),
            ("To", "+447700900123"),
        ],
        Vendor::Plivo => &[
            ("From", "15555550100"),
            ("MessageUUID", uuid),
            ("ParentMessageUUID", uuid),
            ("Status", "sent"),
            ("To", "447700900123"),
            ("Type", "sms"),
            ("Units", "1"),
        ],
    };
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mut request = http::Request::post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("user-agent", "anysms-doctor");
    for (name, value) in
        token.map_or(Ok(Vec::new()), |token| signatures(setup.vendor, token, url, &body))?
    {
        request = request.header(name, value);
    }
    let malformed = |_| Failure::usage("--webhook-url", "cannot be asked for");
    request.body(body.into()).map_err(malformed)
}

/// The headers by which the provider signs.
fn signatures(
    vendor: Vendor,
    token: &str,
    url: &str,
    body: &str,
) -> Result<Vec<(&'static str, String)>, Failure> {
    let refuse = |error: &dyn std::fmt::Display| Failure::usage("--webhook-url", error);
    let public: PublicUrl = url.parse().map_err(|error| refuse(&error))?;
    match vendor {
        Vendor::Twilio => {
            let signature = TwilioWebhook::new(token, public)?.sign(url, body.as_bytes());
            let signature = signature.map_err(|error| refuse(&error))?;
            Ok(vec![("x-twilio-signature", signature)])
        }
        Vendor::Plivo => {
            let webhook = PlivoWebhook::new(token, public)?;
            let nonce = Timestamp::now().as_nanosecond().to_string();
            let v3 = webhook.sign_v3("POST", url, body.as_bytes(), &nonce);
            let v2 = webhook.sign_v2(url, &nonce).map_err(|error| refuse(&error))?;
            let v3 = v3.map_err(|error| refuse(&error))?;
            Ok(vec![
                ("x-plivo-signature-v3", v3.clone()),
                ("x-plivo-signature-ma-v3", v3),
                ("x-plivo-signature-v3-nonce", nonce.clone()),
                ("x-plivo-signature-v2", v2.clone()),
                ("x-plivo-signature-ma-v2", v2),
                ("x-plivo-signature-v2-nonce", nonce),
            ])
        }
    }
}
