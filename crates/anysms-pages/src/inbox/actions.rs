//! Actions of a reader: each form is answered with a redirect to the page that shows what came of it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anysms::{
    ErrorKind, MessageId, ProviderId,
    message::WebUrl,
    sandbox::{Inbound, When},
};
use axum::{
    Router, extract,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use bytes::Bytes;

use crate::inbox::{
    INBOX_PATH, faults,
    place::{Place, number},
    state::State,
    watch,
};

/// Longest time that a reader waits for a webhook; after that it is called behind the scenes.
const PATIENCE: Duration = Duration::from_secs(3);

/// Most time that can be skipped at once.
const LONGEST_SKIP: u64 = 366 * 24 * 3_600;

/// Returns the routes of all actions.
pub(super) fn routes() -> Router<Arc<State>> {
    let at = |name: &str| format!("{INBOX_PATH}/{name}");
    Router::new()
        .route(&at("reply"), post(reply))
        .route(&at("fault"), post(fault))
        .route(&at("calm"), post(calm))
        .route(&at("fate"), post(fate))
        .route(&at("skip"), post(skip))
        .route(&at("clear"), post(clear))
}

/// Fields of a form.
struct Form(HashMap<String, String>);

impl Form {
    fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }
}

/// Goes back to the place that a form names, with a notice.
fn back(body: &[u8], note: &str) -> Response {
    Redirect::to(&Place::read(body).with_note(note).href()).into_response()
}

type Shared = extract::State<Arc<State>>;

/// Sends a message from the phone.
async fn reply(extract::State(state): Shared, body: Bytes) -> Response {
    watch::start(&state);
    let form = Form::read(&body);
    let place = Place::read(&body);
    let sender = form.get("to").split_once(':');
    let sender =
        sender.and_then(|(name, to)| Some((name.parse::<ProviderId>().ok()?, number(to)?)));
    let (Some(phone), Some((provider, to))) = (place.phone, sender) else {
        return back(&body, "no-number");
    };
    // Line breaks of a form are CR LF; those of a phone are LF.
    let text = match form.get("keyword") {
        "" => form.get("text").replace("\r\n", "\n"),
        keyword => keyword.to_owned(),
    };
    let mut message = Inbound::new(phone, to, text.clone());
    let picture = form.get("picture");
    if !picture.is_empty() && form.get("keyword").is_empty() {
        let Ok(url) = WebUrl::parse(picture) else { return back(&body, "no-url") };
        message = message.with_media(url);
    }
    let channel = form.get("channel");
    if !channel.is_empty() {
        message = message.over(channel);
    }
    if text.is_empty() && message.media.is_empty() {
        return back(&body, "no-text");
    }
    let webhook = form.get("webhook").to_owned();
    let url = WebUrl::parse(&webhook);
    if !webhook.is_empty() && url.is_err() {
        return back(&body, "no-url");
    }
    state.set_webhook(to, &webhook);
    let handle = state.handle.clone();
    // A reader who goes elsewhere must not break off the call.
    let call = tokio::spawn(async move {
        match url {
            Ok(url) => handle.receive(&provider, &message, &url).await.map(Some),
            Err(_) => handle.receive_at_number(&provider, &message).await.map(|(_, status)| status),
        }
    });
    let note = match tokio::time::timeout(PATIENCE, call).await {
        Ok(Ok(Ok(Some(status)))) => format!("answered-{status}"),
        Ok(Ok(Ok(None))) => "no-webhook".to_owned(),
        Ok(Ok(Err(error))) if error.kind() == ErrorKind::Webhook => "no-answer".to_owned(),
        Ok(_) => "failed".to_owned(),
        Err(_) => "waiting".to_owned(),
    };
    back(&body, &note)
}

/// Lets the next messages go wrong, or all to the phone, or the next requests at a path.
async fn fault(extract::State(state): Shared, body: Bytes) -> Response {
    let form = Form::read(&body);
    let Some(fault) = faults::fault(form.get("fault")) else { return back(&body, "unknown") };
    let phone = Place::read(&body).phone.filter(|_| form.get("scope") == "phone");
    let next = form.get("next").parse().unwrap_or(1).clamp(1, 1_000);
    let when = phone.map_or(When::Next(next), When::To);
    state.inject(form.get("at").trim(), when, fault);
    back(&body, "injected")
}

/// Removes all faults.
async fn calm(extract::State(state): Shared, body: Bytes) -> Response {
    state.clear_faults();
    back(&body, "calm")
}

/// Decides what becomes of messages to the phone.
async fn fate(extract::State(state): Shared, body: Bytes) -> Response {
    let fate = faults::fate(Form::read(&body).get("fate"));
    let (Some(phone), Some(fate)) = (Place::read(&body).phone, fate) else {
        return back(&body, "unknown");
    };
    state.set_fate(phone, fate);
    back(&body, "fate")
}

/// Skips time.
async fn skip(extract::State(state): Shared, body: Bytes) -> Response {
    let seconds: u64 = Form::read(&body).get("seconds").parse().unwrap_or(0);
    if !(1..=LONGEST_SKIP).contains(&seconds) {
        return back(&body, "unknown");
    }
    state.handle.skip(Duration::from_secs(seconds));
    state.tick("all");
    back(&body, "skipped")
}

/// Forgets all messages.
async fn clear(extract::State(state): Shared, body: Bytes) -> Response {
    state.handle.clear_messages();
    state.tick("all");
    let place = Place { phone: None, message: None::<MessageId>, ..Place::read(&body) };
    Redirect::to(&place.with_note("cleared").href()).into_response()
}

/// Returns the sentence of a notice, and `true` if it is bad news; `None` for a word that is none.
pub(super) fn sentence(note: &str) -> Option<(String, bool)> {
    if let Some(status) = note.strip_prefix("answered-") {
        let status: u16 = status.parse().ok().filter(|status| (100..1_000).contains(status))?;
        return Some((
            format!("Sent. The webhook answered {status}."),
            !(200..300).contains(&status),
        ));
    }
    let (text, bad) = match note {
        "no-webhook" => ("Sent, but this number names no webhook: nobody was told.", true),
        "no-answer" => ("Sent, but the webhook gave no answer.", true),
        "waiting" => ("Sent. The webhook takes its time; its answer will show here.", false),
        "failed" => ("Not sent: the sandbox does not take it.", true),
        "no-number" => ("Not sent: choose a number to send to.", true),
        "no-text" => ("Not sent: write a text or attach a picture.", true),
        "no-url" => ("Not sent: an address begins with http:// or https://.", true),
        "injected" => ("The fault waits for its message.", false),
        "calm" => ("All faults are gone.", false),
        "fate" => ("From now on that becomes of messages to this phone.", false),
        "skipped" => ("Time has passed.", false),
        "cleared" => ("All messages are gone.", false),
        "unknown" => ("Nothing was done: that choice does not exist.", true),
        _ => return None,
    };
    Some((text.to_owned(), bad))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_says_only_what_is_written_here() {
        assert_eq!(sentence("answered-200").map(|(_, bad)| bad), Some(false));
        assert_eq!(sentence("answered-500").map(|(_, bad)| bad), Some(true));
        assert!(sentence("answered-<b>").is_none() && sentence("Call us").is_none());
    }
}
