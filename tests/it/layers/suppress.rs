//! `Suppress` and the list of opt-outs it asks and teaches.

use std::{sync::Arc, time::Duration};

use crate::layers::scripted::{ACME, Scripted, message};
use anysms::{
    Error, ErrorKind, MessageId, MessageStatus, Outcome, PhoneNumber, ProviderId, Result,
    SmsProvider, async_trait,
    layers::{Failover, LayerExt, Suppress},
    message::{Address, DeliveryFailure},
    suppression::{MemorySuppressionList, SuppressionList, SuppressionSource},
    text::Keywords,
    webhook::{Authenticity, Event, InboundMessage, StatusUpdate},
};

fn number() -> PhoneNumber {
    "+447700900123".parse().unwrap()
}

fn id() -> MessageId {
    MessageId::new(ACME, "1").unwrap()
}

fn inbound(text: &str, authenticity: Authenticity) -> Event {
    let ends = (Address::Number(number()), Address::from_wire("+447700900999"));
    Event::Inbound(InboundMessage::new(id(), ends, text.to_owned().into(), authenticity))
}

fn failed(kind: ErrorKind) -> Event {
    let failure = Some(DeliveryFailure::new(kind, "200"));
    let mut update = StatusUpdate::new(id(), MessageStatus::Failed, failure, Authenticity::UrlOnly);
    update.to = Some(Address::Number(number()));
    Event::Status(update)
}

async fn learn(list: &MemorySuppressionList, event: &Event) -> Option<SuppressionSource> {
    list.learn(event, &Keywords::standard()).await.unwrap();
    list.find(number()).await.unwrap()
}

#[tokio::test]
async fn who_opted_out_is_sent_nothing() {
    let (acme, list) = (Scripted::failing(ACME, []), MemorySuppressionList::new());
    let sms = acme.clone().suppress(Arc::new(list.clone())).unwrap();
    assert!(sms.send(&message()).await.is_ok());
    list.insert(number(), SuppressionSource::Manual).await.unwrap();
    let error = sms.send(&message()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::OptedOut, Outcome::NotSent));
    assert!(!error.may_fail_over() && !error.is_retryable());
    list.remove(number(), SuppressionSource::Manual).await.unwrap();
    assert!(sms.send(&message()).await.is_ok());
    assert_eq!(acme.calls(), 2);
}

#[tokio::test]
async fn one_providers_opt_out_holds_at_the_next() {
    let down = || Error::not_sent(ErrorKind::Connect);
    let one = Scripted::failing(ACME, [Error::not_sent(ErrorKind::OptedOut), down(), down()]);
    let two = Scripted::failing(ProviderId::from_static("two"), []);
    let list: Arc<dyn SuppressionList> = Arc::new(MemorySuppressionList::new());
    let sms = Failover::new(one.clone().suppress(list.clone()).unwrap())
        .or(two.clone().suppress(list.clone()).unwrap())
        .unwrap();
    for _ in 0..3 {
        assert_eq!(sms.send(&message()).await.unwrap_err().kind(), ErrorKind::OptedOut);
    }
    assert_eq!((one.calls(), two.calls()), (1, 0), "the first is down since, and nobody asks");
    assert_eq!(list.find(number()).await.unwrap(), Some(SuppressionSource::Provider));
}

#[tokio::test]
async fn a_list_that_cannot_be_read_refuses_everybody() {
    #[derive(Debug)]
    struct Down;

    #[async_trait]
    impl SuppressionList for Down {
        async fn find(&self, _: PhoneNumber) -> Result<Option<SuppressionSource>> {
            Err(Error::unknown(ErrorKind::Unavailable))
        }

        async fn insert(&self, _: PhoneNumber, _: SuppressionSource) -> Result<()> {
            Err(Error::unknown(ErrorKind::Unavailable))
        }

        async fn remove(&self, _: PhoneNumber, _: SuppressionSource) -> Result<()> {
            Err(Error::unknown(ErrorKind::Unavailable))
        }
    }

    let acme = Scripted::failing(ACME, []);
    let error = Suppress::new(acme.clone(), Arc::new(Down)).unwrap().send(&message()).await;
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert_eq!(acme.calls(), 0);
    assert!(Down.learn(&inbound("STOP", Authenticity::Full), &Keywords::standard()).await.is_err());
}

