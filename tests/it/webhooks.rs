//! What the vendors' webhooks become once they are checked, and what is refused.

use anysms::{
    ErrorKind, MessageStatus,
    message::{Address, Channel, DeliveryFailure},
    plivo::PlivoWebhook,
    text::Keyword,
    twilio::TwilioWebhook,
    webhook::{
        Authenticity, Event, InboundMessage, PublicUrl, StatusUpdate, Verified, Webhook,
        WebhookError, WebhookErrorKind, WebhookExt, WebhookRequest,
    },
};
use serde_json::Value;
use sha2::{Digest, Sha256};

const URL: &str = "https://example.com/hooks";
const FORM: &[u8] = b"application/x-www-form-urlencoded";
const ACCOUNT: &str = "AC33333333333333333333333333333333";
const SID: &str = "twilio:SM11111111111111111111111111111111";
const NONCE: &str = "12345678901234567890";
const TOKEN: &str = "token";

fn twilio() -> TwilioWebhook {
    TwilioWebhook::new(TOKEN, "https://example.com".parse().unwrap()).unwrap()
}

fn by_get() -> PublicUrl {
    "https://example.com".parse::<PublicUrl>().unwrap().by_get()
}

fn plivo() -> PlivoWebhook {
    PlivoWebhook::new(TOKEN, "https://example.com".parse().unwrap()).unwrap()
}

/// A form as Twilio would send it, received by this webhook.
fn twilio_post(webhook: &TwilioWebhook, body: &str) -> Result<Event, WebhookError> {
    let signature = webhook.sign(URL, body.as_bytes())?;
    let headers: [(&str, &[u8]); 2] =
        [("Content-Type", FORM), ("X-Twilio-Signature", signature.as_bytes())];
    webhook.receive(WebhookRequest::new("POST", "/hooks", &headers, body.as_bytes()))
}

fn twilio_get(query: &str) -> Result<Event, WebhookError> {
    let path = format!("/hooks?{query}");
    let signature = twilio().sign(&format!("https://example.com{path}"), b"")?;
    let headers: [(&str, &[u8]); 1] = [("X-Twilio-Signature", signature.as_bytes())];
    let webhook = TwilioWebhook::new(TOKEN, by_get()).unwrap();
    webhook.receive(WebhookRequest::new("GET", &path, &headers, b""))
}

fn plivo_post(body: &str) -> Result<Event, WebhookError> {
    let signature = plivo().sign_v3("POST", URL, body.as_bytes(), NONCE)?;
    let headers: [(&str, &[u8]); 3] = [
        ("content-type", FORM),
        ("X-Plivo-Signature-V3", signature.as_bytes()),
        ("X-Plivo-Signature-V3-Nonce", NONCE.as_bytes()),
    ];
    plivo().receive(WebhookRequest::new("POST", "/hooks", &headers, body.as_bytes()))
}

fn kind(result: Result<Event, WebhookError>) -> WebhookErrorKind {
    result.expect_err("must be refused").kind()
}

fn status(event: Event) -> StatusUpdate {
    match event {
        Event::Status(update) => update,
        other => panic!("not a status: {other:?}"),
    }
}

fn inbound(event: Event) -> InboundMessage {
    match event {
        Event::Inbound(message) => message,
        other => panic!("not a message: {other:?}"),
    }
}

fn names(extra: &anysms::message::Extra) -> Vec<&str> {
    extra.iter().map(|(name, _)| name).collect()
}

/// One of Twilio's published bodies.
fn body(id: &str) -> String {
    let rows: Vec<Value> =
        serde_json::from_str(include_str!("../data/twilio/webhooks.json")).unwrap();
    let row = rows.iter().find(|row| row["id"] == id).unwrap();
    row["body"].as_str().unwrap().to_owned()
}

fn number(text: &str) -> Option<Address> {
    Some(Address::Number(text.parse().unwrap()))
}

