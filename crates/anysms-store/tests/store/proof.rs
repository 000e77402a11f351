//! How far an event acts: no further than its proof, and only on the attempt whose account, recipient and sender it
//! names.

use std::time::Duration;

use anysms::{
    AccountId, MessageId, MessageStatus, PhoneNumber, SmsProvider,
    message::{Address, Direction},
    suppression::SuppressionSource,
    webhook::{Authenticity, Event, InboundMessage, StatusUpdate},
};
use anysms_store::{Progress, Reconciler, RecordExt};

use crate::{Backend, carrier::Carrier, fake::ACME, message, number};

fn delivered(id: &str, proof: Authenticity) -> StatusUpdate {
    let id = MessageId::new(ACME, id).unwrap();
    StatusUpdate::new(id, MessageStatus::Delivered, None, proof)
}

fn address(number: &str) -> Address {
    Address::from(number.parse::<PhoneNumber>().unwrap())
}

pub(crate) async fn another_accounts_word_changes_nothing(backend: Backend) {
    let store = &backend.store;
    let sms = Carrier::new(Some("A")).recorded(store).unwrap();
    let sent = message("a").with_sender("+15555550100".parse().unwrap());
    sms.send(&sent).await.unwrap();
    let mut account = delivered("A-1", Authenticity::Full);
    account.account = Some(AccountId::from("B"));
    let mut recipient = delivered("A-1", Authenticity::Full);
    recipient.to = Some(address("+447700900999"));
    recipient.id = delivered("x1", Authenticity::Full).id;
    let mut sender = delivered("A-1", Authenticity::Full);
    sender.from = Some(address("+15555550199"));
    sender.id = delivered("x2", Authenticity::Full).id;
    for (at, foreign) in [account, recipient, sender].into_iter().enumerate() {
        let applied = store.record_status(&foreign, None).await.unwrap();
        assert!(applied.foreign && applied.message.is_none() && !applied.changed, "{at}");
        let history = store.history(None, message("a").key()).await.unwrap().unwrap();
        assert_eq!(history.entry.status, Some(Progress::Accepted), "{at}");
        assert_eq!(history.events.len(), at + 1, "it is kept");
        assert!(history.events.iter().all(|event| event.foreign));
    }
    // The same words of the right account, in another form of the number.
    let mut right = delivered("A-1", Authenticity::Full);
    right.id = delivered("x3", Authenticity::Full).id;
    right.account = Some(AccountId::from("A"));
    (right.to, right.from) = (Some(address("+4407700900123")), Some(address("+15555550100")));
    let applied = store.record_status(&right, None).await.unwrap();
    assert_eq!((applied.foreign, applied.status), (false, Some(Progress::Delivered)));
}

/// An event that comes before the answer is judged when the answer is there.
pub(crate) async fn an_early_word_of_another_account_changes_nothing(backend: Backend) {
    let store = &backend.store;
    let mut early = delivered("A-1", Authenticity::Full);
    early.account = Some(AccountId::from("B"));
    assert!(store.record_status(&early, None).await.unwrap().message.is_none());
    let unproved = delivered("A-2", Authenticity::UrlOnly);
    store.record_status(&unproved, None).await.unwrap();
    let sms = Carrier::new(Some("A")).recorded(store).unwrap();
    for key in ["a", "b"] {
        sms.send(&message(key)).await.unwrap();
        let entry = store.history(None, message(key).key()).await.unwrap().unwrap().entry;
        assert_eq!(entry.status, Some(Progress::Accepted), "{key}");
    }
}

/// The same event of another account, or with less proof, is no repetition of the provider's own, whichever comes
/// first: neither is lost.
pub(crate) async fn the_same_words_of_another_account_hide_nothing(backend: Backend) {
    let store = &backend.store;
    let sms = Carrier::new(Some("A")).recorded(store).unwrap();
    let of = |id: &str, account: &str, proof| {
        let mut update = delivered(id, proof);
        update.account = Some(AccountId::from(account));
        update
    };
    let honest = |id| of(id, "A", Authenticity::Full);
    let forged = |id| [of(id, "B", Authenticity::Full), of(id, "A", Authenticity::UrlOnly)];
    for before in [true, false] {
        let (id, key) = if before { ("A-1", "a") } else { ("A-2", "b") };
        let send = async || drop(sms.send(&message(key)).await.unwrap());
        if before {
            send().await;
        }
        for forged in forged(id) {
            assert!(!store.record_status(&forged, None).await.unwrap().changed);
        }
        let applied = store.record_status(&honest(id), None).await.unwrap();
        assert!(!applied.duplicate && applied.changed == before, "{key}");
        if !before {
            send().await;
        }
        let history = store.history(None, message(key).key()).await.unwrap().unwrap();
        assert_eq!(history.entry.status, Some(Progress::Delivered), "{key}");
        let own = history.events.iter().filter(|event| !event.foreign);
        assert_eq!((history.events.len(), own.count()), (3, 2), "{key}");
        assert!(store.record_status(&honest(id), None).await.unwrap().duplicate);
    }
    // So it is with what recipients write.
    let ours = "+15555550100";
    let inbound = |account: &str| {
        let Event::Inbound(mut message) = stop("I9", "Hello", ours, Authenticity::Full) else {
            unreachable!("is inbound");
        };
        message.account = Some(AccountId::from(account));
        message
    };
    for is_new in [true, false] {
        for account in ["B", "A"] {
            let entry = store.record_inbound(&inbound(account), None).await.unwrap();
            assert_eq!(entry.is_some(), is_new, "{account}");
        }
    }
}

