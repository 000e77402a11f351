//! What keeps a store right, small and lawful.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    Capabilities, ErrorKind, MessageId, MessageRecord, MessageStatus, Outcome, ProviderId, Query,
    Receipt, Result, SmsProvider, Timestamp, async_trait,
    layers::Failover,
    message::{Address, Page, Text},
    suppression::SuppressionSource,
    webhook::{Authenticity, InboundMessage},
};
use anysms_store::RecordExt;
use anysms_store::{
    AttemptOutcome, Filter, Progress, Reconciler, Retention, SettledBy, Stage, SuppressionScope,
    export,
};

use crate::{
    Backend,
    fake::{ACME, Fake, busy, news, remote, timed_out},
    message, number,
};

/// Another provider, that does the same.
#[derive(Debug)]
struct Other(Fake);

#[async_trait]
impl SmsProvider for Other {
    fn id(&self) -> ProviderId {
        ProviderId::from_static("other")
    }

    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    async fn send(&self, message: &anysms::Message) -> Result<Receipt> {
        let taken = self.0.send(message).await?.id.unwrap();
        let id = MessageId::new(self.id(), taken.value()).unwrap();
        Ok(Receipt::new(self.id(), Some(id), message.key().clone()))
    }
}

/// A provider that is only asked, and knows these messages.
#[derive(Debug)]
struct Knows(Vec<MessageRecord>);

#[async_trait]
impl SmsProvider for Knows {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::default();
        (can.fetch, can.list) = (true, true);
        can
    }

    async fn send(&self, _: &anysms::Message) -> Result<Receipt> {
        panic!("is only asked")
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        let known = self.0.iter().find(|record| record.id == *id).cloned();
        known.ok_or_else(|| anysms::Error::not_sent(anysms::ErrorKind::NotFound))
    }

    async fn list(&self, _: &Query) -> Result<Page<MessageRecord>> {
        Ok(Page::new(self.0.clone(), None))
    }
}

fn record(id: u32, text: &str) -> MessageRecord {
    let mut record = MessageRecord::new(remote(id), MessageStatus::Sent);
    record.to = Some(number(123).into());
    record.text = Some(Text::from(text));
    record.created_at = Some(Timestamp::now());
    record
}

const MINUTE: Duration = Duration::from_secs(60);

/// After 30 seconds, 2, 10 and 60 minutes.
pub(crate) async fn what_nobody_knew_is_looked_for(backend: Backend) {
    let sms = Fake::failing(2, &timed_out()).recorded(&backend.store).unwrap();
    sms.send(&message("a")).await.unwrap_err();
    let other = anysms::Message::new(number(123), "Another").with_key("b".parse().unwrap());
    sms.send(&other).await.unwrap_err();
    let knows =
        Knows(vec![record(7, "Your table is ready"), record(8, "Twice"), record(9, "Twice")]);
    let given_up = Arc::new(Mutex::new(Vec::new()));
    let heard = given_up.clone();
    let reconciler = Reconciler::new(backend.store.clone())
        .with_provider(knows)
        .on_given_up(move |_, key| heard.lock().unwrap().push(key.clone()));
    assert_eq!(reconciler.run_once().await.unwrap().asked, 0, "it is too early");
    backend.store.skip(MINUTE / 2);
    let round = reconciler.run_once().await.unwrap();
    assert_eq!((round.asked, round.settled, round.given_up, round.failed), (2, 1, 0, 0));
    let found = backend.store.history(None, message("a").key()).await.unwrap().unwrap();
    assert_eq!(found.attempts[0].id, Some(remote(7)));
    assert_eq!(found.attempts[0].outcome, Some(AttemptOutcome::Accepted));
    assert_eq!(found.attempts[0].settled_by, Some(SettledBy::Lookup));
    assert_eq!(found.entry.status, Some(Progress::Sent));
    for (minutes, given_up) in [(2, 0), (8, 0), (50, 1)] {
        let open = backend.store.history(None, other.key()).await.unwrap().unwrap();
        assert_eq!(open.entry.status, Some(Progress::Unconfirmed), "not found is not proved");
        assert_eq!(reconciler.run_once().await.unwrap().asked, 0, "the next look is later");
        backend.store.skip(minutes * MINUTE);
        let round = reconciler.run_once().await.unwrap();
        assert!(round.asked >= 1 && round.settled == 0);
        assert_eq!(round.given_up, given_up);
    }
    assert_eq!(*given_up.lock().unwrap(), [other.key().clone()]);
    let open = backend.store.history(None, other.key()).await.unwrap().unwrap();
    assert_eq!(open.attempts[0].settled_by, Some(SettledBy::GivenUp));
    assert_eq!(sms.send(&other).await.unwrap_err().outcome(), Outcome::Unknown, "not even now");
}