#[test]
fn twilios_published_statuses_are_read() {
    let update = status(twilio_post(&twilio(), &body("status-delivered")).unwrap());
    assert_eq!(update.message.to_string(), "twilio:SMyyy");
    assert_eq!((&update.status, &update.failure), (&MessageStatus::Delivered, &None));
    assert_eq!((&update.from, &update.to), (&number("+12223334444"), &number("+11111111111")));
    assert_eq!(
        (update.account.as_ref().map(|id| id.as_str()), &update.pool),
        (Some("ACzzz"), &None)
    );
    assert_eq!(update.authenticity, Authenticity::Full);
    assert_eq!(names(&update.extra), ["ApiVersion", "RawDlrDoneDate"]);
    assert_eq!(update.extra.get("RawDlrDoneDate"), Some("2303222338"));

    let update = status(twilio_post(&twilio(), &body("status-undelivered")).unwrap());
    assert_eq!(update.message.to_string(), SID);
    assert_eq!(update.status, MessageStatus::Undelivered);
    let mut failure = DeliveryFailure::new(ErrorKind::Unreachable, "30003");
    failure.help = Some("https://www.twilio.com/docs/errors/30003".into());
    assert_eq!(update.failure, Some(failure));
    assert_eq!(update.pool.unwrap().as_str(), "MG22222222222222222222222222222222");
    assert_eq!(
        (update.account.as_ref().map(|id| id.as_str()), update.to),
        (Some(ACCOUNT), number("+15558675310"))
    );

    let update = status(twilio_post(&twilio(), &body("status-whatsapp-delivered")).unwrap());
    assert_eq!(update.status, MessageStatus::Delivered);
    assert_eq!(
        update.to,
        Some(Address::OnChannel(Channel::WhatsApp, "+31612345678".parse().unwrap()))
    );
    let extra =
        ["ApiVersion", "ChannelInstallSid", "ChannelPrefix", "ChannelToAddress", "EventType"];
    assert_eq!(names(&update.extra), extra);
}

#[test]
fn twilios_published_messages_are_read() {
    let message = inbound(twilio_post(&twilio(), &body("inbound-sms")).unwrap());
    assert_eq!((message.message.to_string().as_str(), &*message.text), (SID, "Blah blah"));
    assert_eq!(Some(message.from), number("+17067815146"));
    assert_eq!(Some(message.to), number("+14152001331"));
    assert_eq!((message.segments, message.media.len(), message.keyword), (Some(1), 0, None));
    let place = message.from_geography.unwrap();
    assert_eq!((place.country.as_deref(), place.state.as_deref()), (Some("US"), Some("GA")));
    assert_eq!((place.city.as_deref(), place.zip.as_deref()), (Some("BLAIRSVILLE"), Some("30512")));
    assert_eq!(message.to_geography.unwrap().city.as_deref(), Some("SAN FRANCISCO"));
    assert_eq!(names(&message.extra), ["ApiVersion"]);

    let message = inbound(twilio_post(&twilio(), &body("inbound-stop-advanced-opt-out")).unwrap());
    assert_eq!((message.keyword, &*message.text), (Some(Keyword::OptOut), "Stop"));
    assert_eq!(message.pool.unwrap().as_str(), "MG22222222222222222222222222222222");
    assert_eq!((message.from_geography, message.to_geography), (None, None));

    let message = inbound(twilio_post(&twilio(), &body("inbound-mms")).unwrap());
    assert_eq!((&*message.text, message.media.len()), ("", 1));
    assert_eq!(message.media[0].content_type.as_deref(), Some("image/jpeg"));
    let url = "https://api.twilio.com/2010-04-01/Accounts/AC33333333333333333333333333333333/Messages/MM11111111111111111111111111111111/Media/ME66666666666666666666666666666666";
    assert_eq!(message.media[0].url.as_str(), url);
    assert_eq!(names(&message.extra), ["ApiVersion"]);

    match twilio_post(&twilio(), &body("conversations-onMessageAdded")).unwrap() {
        Event::Other(other) => {
            assert_eq!(other.fields.get("EventType"), Some("onMessageAdded"));
            assert_eq!((other.fields.iter().count(), other.provider.as_str()), (13, "twilio"));
        }
        event => panic!("{event:?}"),
    }
}

