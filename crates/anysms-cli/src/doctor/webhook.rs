//! The webhook: is it there, does it take signed callbacks, and does it refuse forged ones?

use std::sync::Arc;

use anysms::{
    plivo::PlivoWebhook,
    transport::{HttpTransport, ReqwestTransport, TransportError, TransportErrorKind},
    twilio::TwilioWebhook,
    webhook::{PublicUrl, Webhook, axum::VerifiedEvent},
};
use axum::{Router, http::StatusCode};
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    callback::request,
    setup::{Line, Setup},
};
use crate::{failure::Failure, target::Vendor};

const ABOUT: &str = "webhook";

/// Sends one signed callback and two forged ones, and looks at the answers.
pub(super) async fn examine(
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

/// Says why no answer came, without naming an address.
pub(super) fn why(error: &TransportError) -> &'static str {
    let says = |word: &str| error.cause().contains(word);
    match error.kind() {
        TransportErrorKind::Timeout => "gives no answer within 10 seconds",
        TransportErrorKind::Interrupted => "closes the connection without an answer",
        TransportErrorKind::Connect if says("certificate") => "TLS: its certificate is refused",
        TransportErrorKind::Connect if says("TLS") => "TLS: no connection can be agreed on",
        TransportErrorKind::Connect if says("name") => "its name is not found",
        TransportErrorKind::Connect if says("refused") => "nothing listens there",
        TransportErrorKind::Connect => "cannot be reached",
        _ => "cannot be asked",
    }
}

/// Starts a correct webhook server for the sandbox. It runs until the returned tasks are dropped.
pub(super) async fn serve(setup: &Setup) -> Result<(String, JoinSet<()>), Failure> {
    async fn accept(_: VerifiedEvent<dyn Webhook>) -> StatusCode {
        StatusCode::OK
    }
    let taken = |_| Failure::usage("webhook", "no port can be listened on");
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(taken)?;
    let url = format!("http://{}/hook", listener.local_addr().map_err(taken)?);
    let public = address(&url)?.0.parse().map_err(|error| Failure::usage("webhook", error))?;
    let webhook: Arc<dyn Webhook> = match setup.vendor {
        Vendor::Twilio => Arc::new(TwilioWebhook::sandbox(public)?),
        Vendor::Plivo => Arc::new(PlivoWebhook::sandbox(public)?),
    };
    let app = Router::new().fallback(accept).with_state(webhook);
    let mut server = JoinSet::new();
    server.spawn(async move { drop(axum::serve(listener, app).await) });
    Ok((url, server))
}

/// Returns the address as it is requested and signed, and `true` if it is on this machine.
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