/// No worker is there to see that a lease is over.
pub(crate) async fn what_was_broken_off_is_looked_for(backend: Backend) {
    let sms = Fake::answering(|_, _| panic!("a provider breaks off"));
    let sms = sms.recorded(&backend.store).unwrap();
    let other = anysms::Message::new(number(123), "Another").with_key("c".parse().unwrap());
    for message in [message("a"), message("b"), other] {
        assert_eq!(sms.send(&message).await.unwrap_err().outcome(), Outcome::Unknown);
    }
    let status = async |key| {
        let history = backend.store.history(None, message(key).key()).await.unwrap().unwrap();
        (history.entry.status.unwrap(), history.entry.stage)
    };
    let reconciler = Reconciler::new(backend.store.clone());
    let knows = Knows(vec![record(7, "Your table is ready"), record(8, "Another")]);
    let reconciler = reconciler.with_provider(knows);
    backend.store.skip(MINUTE / 2);
    assert_eq!(reconciler.run_once().await.unwrap().asked, 0, "it may go on");
    assert_eq!(sms.send(&message("a")).await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(status("a").await, (Progress::Prepared, Stage::Sending));
    backend.store.skip(MINUTE);
    assert_eq!(sms.send(&message("a")).await.unwrap_err().outcome(), Outcome::Unknown);
    assert_eq!(
        status("a").await,
        (Progress::Unconfirmed, Stage::Done),
        "it is seen on sending again"
    );
    let round = reconciler.run_once().await.unwrap();
    assert_eq!((round.asked, round.settled), (3, 1), "and on looking");
    assert_eq!(status("c").await, (Progress::Sent, Stage::Done));
    for key in ["a", "b"] {
        assert_eq!(
            status(key).await,
            (Progress::Unconfirmed, Stage::Done),
            "which of the two is it?"
        );
    }
}

pub(crate) async fn what_no_webhook_brought_is_asked_for(backend: Backend) {
    let sms = Fake::new().recorded(&backend.store).unwrap();
    sms.send(&message("a")).await.unwrap();
    let mut record = record(1, "Your table is ready");
    record.status = MessageStatus::Delivered;
    record.price = "0.04 USD".parse().ok();
    let reconciler = Reconciler::new(backend.store.clone()).with_provider(Knows(vec![record]));
    backend.store.skip(9 * MINUTE);
    assert_eq!(reconciler.run_once().await.unwrap().asked, 0);
    backend.store.skip(MINUTE);
    assert_eq!(reconciler.run_once().await.unwrap().asked, 1);
    let entry = backend.store.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert_eq!(entry.status, Some(Progress::Delivered));
    assert_eq!(entry.price.unwrap().amount.to_string(), "0.04");
    backend.store.skip(100 * 24 * 60 * MINUTE);
    assert_eq!(reconciler.run_once().await.unwrap().asked, 0, "nothing is missing");
}

pub(crate) async fn a_key_is_free_after_a_week(backend: Backend) {
    let fake = Fake::failing(1, &timed_out());
    let sms = fake.clone().recorded(&backend.store).unwrap();
    let (maybe, sent, later) = (message("maybe"), message("sent"), message("later"));
    sms.send(&maybe).await.unwrap_err();
    sms.send(&sent).await.unwrap();
    let month = Timestamp::now() + 30 * 24 * 60 * MINUTE;
    backend.store.enqueue(std::slice::from_ref(&later), Some(month)).await.unwrap();
    let soon = Timestamp::now() + 5 * 24 * 60 * MINUTE;
    let due = message("due");
    backend.store.enqueue(std::slice::from_ref(&due), Some(soon)).await.unwrap();
    assert!(backend.store.cancel_queued(None, due.key()).await.unwrap());
    backend.store.skip(7 * 24 * 60 * MINUTE);
    let error =
        backend.store.enqueue(&[due.with_destination(number(124))], None).await.unwrap().remove(0);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Conflict, "a week from when it was due");
    assert!(!sms.send(&sent.with_destination(number(124))).await.unwrap().earlier);
    assert!(!sms.send(&maybe.with_destination(number(124))).await.unwrap().earlier);
    let error = sms.send(&later.with_destination(number(124))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "what waits keeps its key");
    assert_eq!(fake.calls(), 4);
    let all = backend.store.entries(&Filter::new(), 10, None).await.unwrap().items;
    assert_eq!(all.len(), 6, "the old ones are still there");
}