#[test]
fn plivos_published_webhooks_are_read() {
    let body = include_str!("../data/plivo/webhook.status.form.txt");
    let update = status(plivo_post(body).unwrap());
    assert_eq!(update.message.to_string(), "plivo:83876bdb-2033-4876-bfaf-0ff8693705af");
    assert_eq!((&update.status, &update.failure), (&MessageStatus::Delivered, &None));
    assert_eq!((&update.from, &update.to), (&number("+13342031111"), &number("+918553651111")));
    assert_eq!((update.segments, update.sequence, update.at), (Some(1), None, None));
    assert_eq!(update.price.unwrap().to_string(), "0.0025 USD");
    assert_eq!((update.pool, update.account), (None, None));
    let extra = ["MCC", "MNC", "ParentMessageUUID", "PartInfo", "TotalRate"];
    assert_eq!(names(&update.extra), extra);
    assert_eq!(update.extra.get("PartInfo"), Some("1 of 1"));
    assert_eq!(update.authenticity, Authenticity::Full);

    let body = include_str!("../data/plivo/webhook.inbound.form.txt");
    let message = inbound(plivo_post(body).unwrap());
    assert_eq!(message.message.to_string(), "plivo:7a242edc-2f57-11e7-98c9-06ab0bf64327");
    assert_eq!((&*message.text, message.segments), ("Msg", Some(1)));
    assert_eq!(Some(message.from), number("+4795961111"));
    assert_eq!(Some(message.to), number("+4759440448"));
    assert_eq!(names(&message.extra), ["TotalAmount", "TotalRate", "Type"]);
    assert!(message.media.is_empty() && message.keyword.is_none() && message.pool.is_none());
}

#[test]
fn plivos_full_forms_are_read() {
    let body = "MessageUUID=m-1&Status=Failed&ErrorCode=450&Sequence=3&Units=&TotalAmount=0.00000\
        &PowerpackUUID=15c01cc2-4b9f-4d3b-bd15-3c4b38984cc4&From=ACME&To=447700900123\
        &QueuedTime=2026-11-20+10:11:11.5&SentTime=2026-11-20+10:11:12&DeliveryReportTime=";
    let update = status(plivo_post(body).unwrap());
    assert_eq!((&update.status, update.sequence), (&MessageStatus::Failed, Some(3)));
    let failure = update.failure.unwrap();
    assert_eq!((failure.kind, failure.code.as_str()), (ErrorKind::GeoPermission, "450"));
    assert_eq!(update.at.unwrap().to_string(), "2026-11-20T10:11:12Z");
    assert_eq!(update.price.unwrap().to_string(), "0.00000 USD");
    assert_eq!(update.pool.unwrap().as_str(), "15c01cc2-4b9f-4d3b-bd15-3c4b38984cc4");
    assert_eq!((update.segments, update.extra.is_empty()), (None, true));

    let body = "MessageUUID=m-1&From=447700900123&To=72345&Type=mms&Body=Look&MessageIntent=optout\
        &MediaCount=2&Media1=https://media.example.com/b&Media0=https://media.example.com/a";
    let message = inbound(plivo_post(body).unwrap());
    assert_eq!((&*message.text, message.keyword), ("Look", Some(Keyword::OptOut)));
    let urls: Vec<_> = message.media.iter().map(|media| media.url.as_str()).collect();
    assert_eq!(urls, ["https://media.example.com/a", "https://media.example.com/b"]);
    assert_eq!(names(&message.extra), ["MediaCount", "Type"]);
}