#[tokio::test]
async fn events_teach_it() {
    let list = MemorySuppressionList::new();
    for text in ["Hello", "HELP", "START", "don't stop"] {
        assert_eq!(learn(&list, &inbound(text, Authenticity::Full)).await, None, "{text}");
    }
    for authenticity in [Authenticity::Full, Authenticity::UrlOnly] {
        let stop = learn(&list, &inbound(" stop ", authenticity)).await;
        assert_eq!(stop, Some(SuppressionSource::Keyword));
        let forged = learn(&list, &inbound("START", Authenticity::UrlOnly)).await;
        assert_eq!(forged, Some(SuppressionSource::Keyword), "an opt-in must be signed as a whole");
        assert_eq!(learn(&list, &inbound("START", Authenticity::Full)).await, None);
    }
    assert_eq!(learn(&list, &failed(ErrorKind::Unreachable)).await, None);
    assert_eq!(learn(&list, &failed(ErrorKind::OptedOut)).await, Some(SuppressionSource::Provider));
    assert_eq!(learn(&list, &inbound("START", Authenticity::Full)).await, None);
    list.insert(number(), SuppressionSource::Manual).await.unwrap();
    for text in ["STOP", "START"] {
        let stays = learn(&list, &inbound(text, Authenticity::Full)).await;
        assert_eq!(
            stays,
            Some(SuppressionSource::Manual),
            "{text}: not by message, not back by one"
        );
    }
    assert!(!format!("{list:?}").contains("7700"));
}

/// What anybody may have written acts for an hour at most, and only where a list can forget.
#[tokio::test]
async fn what_proves_only_its_address_does_not_stay() {
    #[derive(Debug, Default)]
    struct Lasting(std::sync::Mutex<Vec<SuppressionSource>>);

    #[async_trait]
    impl SuppressionList for Lasting {
        async fn find(&self, _: PhoneNumber) -> Result<Option<SuppressionSource>> {
            Ok(self.0.lock().unwrap().last().copied())
        }

        async fn insert(&self, _: PhoneNumber, source: SuppressionSource) -> Result<()> {
            self.0.lock().unwrap().push(source);
            Ok(())
        }

        async fn remove(&self, _: PhoneNumber, _: SuppressionSource) -> Result<()> {
            self.0.lock().unwrap().clear();
            Ok(())
        }
    }

    let list = Lasting::default();
    for event in [inbound("STOP", Authenticity::UrlOnly), failed(ErrorKind::OptedOut)] {
        list.learn(&event, &Keywords::standard()).await.unwrap();
        assert_eq!(list.find(number()).await.unwrap(), None);
    }
    list.learn(&inbound("STOP", Authenticity::Full), &Keywords::standard()).await.unwrap();
    list.learn(&inbound("START", Authenticity::UrlOnly), &Keywords::standard()).await.unwrap();
    assert_eq!(list.find(number()).await.unwrap(), Some(SuppressionSource::Keyword));

    let list = MemorySuppressionList::new();
    let short = Duration::from_millis(20);
    list.insert_for(number(), SuppressionSource::Keyword, short).await.unwrap();
    assert_eq!(list.find(number()).await.unwrap(), Some(SuppressionSource::Keyword));
    std::thread::sleep(short);
    assert_eq!(list.find(number()).await.unwrap(), None, "it is over");
    // What lasts is not made shorter, nor by a forged source greater.
    list.insert(number(), SuppressionSource::Keyword).await.unwrap();
    list.insert_for(number(), SuppressionSource::Provider, short).await.unwrap();
    std::thread::sleep(short);
    assert_eq!(list.find(number()).await.unwrap(), Some(SuppressionSource::Keyword));
    // Nobody fills it with forged numbers.
    for last in 0..20_000 {
        let forged = format!("+44770{last:07}").parse().unwrap();
        list.insert_for(forged, SuppressionSource::Keyword, Duration::from_secs(60)).await.unwrap();
    }
    assert_eq!(list.find("+447700019999".parse().unwrap()).await.unwrap(), None);
}