pub(crate) async fn old_texts_and_numbers_are_forgotten(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    sms.send(&message("a")).await.unwrap();
    sms.send(&message("b")).await.unwrap();
    store
        .enqueue(&[message("waits")], Some(Timestamp::now() + Duration::from_secs(3_600)))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let forgotten = store.purge(&Retention::default()).await.unwrap();
    assert_eq!((forgotten.texts, forgotten.numbers), (0, 0), "nothing is so old");
    let now = Retention::default().with_texts(Duration::ZERO);
    let forgotten = store.purge(&now).await.unwrap();
    assert_eq!((forgotten.texts, forgotten.numbers), (2, 0));
    let entry = store.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert_eq!((entry.text, entry.text_hash.is_some()), (None, true));
    assert_eq!(entry.remote, number(123).into());
    let words = Filter::new().with_words("table");
    assert_eq!(store.entries(&words, 10, None).await.unwrap().items.len(), 1, "only what waits");
    let numbers = now.with_numbers(Duration::ZERO, "a secret").unwrap();
    let forgotten = store.purge(&numbers).await.unwrap();
    assert_eq!((forgotten.texts, forgotten.numbers), (0, 2));
    let entry =
        |key| async move { store.history(None, message(key).key()).await.unwrap().unwrap().entry };
    let (a, b) = (entry("a").await, entry("b").await);
    assert!(a.remote.to_string().starts_with('#'));
    assert_eq!((a.remote, a.text_hash), (b.remote, None), "the same number has the same hash");
    assert_eq!(store.purge(&numbers).await.unwrap().numbers, 0);
    assert_eq!(entry("waits").await.remote, number(123).into());
}

pub(crate) async fn a_number_is_erased(backend: Backend) {
    let store = &backend.store;
    let fake = Fake::new();
    let sms = fake.clone().recorded(store).unwrap();
    sms.send(&message("a")).await.unwrap();
    sms.send(&message("other").with_destination(number(124))).await.unwrap();
    store.enqueue(&[message("waits")], None).await.unwrap();
    store.suppress(number(123), SuppressionScope::all(), SuppressionSource::Keyword).await.unwrap();
    assert_eq!(store.erase(number(123), &Retention::default()).await.unwrap(), 2);
    let of = Filter::new().with_remote(number(123));
    assert!(store.entries(&of, 10, None).await.unwrap().items.is_empty());
    let all = store.entries(&Filter::new(), 10, None).await.unwrap().items;
    assert_eq!(all.len(), 3, "they still count");
    let text = |key: &str| all.iter().find(|entry| entry.key.as_str() == key).unwrap().text.clone();
    assert_eq!((text("a"), text("waits"), text("other").is_some()), (None, None, true));
    let waits = all.iter().find(|entry| entry.key.as_str() == "waits").unwrap();
    assert_eq!((waits.stage, waits.status), (Stage::Done, Some(Progress::Canceled)));
    let again = store.enqueue(&[message("waits")], None).await.unwrap().remove(0);
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Conflict, "nobody knows what it was");
    assert_eq!(store.suppressions_of(number(123)).await.unwrap().len(), 1, "an opt-out stays");
    store.record_status(&news(&remote(1), "delivered"), None).await.unwrap();
    let entry = store.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert_eq!(entry.status, Some(Progress::Delivered));
}