#[test]
fn forms_may_come_in_the_query_of_a_get() {
    let event = twilio_get(&body("inbound-sms")).unwrap();
    assert_eq!(event, twilio_post(&twilio(), &body("inbound-sms")).unwrap());

    let query = include_str!("../data/plivo/webhook.status.form.txt");
    let path = format!("/hooks?{query}");
    let url = format!("https://example.com{path}");
    for (ending, signature, authenticity) in [
        ("v3", plivo().sign_v3("GET", &url, b"", NONCE).unwrap(), Authenticity::UrlOnly),
        ("v2", plivo().sign_v2(&url, NONCE).unwrap(), Authenticity::UrlOnly),
    ] {
        let (name, nonce) =
            (format!("x-plivo-signature-{ending}"), format!("x-plivo-signature-{ending}-nonce"));
        let headers = [(name.as_str(), signature.as_bytes()), (&nonce, NONCE.as_bytes())];
        let webhook = PlivoWebhook::new(TOKEN, by_get()).unwrap();
        let event = webhook.receive(WebhookRequest::new("GET", &path, &headers, b"")).unwrap();
        assert_eq!(event.authenticity(), authenticity);
        assert_eq!(event.id(), plivo_post(query).unwrap().id());
    }
}

#[test]
fn the_same_news_has_the_same_id() {
    for id in ["status-undelivered", "inbound-sms", "conversations-onMessageAdded"] {
        let event = twilio_post(&twilio(), &body(id)).unwrap();
        assert_eq!(event, twilio_post(&twilio(), &body(id)).unwrap());
        let mut pairs: Vec<_> = body(id).split('&').map(str::to_owned).collect();
        pairs.reverse();
        let reordered = twilio_post(&twilio(), &pairs.join("&")).unwrap();
        assert_eq!(event.id(), reordered.id(), "{id}");
        assert_eq!(event.id().to_string().len(), 32);
    }
    let ids = ["sent", "delivered"].map(|word| {
        let body = format!("MessageUUID=m-1&Status={word}");
        *plivo_post(&body).unwrap().id()
    });
    assert_ne!(ids[0], ids[1], "other news has another id");
    let twilio = twilio_post(&twilio(), "MessageSid=m-1&MessageStatus=sent").unwrap();
    assert_ne!(ids[0], *twilio.id(), "another provider's has another id");
}

#[test]
fn a_shifted_boundary_is_verified_and_then_refused() {
    // The signed text joins names and values without a mark between them.
    let true_body = "MessageSid=SM1&MessageStatus=delivered&To=%2B15555550100";
    let shifted = "MessageSid=SM1&MessageStatus=deliveredTo%2B15555550100";
    let signature = twilio().sign(URL, true_body.as_bytes()).unwrap();
    assert_eq!(signature, twilio().sign(URL, shifted.as_bytes()).unwrap());
    let headers: [(&str, &[u8]); 2] =
        [("content-type", FORM), ("x-twilio-signature", signature.as_bytes())];
    let request = WebhookRequest::new("POST", "/hooks", &headers, shifted.as_bytes());
    let verified = Verified::check(&twilio(), request).unwrap();
    let error = twilio().parse(&verified).unwrap_err();
    assert_eq!((error.kind(), error.field()), (WebhookErrorKind::InvalidField, "MessageStatus"));
    assert_eq!(error.http_status(), 400);

    // A boundary that leaves only letters shows by its length.
    let (most, over) = ("x".repeat(32), "x".repeat(33));
    for body in ["MessageSid=SM1&MessageStatus=", "MessageUUID=m-1&Status="] {
        let receive = |word: &str| match body.starts_with("MessageSid") {
            true => twilio_post(&twilio(), &format!("{body}{word}")),
            false => plivo_post(&format!("{body}{word}")),
        };
        let update = status(receive(&most).unwrap());
        assert_eq!(update.status, MessageStatus::Other(most.as_str().into()));
        for word in [over.as_str(), "sent1", "sent+", "s%C3%A9nt", "sent.", "sent%0A"] {
            assert_eq!(kind(receive(word)), WebhookErrorKind::InvalidField, "{word}");
        }
    }
}

