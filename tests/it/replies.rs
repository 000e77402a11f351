//! What an inbound message is answered with, read back by a real XML parser.

use std::sync::Arc;

use anysms::{
    Error, ErrorKind, MessageId, Outcome, ProviderId, Sender,
    message::{Address, Media, WebUrl},
    plivo::{PLIVO, PlivoWebhook, PlivoXml},
    twilio::{TWILIO, TwilioWebhook, Twiml},
    webhook::{
        Authenticity, Event, InboundMessage, Proof, PublicUrl, Reply, ReplyMessage, Verified,
        Webhook, WebhookError, WebhookRequest,
    },
};
use proptest::prelude::*;
use roxmltree::{Document, Node};

const OURS: &str = "+15555550100";
const THEIRS: &str = "+15555550101";

fn hooks() -> [Arc<dyn Webhook>; 2] {
    let public: PublicUrl = "https://example.com/hooks".parse().unwrap();
    [
        Arc::new(TwilioWebhook::new("token", public.clone()).unwrap()),
        Arc::new(PlivoWebhook::new("token", public).unwrap()),
    ]
}

fn between(provider: ProviderId, from: &str, to: &str) -> InboundMessage {
    let id = MessageId::new(provider, "1").unwrap();
    let ends = (Address::from_wire(from), Address::from_wire(to));
    InboundMessage::new(id, ends, "Hello".into(), Authenticity::Full)
}

fn inbound(provider: ProviderId) -> InboundMessage {
    between(provider, THEIRS, OURS)
}

fn url(text: &str) -> WebUrl {
    text.parse().unwrap()
}

fn media() -> Media {
    Media::from_url(url("https://example.com/a.png?x=1&y=2"))
}

/// An element as a parser reads it: name, attributes by name, text, elements.
#[derive(Debug, PartialEq, Eq)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Self>,
}

