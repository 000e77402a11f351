//! No `Debug` of the store shows a token, a full number, a text, a URL's path or an account.

use std::{fmt::Debug, sync::Arc, time::Duration};

use anysms::{
    Message, PhoneNumber, SmsProvider,
    message::{Media, WebUrl},
    suppression::SuppressionSource,
    testing::ScriptedTransport,
    twilio::{Twilio, TwilioConfig},
};
use anysms_store::{
    Filter, MessageStore, Reconciler, RecordExt, Retention, SuppressionScope, Worker,
};

const TOKEN: &str = "CANARY_token";
const TEXT: &str = "CANARY_text";
const NUMBER: &str = "+447700900123";
const URL: &str = "https://user:CANARY_token@example.com/CANARY_path?CANARY_query#CANARY_rest";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// Everything that was formatted, each with what it is.
#[derive(Default)]
struct Shown(Vec<(String, String)>);

impl Shown {
    fn debug(&mut self, value: &(impl Debug + ?Sized)) {
        let name = std::any::type_name_of_val(value).to_owned();
        self.0.push((name.clone(), format!("{value:?}")));
        self.0.push((name, format!("{value:#?}")));
    }

    fn assert_silent(&self) {
        assert!(self.0.len() >= 14);
        let hits: Vec<_> = self.0.iter().filter(|(_, text)| tells(text).is_some()).collect();
        let shown: Vec<_> = hits.iter().map(|(name, text)| format!("{name}: {text}")).collect();
        assert!(hits.is_empty(), "{}", shown.join("\n"));
    }
}

/// The first secret in a text.
fn tells(text: &str) -> Option<&'static str> {
    // Of the account and the token signed in, as Base64.
    let basic = "QUMwMTIzNDU2Nzg5YWJjZGVm";
    let secrets = ["CANARY", "canary", "7700900123", ACCOUNT, basic];
    secrets.into_iter().find(|secret| text.contains(secret))
}

fn number() -> PhoneNumber {
    NUMBER.parse().unwrap()
}

fn url() -> WebUrl {
    URL.parse().unwrap()
}

fn message() -> Message {
    Message::new(number(), TEXT)
        .with_sender("+447700900124".parse().unwrap())
        .with_media(Media::from_url(url()))
        .with_status_callback(url())
}

fn twilio_config() -> TwilioConfig {
    TwilioConfig::new(ACCOUNT, TOKEN).with_sender(number().into())
}

#[tokio::test]
async fn the_store_is_silent() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = MessageStore::sqlite(folder.path().join("store.db")).await.unwrap();
    for store in [MessageStore::memory(), sqlite] {
        let mut shown = Shown::default();
        let answer = ScriptedTransport::new().answer(201, r#"{"sid":"SM1"}"#);
        let twilio = Twilio::with_transport(&twilio_config(), Arc::new(answer)).unwrap();
        let sms = twilio.recorded(&store).unwrap();
        let _ = sms.send(&message()).await; // refused, and in the store
        store.enqueue(&[message().with_key("queued".parse().unwrap())], None).await.unwrap();
        let to = number();
        let scope = SuppressionScope::all().with_sender(to);
        store.suppress(to, scope, SuppressionSource::Manual).await.unwrap();
        let filter = Filter::new().with_remote(to).with_words(message().text());
        shown.debug(&store);
        shown.debug(&store.entries(&Filter::new(), 10, None).await.unwrap());
        let subject = Some("CANARY subject");
        let threads = store.threads(&anysms_store::ThreadFilter::new(), 10, None).await.unwrap();
        shown.debug(&store.set_subject(threads.items[0].id, subject).await.unwrap());
        shown.debug(&threads);
        shown.debug(&anysms_store::ThreadFilter::new().with_remote(to).with_local(to));
        shown.debug(&store.history(None, message().key()).await.unwrap());
        shown.debug(&store.suppressions(None, 10).await.unwrap());
        shown.debug(&store.delivery_stats(&Filter::new()).await.unwrap());
        shown.debug(&(store.usage(&Filter::new()).await.unwrap(), filter));
        shown.debug(&Retention::default().with_numbers(Duration::ZERO, TOKEN).unwrap());
        shown.debug(&Reconciler::new(store.clone()));
        shown.debug(&Worker::new(store.clone(), sms).unwrap());
        shown.assert_silent();
    }
}