pub(crate) async fn what_proves_only_its_address_has_the_provider_asked(backend: Backend) {
    let store = &backend.store;
    let carrier = Carrier::new(Some("A"));
    let sms = carrier.clone().recorded(store).unwrap();
    sms.send(&message("a")).await.unwrap();
    sms.send(&message("b").with_destination(number(124))).await.unwrap();
    for id in ["A-1", "A-2"] {
        let applied = store.record_status(&delivered(id, Authenticity::UrlOnly), None).await;
        let applied = applied.unwrap();
        assert!(applied.unproved && !applied.changed && applied.message.is_some());
        assert_eq!(applied.status, Some(Progress::Accepted));
    }
    carrier.keep("A-1", &message("a"), Direction::Outbound);
    let reconciler = Reconciler::new(store.clone()).with_provider(carrier.clone());
    reconciler.run_once().await.unwrap();
    assert_eq!(*carrier.asked.lock().unwrap(), 2, "at once, each once");
    for (key, status) in [("a", Progress::Delivered), ("b", Progress::Accepted)] {
        let entry = store.history(None, message(key).key()).await.unwrap().unwrap().entry;
        assert_eq!(entry.status, Some(status), "{key}");
    }
}

fn stop(id: &str, text: &str, to: &str, proof: Authenticity) -> Event {
    let id = MessageId::new(ACME, id).unwrap();
    let ends = (Address::from(number(123)), address(to));
    let mut message = InboundMessage::new(id, ends, text.into(), proof);
    message.account = Some(AccountId::from("A"));
    Event::Inbound(message)
}

pub(crate) async fn a_stop_without_proof_ends_unless_it_is_confirmed(backend: Backend) {
    let store = &backend.store;
    let ours = "+15555550100";
    let carrier = Carrier::new(Some("A"));
    let sms = carrier.clone().recorded(store).unwrap();
    let reconciler = Reconciler::new(store.clone()).with_provider(carrier.clone());
    store.ingest(&stop("I1", "STOP", ours, Authenticity::UrlOnly), None).await.unwrap();
    assert!(sms.send(&message("a")).await.is_err(), "it holds at first");
    reconciler.run_once().await.unwrap();
    store.skip(Duration::from_secs(60 * 60 + 1));
    assert!(sms.send(&message("b")).await.is_ok(), "the provider has no such message");
    store.ingest(&stop("I2", "STOP", ours, Authenticity::UrlOnly), None).await.unwrap();
    // As the provider has it: from them, to us.
    let inbound = anysms::Message::new(ours.parse::<PhoneNumber>().unwrap(), "STOP");
    let inbound = inbound.with_sender(number(123).into());
    carrier.keep("I2", &inbound, Direction::Inbound);
    reconciler.run_once().await.unwrap();
    store.skip(Duration::from_secs(60 * 60 + 1));
    assert!(sms.send(&message("c")).await.is_err(), "confirmed");
    store.ingest(&stop("I3", "START", ours, Authenticity::UrlOnly), None).await.unwrap();
    assert!(sms.send(&message("d")).await.is_err(), "a START needs proof");
    store.ingest(&stop("I4", "START", ours, Authenticity::Full), None).await.unwrap();
    assert!(sms.send(&message("e")).await.is_ok());
}

pub(crate) async fn a_start_takes_back_what_its_own_line_was_told(backend: Backend) {
    let store = &backend.store;
    let sms = Carrier::new(Some("A")).recorded(store).unwrap();
    let (one, two) = ("+15555550100", "+15555550101");
    for (id, line) in [("I1", one), ("I2", two)] {
        store.ingest(&stop(id, "STOP", line, Authenticity::Full), None).await.unwrap();
    }
    store.ingest(&stop("I3", "START", one, Authenticity::Full), None).await.unwrap();
    assert!(sms.send(&message("a")).await.is_err(), "the other line was told STOP too");
    store.ingest(&stop("I4", "START", two, Authenticity::Full), None).await.unwrap();
    assert!(sms.send(&message("b")).await.is_ok());
}

pub(crate) async fn a_providers_refusal_is_kept_with_the_outcome(backend: Backend) {
    let store = &backend.store;
    let refused = anysms::Error::not_sent(anysms::ErrorKind::OptedOut).with_code("21610");
    let carrier = Carrier::answering(Some("A"), move |_| Err(refused.clone()));
    carrier.recorded(store).unwrap().send(&message("a")).await.unwrap_err();
    let known = store.suppressions_of(number(123)).await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(known[0].source, SuppressionSource::Provider);
    // Not by another provider, not by another form of the number, not on another channel.
    let other = Carrier::new(Some("B"));
    let sms = other.clone().recorded(store).unwrap();
    let zero: PhoneNumber = "+4407700900123".parse().unwrap();
    for again in [
        message("b"),
        message("c").with_destination(zero),
        message("d").with_destination(anysms::Destination::WhatsApp(number(123))),
    ] {
        assert!(sms.send(&again).await.is_err(), "{:?}", again.key());
    }
    assert_eq!(other.calls(), 0);
}