impl Element {
    fn of(node: Node<'_, '_>) -> Self {
        let pair = |a: roxmltree::Attribute<'_, '_>| (a.name().to_owned(), a.value().to_owned());
        let mut attributes: Vec<_> = node.attributes().map(pair).collect();
        attributes.sort();
        Self {
            name: node.tag_name().name().to_owned(),
            attributes,
            text: node.children().filter(Node::is_text).filter_map(|n| n.text()).collect(),
            children: node.children().filter(Node::is_element).map(Self::of).collect(),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

fn read(xml: &str) -> Element {
    Element::of(Document::parse(xml).unwrap().root_element())
}

/// The only message in a reply.
fn message_in(reply: &Reply) -> Element {
    let mut root = read(reply.body());
    assert_eq!((root.name.as_str(), root.text.as_str()), ("Response", ""), "{}", reply.body());
    assert_eq!(root.children.len(), 1, "{}", reply.body());
    let message = root.children.remove(0);
    assert_eq!((message.name.as_str(), message.children.len()), ("Message", 0));
    message
}

fn refused(result: Result<Reply, Error>, provider: &ProviderId, kind: ErrorKind, field: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.provider()), (kind, Some(provider)), "{error}");
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(error.detail().starts_with(&format!("{field}: ")), "{error}");
}

#[test]
fn a_text_is_answered_in_one_line_by_either_vendor() {
    for hook in hooks() {
        let reply = hook.reply(&inbound(hook.provider()), &["Thanks!".into()]).unwrap();
        assert_eq!(message_in(&reply).text, "Thanks!");
        assert_eq!((reply.status(), reply.content_type()), (200, "application/xml"));
        let response = reply.clone().into_http();
        assert_eq!(response.status(), http::StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/xml");
        assert_eq!(response.body(), reply.body().as_bytes());
        assert_eq!(hook.reply(&inbound(hook.provider()), &[]).unwrap(), Reply::EMPTY);
    }
    let [twilio, plivo] = hooks().map(|hook| {
        let replies = ["one".into(), ReplyMessage::new("two")];
        hook.reply(&inbound(hook.provider()), &replies).unwrap().body().to_owned()
    });
    const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    let document = "<Response><Message>one</Message><Message>two</Message></Response>";
    assert_eq!(twilio, format!("{HEAD}{document}"));
    let ends = r#"src="15555550100" dst="15555550101" type="sms""#;
    let document =
        format!("<Response><Message {ends}>one</Message><Message {ends}>two</Message></Response>");
    assert_eq!(plivo, format!("{HEAD}{document}"));
}

#[test]
fn twiml_is_what_twilios_own_library_writes() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../data/twilio/twiml.json")).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 8);
    for vector in vectors {
        let text = |name: &str| vector[name].as_str().unwrap();
        let twiml = match text("id") {
            "empty" => Twiml::new(),
            "one-message" => Twiml::new().with_message("Thanks!"),
            "escape" => {
                Twiml::new().with_message("a < b & c > d \"q\" 's' ]]> é 👍 \u{a0}".to_owned())
            }
            "two-messages" => Twiml::new().with_message("one").with_message("two"),
            "body-and-media" => {
                Twiml::new().with_message(ReplyMessage::new("Look & see").with_media(media()))
            }
            "attributes" => {
                let message = ReplyMessage::new("hi")
                    .with_sender(OURS.parse().unwrap())
                    .with_to(THEIRS.parse().unwrap())
                    .with_status_callback(url("https://example.com/cb"));
                let action = url("https://example.com/st?a=1&b=2");
                Twiml::new().with_message(message).with_action(action)
            }
            "redirect" => Twiml::new().with_redirect(url("https://example.com/next?a=1&b=2")),
            "newlines" => Twiml::new().with_message("line1\nline2"),
            other => panic!("{other} has no test"),
        };
        let reply = twiml.reply().unwrap();
        assert_eq!(reply.body(), text("xml").replace(" />", "/>"), "{}", text("id"));
        assert_eq!(read(reply.body()), read(text("xml")));
    }
}

#[test]
fn twilio_goes_on_behind_the_last_message() {
    let go = |twiml: Twiml| read(twiml.reply().unwrap().body()).children;
    let two = Twiml::new().with_message("one").with_message("two");
    let messages = go(two.clone().with_action(url("https://example.com/a")).by_get());
    assert_eq!((messages[0].get("action"), messages[0].get("method")), (None, None));
    assert_eq!(messages[1].get("action"), Some("https://example.com/a"));
    assert_eq!(messages[1].get("method"), Some("GET"));
    // One takes the place of the other.
    let next = url("https://example.com/b");
    let verbs = go(two.with_action(next.clone()).with_redirect(next).by_get());
    assert!(verbs[1].attributes.is_empty());
    assert_eq!((verbs[2].name.as_str(), verbs[2].get("method")), ("Redirect", Some("GET")));
    assert_eq!(verbs[2].text, "https://example.com/b");
    // Media need no text.
    let picture = go(Twiml::new().with_message(ReplyMessage::new("").with_media(media())));
    assert_eq!(picture[0].children.len(), 1);
    assert_eq!(picture[0].children[0].text, "https://example.com/a.png?x=1&y=2");
}

#[test]
fn twilio_refuses_what_it_cannot_say() {
    let message = |message| Twiml::new().with_message(message).reply();
    let pool: Sender = "MG00000000000000000000000000000001".parse().unwrap();
    let from_pool = ReplyMessage::new("hi").with_sender(pool);
    refused(message(from_pool), &TWILIO, ErrorKind::Unsupported, "sender");
    for empty in ["", "\0\u{1f}\u{ffff}"] {
        refused(message(empty.into()), &TWILIO, ErrorKind::InvalidContent, "text");
    }
    let many = |count| (0..count).fold(Twiml::new(), |twiml, _| twiml.with_message("hi"));
    assert_eq!(read(many(10).reply().unwrap().body()).children.len(), 10);
    refused(many(11).reply(), &TWILIO, ErrorKind::InvalidRequest, "messages");
    let alone = Twiml::new().with_action(url("https://example.com/a"));
    refused(alone.reply(), &TWILIO, ErrorKind::InvalidRequest, "action");
    let frame = message("a".into()).unwrap().body().len() - 1;
    assert_eq!(message("a".repeat(65_536 - frame).into()).unwrap().body().len(), 65_536);
    let long = message("a".repeat(65_537 - frame).into());
    refused(long, &TWILIO, ErrorKind::InvalidContent, "reply");
}

#[test]
fn plivo_is_told_both_ends() {
    let read = |xml: PlivoXml| message_in(&xml.reply().unwrap());
    let answer = || PlivoXml::answering(&inbound(PLIVO));
    let hook = ReplyMessage::new("hi").with_status_callback(url("https://example.com/cb?a=1&b=2"));
    let message = read(answer().with_message(hook.clone()));
    assert_eq!(message.get("callbackUrl"), Some("https://example.com/cb?a=1&b=2"));
    assert_eq!(message.get("callbackMethod"), Some("POST"));
    assert_eq!(read(answer().with_message(hook).by_get()).get("callbackMethod"), Some("GET"));
    let elsewhere = ReplyMessage::new("hi")
        .with_to("+447700900123".parse().unwrap())
        .with_sender("ACME".parse().unwrap());
    let message = read(answer().with_message(elsewhere));
    assert_eq!((message.get("src"), message.get("dst")), (Some("ACME"), Some("447700900123")));
    assert_eq!(message.get("callbackMethod"), None);
    let code = PlivoXml::answering(&between(PLIVO, THEIRS, "72345")).with_message("hi");
    assert_eq!(read(code).get("src"), Some("72345"));
}

#[test]
fn plivo_refuses_what_it_cannot_say() {
    let [_, plivo] = hooks();
    let refused = |inbound: &InboundMessage, message: ReplyMessage, kind, field| {
        refused(plivo.reply(inbound, &[message]), &PLIVO, kind, field);
    };
    let hi = || ReplyMessage::new("hi");
    let from = |sender: &str| hi().with_sender(sender.parse().unwrap());
    let usual = inbound(PLIVO);
    refused(&usual, hi().with_media(media()), ErrorKind::Unsupported, "media");
    let pool = from("5ec4c8c9-cd74-42b5-9e41-0d7670d6bb46");
    refused(&usual, pool, ErrorKind::Unsupported, "sender");
    refused(&usual, from("Joe & Co"), ErrorKind::InvalidSender, "sender");
    refused(&usual, from(THEIRS), ErrorKind::InvalidSender, "sender");
    refused(&usual, "".into(), ErrorKind::InvalidContent, "text");
    // A sender that names several recipients, or none.
    for theirs in ["15555550101<15555550102", "ACME", "+1555555***", ""] {
        let odd = between(PLIVO, theirs, OURS);
        refused(&odd, hi(), ErrorKind::InvalidRecipient, "to");
    }
    refused(&between(PLIVO, THEIRS, "a<b"), hi(), ErrorKind::InvalidSender, "sender");
    let mut whatsapp = inbound(PLIVO);
    whatsapp.extra.push("Type", "whatsapp");
    refused(&whatsapp, hi(), ErrorKind::Unsupported, "reply");
    assert_eq!(plivo.reply(&whatsapp, &[]).unwrap(), Reply::EMPTY);
}

#[test]
fn nobody_answers_another_vendors_message() {
    let [twilio, plivo] = hooks();
    let answer = |hook: &dyn Webhook, of| hook.reply(&inbound(of), &["hi".into()]);
    refused(answer(&*twilio, PLIVO), &TWILIO, ErrorKind::InvalidRequest, "inbound");
    refused(answer(&*plivo, TWILIO), &PLIVO, ErrorKind::InvalidRequest, "inbound");
}

#[test]
fn a_provider_that_takes_no_messages_in_an_answer_says_so() {
    #[derive(Debug)]
    struct Acme;

    impl Webhook for Acme {
        fn provider(&self) -> ProviderId {
            ProviderId::from_static("acme")
        }

        fn check_signature<'a>(&self, _: &WebhookRequest<'a>) -> Result<Proof<'a>, WebhookError> {
            Ok(Proof::new(Authenticity::Full, "X-Acme", 0))
        }