pub(crate) async fn what_stands_in_place_of_a_number_is_erased_too(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    sms.send(&message("a")).await.unwrap();
    let retention = Retention::default().with_texts(Duration::ZERO);
    let retention = retention.with_numbers(Duration::ZERO, "a secret").unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(store.purge(&retention).await.unwrap().numbers, 1);
    let other_channel = InboundMessage::new(
        remote(101),
        (Address::from_wire("whatsapp:+447700900123"), Address::from_wire("whatsapp:+15555550100")),
        "Hello".into(),
        Authenticity::Full,
    );
    store.record_inbound(&other_channel, None).await.unwrap();
    assert_eq!(store.erase(number(123), &retention).await.unwrap(), 2);
    let all = store.entries(&Filter::new(), 10, None).await.unwrap().items;
    assert!(all.iter().all(|entry| entry.remote.to_string() == "#erased" && entry.text.is_none()));
    assert_eq!(store.erase(number(123), &retention).await.unwrap(), 0);
}

pub(crate) async fn messages_go_altogether(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    let lost = Fake::answering(|_, _| panic!("a provider breaks off"));
    sms.send(&message("a").with_tag("x")).await.unwrap();
    store.record_status(&news(&remote(1), "delivered"), None).await.unwrap();
    store.record_status(&news(&remote(77), "delivered"), None).await.unwrap();
    lost.recorded(store).unwrap().send(&message("open")).await.unwrap_err();
    let at = Timestamp::now() + 100 * 24 * 60 * MINUTE;
    store.enqueue(&[message("waits")], Some(at)).await.unwrap();
    let late = Timestamp::now() + 5 * 24 * 60 * MINUTE;
    store.enqueue(&[message("late")], Some(late)).await.unwrap();
    assert!(store.cancel_queued(None, message("late").key()).await.unwrap());
    let retention = Retention::default().with_messages(MINUTE);
    store.skip(6 * 24 * 60 * MINUTE);
    assert_eq!(store.purge(&retention).await.unwrap().messages, 0, "its key still stands for it");
    store.skip(2 * 24 * 60 * MINUTE);
    sms.send(&message("new")).await.unwrap();
    assert_eq!(store.purge(&retention).await.unwrap().messages, 2, "what broke off ended too");
    let left = store.entries(&Filter::new(), 10, None).await.unwrap().items;
    let mut left: Vec<_> = left.iter().map(|entry| entry.key.as_str()).collect();
    left.sort_unstable();
    assert_eq!(left, ["late", "new", "waits"], "a week from when it was due");
    assert!(store.entries(&Filter::new().with_tag("x"), 10, None).await.unwrap().items.is_empty());
    assert!(!store.knows(&remote(1)).await.unwrap());
    assert!(!sms.send(&message("a")).await.unwrap().earlier, "its key is free");
}

