//! No `Debug` of the store shows a token, a full number, a text, a URL's path or an account.

use std::{fmt::Debug, sync::Arc};

use anysms::{
    Message, PhoneNumber,
    SmsProvider,
    layers::LayerExt,
    message::{Media, WebUrl},
    suppression::OptOutSource,
    testing::ScriptedTransport,
    twilio::{Twilio, TwilioConfig},
};
use anysms_store::{
    LogFilter, MemoryLog, MessageLog, OptOutScope, Reconciler, Retention, SqliteLog, Worker,
};
use base64::{Engine, engine::general_purpose::STANDARD};

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
fn tells(text: &str) -> Option<String> {
    let basic = |user: &str| STANDARD.encode(format!("{user}:{TOKEN}"))[..16].to_owned();
    let mut secrets: Vec<String> =
        ["CANARY", "canary", "7700900123", ACCOUNT].map(str::to_owned).into();
    secrets.extend([ACCOUNT].map(basic));
    secrets.into_iter().find(|secret| text.contains(secret.as_str()))
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
    let sqlite = SqliteLog::open(folder.path().join("log.db")).await.unwrap();
    let logs: [Arc<dyn MessageLog>; 2] = [Arc::new(MemoryLog::default()), Arc::new(sqlite)];
    for log in logs {
        let mut shown = Shown::default();
        let answer = ScriptedTransport::new().answer(201, r#"{"sid":"SM1"}"#);
        let twilio = Twilio::with_transport(&twilio_config(), Arc::new(answer)).unwrap();
        let sms = twilio.recorded(log.clone()).unwrap();
        let _ = sms.send(&message()).await; // refused, and in the log
        log.enqueue(&[message().with_key("queued".parse().unwrap())], None).await.unwrap();
        let to = message().to();
        let scope = OptOutScope::all().with_sender(to);
        log.opt_out(to, scope, OptOutSource::Manual).await.unwrap();
        let filter = LogFilter::new().with_theirs(to).with_words(message().text());
        shown.debug(&log.entries(&LogFilter::new(), 10, None).await.unwrap());
        shown.debug(&log.history(None, message().key()).await.unwrap());
        shown.debug(&log.opt_outs(None, 10).await.unwrap());
        shown.debug(&log.delivery_report(&LogFilter::new()).await.unwrap());
        shown.debug(&(log.usage(&LogFilter::new()).await.unwrap(), filter));
        shown.debug(&Retention::default().with_numbers(std::time::Duration::ZERO, TOKEN).unwrap());
        shown.debug(&(Reconciler::new(log.clone()), Worker::new(log.clone(), sms).unwrap()));
        shown.assert_silent();
    }
}