        fn parse(&self, _: &Verified<'_>) -> Result<Event, WebhookError> {
            Ok(Event::Inbound(inbound(self.provider())))
        }
    }

    let message = inbound(Acme.provider());
    let answer = Acme.reply(&message, &["hi".into()]);
    refused(answer, &Acme.provider(), ErrorKind::Unsupported, "reply");
    assert_eq!(Acme.reply(&message, &[]).unwrap(), Reply::EMPTY);
}

/// What XML 1.0 can hold.
fn is_allowed(c: char) -> bool {
    c >= ' ' && c != '\u{fffe}' && c != '\u{ffff}' || matches!(c, '\t' | '\n' | '\r')
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
        "[<>&\"'\\]\\[!/=;#x a\t\r\n\0\u{1f}\u{85}\u{2028}\u{fffd}\u{fffe}\u{ffff}👍]{0,60}",
        "(</?(Message|Body|Response)( to=\")?>|]]>|<!\\[CDATA\\[|<!--|-->|&lt;|&#0;|\r\n?|\"){0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_arrives_as_it_is_and_makes_no_element(text in texts()) {
        let kept: String = text.chars().filter(|c| is_allowed(*c)).collect();
        for hook in hooks() {
            let reply = hook.reply(&inbound(hook.provider()), &[text.as_str().into()]);
            if kept.is_empty() {
                prop_assert_eq!(reply.unwrap_err().kind(), ErrorKind::InvalidContent);
                continue;
            }
            let message = message_in(&reply.unwrap());
            prop_assert_eq!(&message.text, &kept);
            let plivo = hook.provider() == PLIVO;
            prop_assert_eq!(message.attributes.len(), if plivo { 3 } else { 0 });
        }
        let reply = Twiml::new().with_message(ReplyMessage::new(text).with_media(media())).reply();
        let root = read(reply.unwrap().body());
        let parts = &root.children[0].children;
        let body: String = parts.iter().filter(|p| p.name == "Body").map(|p| &*p.text).collect();
        prop_assert_eq!((body, root.children.len()), (kept, 1));
        prop_assert!(parts.len() <= 2 && parts.iter().all(|part| part.children.is_empty()));
    }

    #[test]
    fn a_url_arrives_as_it_is(rest in "[!-~]{0,60}") {
        let Ok(callback) = format!("https://example.com/#{rest}").parse::<WebUrl>() else {
            return Ok(());
        };
        let message = ReplyMessage::new("hi").with_status_callback(callback.clone());
        for hook in hooks() {
            let reply = hook.reply(&inbound(hook.provider()), std::slice::from_ref(&message)).unwrap();
            let name = if hook.provider() == PLIVO { "callbackUrl" } else { "statusCallback" };
            let message = message_in(&reply);
            prop_assert_eq!(message.get(name), Some(callback.as_str()));
        }
        let reply = Twiml::new().with_redirect(callback.clone()).reply().unwrap();
        let root = read(reply.body());
        prop_assert_eq!(&root.children[0].text, callback.as_str());
    }
}