/// What an answer brings too late to be looked for is asked for all the same.
pub(crate) async fn what_is_found_late_is_asked_for_from_the_beginning(backend: Backend) {
    let sms = Fake::failing(1, &timed_out()).recorded(&backend.store).unwrap();
    sms.send(&message("a")).await.unwrap_err();
    let nothing = Reconciler::new(backend.store.clone()).with_provider(Knows(Vec::new()));
    for minutes in [1, 2, 8] {
        backend.store.skip(minutes * MINUTE);
        nothing.run_once().await.unwrap();
    }
    backend.store.skip(50 * MINUTE);
    let mut sent = record(7, "Your table is ready");
    let found = Reconciler::new(backend.store.clone()).with_provider(Knows(vec![sent.clone()]));
    assert_eq!(found.run_once().await.unwrap().settled, 1);
    (sent.status, sent.price) = (MessageStatus::Delivered, "0.04 USD".parse().ok());
    let ended = Reconciler::new(backend.store.clone()).with_provider(Knows(vec![sent]));
    backend.store.skip(24 * 60 * MINUTE);
    ended.run_once().await.unwrap();
    let entry = backend.store.history(None, message("a").key()).await.unwrap().unwrap().entry;
    assert_eq!((entry.status, entry.price.is_some()), (Some(Progress::Delivered), true));
}

pub(crate) async fn others_providers_are_left_to_others(backend: Backend) {
    let sms = Fake::failing(1, &timed_out()).recorded(&backend.store).unwrap();
    sms.send(&message("a")).await.unwrap_err();
    let without = Reconciler::new(backend.store.clone());
    let with = Reconciler::new(backend.store.clone())
        .with_provider(Knows(vec![record(7, "Your table is ready")]));
    for minutes in [1, 2, 8] {
        backend.store.skip(minutes * MINUTE);
        let done = without.run_once().await.unwrap();
        assert_eq!((done.asked, done.unasked), (0, 0), "it is left to others");
    }
    assert_eq!(with.run_once().await.unwrap().settled, 1);
    // Where there are many it comes to an end.
    let (failing, taking) = (Fake::failing(u32::MAX, &busy()), Other(Fake::new()));
    let both = Failover::new(failing.recorded(&backend.store).unwrap());
    let both = both.or(taking.recorded(&backend.store).unwrap()).unwrap();
    for number in 0..120 {
        both.send(&message(&format!("k{number}"))).await.unwrap();
    }
    backend.store.skip(11 * MINUTE);
    let rounds = tokio::time::timeout(Duration::from_secs(20), with.run_once());
    rounds.await.expect("an end").unwrap();
    // Nobody has the provider: it is given up in the end, which proves nothing.
    let sms = Fake::failing(1, &timed_out()).recorded(&backend.store).unwrap();
    sms.send(&message("b")).await.unwrap_err();
    backend.store.skip(71 * 60 * MINUTE);
    let done = without.run_once().await.unwrap();
    assert_eq!((done.asked, done.given_up), (0, 0));
    assert!(done.unasked > 0);
    backend.store.skip(4 * 60 * MINUTE);
    assert_eq!(without.run_once().await.unwrap().given_up, 1);
}

pub(crate) async fn exports_have_every_message(backend: Backend) {
    let sms = Fake::new().recorded(&backend.store).unwrap();
    let formula = anysms::Message::new(number(123), "=1+1, \"really\"\nyes");
    sms.send(&formula.with_key("a".parse().unwrap()).with_tag("x")).await.unwrap();
    sms.send(&message("b")).await.unwrap();
    let mut table = Vec::new();
    assert_eq!(export::csv(&backend.store, &Filter::new(), &mut table).await.unwrap(), 2);
    let mut reader = csv::Reader::from_reader(table.as_slice());
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), export::COLUMNS);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let cell = |row: &csv::StringRecord, name: &str| {
        let column = export::COLUMNS.iter().position(|column| *column == name).unwrap();
        row[column].to_owned()
    };
    assert_eq!(cell(&rows[1], "text"), "'=1+1, \"really\"\nyes");
    assert_eq!(cell(&rows[1], "remote"), "'+447700900123");
    assert_eq!((cell(&rows[1], "tags"), cell(&rows[0], "key")), ("x".into(), "b".into()));
    let mut lines = Vec::new();
    assert_eq!(export::json_lines(&backend.store, &Filter::new(), &mut lines).await.unwrap(), 2);
    let lines = String::from_utf8(lines).unwrap();
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!((&last["key"], &last["status"]), (&"a".into(), &"accepted".into()));
    assert_eq!(last["text"], "=1+1, \"really\"\nyes");
}