#[test]
fn a_field_of_the_schema_is_there_once() {
    for body in [
        "MessageSid=SM1&MessageSid=SM1&MessageStatus=sent",
        "MessageSid=SM1&MessageStatus=sent&MessageStatus=delivered",
        "MessageSid=SM1&MessageStatus=sent&To=%2B15555550100&To=%2B15555550101",
        "MessageSid=SM1&Body=a&Body=b&From=72345&To=72345",
    ] {
        let error = twilio_post(&twilio(), body).unwrap_err();
        assert_eq!((error.kind(), error.http_status()), (WebhookErrorKind::DuplicateField, 400));
    }
    for body in [
        "MessageUUID=m-1&MessageUUID=m-2&Status=sent",
        "MessageUUID=m-1&Status=sent&Status=delivered",
        "MessageUUID=m-1&From=72345&To=72345&Text=a&Text=b",
    ] {
        assert_eq!(kind(plivo_post(body)), WebhookErrorKind::DuplicateField, "{body}");
    }
    for body in ["MessageStatus=sent", "MessageSid=&MessageStatus=sent", "Body=&From=72345&To=1"] {
        assert_eq!(kind(twilio_post(&twilio(), body)), WebhookErrorKind::MissingField, "{body}");
    }
}

#[test]
fn another_accounts_webhook_is_refused() {
    let mine = twilio().for_account(ACCOUNT);
    assert!(twilio_post(&mine, &body("status-undelivered")).is_ok());
    for other in [body("status-delivered"), "MessageSid=SM1&MessageStatus=sent".into()] {
        let error = twilio_post(&mine, &other).unwrap_err();
        assert_eq!((error.kind(), error.http_status()), (WebhookErrorKind::WrongAccount, 403));
    }
}

#[test]
fn what_happened_last_is_when_it_happened() {
    let times = [
        ("QueuedTime", "2026-11-20 10:11:11.5", "2026-11-20T10:11:11.5Z"),
        ("SentTime", "2026-11-20 10:11:12", "2026-11-20T10:11:12Z"),
        ("DeliveryReportTime", "2026-11-20 10:11:13", "2026-11-20T10:11:13Z"),
    ];
    let mut body = "MessageUUID=m-1&Status=delivered".to_owned();
    for (name, written, read) in times {
        body += &format!("&{name}={written}");
        let update = status(plivo_post(&body).unwrap());
        assert_eq!(update.at.unwrap().to_string(), read, "{body}");
    }
}

#[test]
fn an_event_of_another_product_is_no_message() {
    let event = "EventType=onMessageAdded&MessageSid=IM1&Body=two&From=72345&To=72346";
    assert!(matches!(twilio_post(&twilio(), event), Ok(Event::Other(_))));
    let message = event.replace("EventType=onMessageAdded&", "");
    assert!(matches!(twilio_post(&twilio(), &message), Ok(Event::Inbound(_))));
}

#[test]
fn json_is_kept_and_each_has_an_id_of_its_own() {
    let receive = |body: &str| {
        let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        let path = format!("/hooks?bodySHA256={hash}");
        let signature = twilio().sign(&format!("https://example.com{path}"), b"").unwrap();
        let headers: [(&str, &[u8]); 2] =
            [("content-type", b"application/json"), ("x-twilio-signature", signature.as_bytes())];
        twilio().receive(WebhookRequest::new("POST", &path, &headers, body.as_bytes())).unwrap()
    };
    let Event::Other(other) = receive(r#"{"a":1}"#) else { panic!("not other") };
    assert_eq!(other.fields.get("a"), Some("1"));
    let ids = [r#"{"a":1}"#, r#"{"b":2}"#, "[1]", "[2]"].map(|body| *receive(body).id());
    assert_eq!(ids[0], other.id);
    assert!((1..4).all(|at| !ids[..at].contains(&ids[at])));
}
