//! `Suppress` and the list of opt-outs it asks and teaches.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use crate::layers::scripted::{ACME, Scripted, message, message_to};
use anysms::{
    Destination, Error, ErrorKind, Message, MessageId, MessageStatus, Outcome, PhoneNumber,
    ProviderId, Result, SmsProvider, async_trait,
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

fn two() -> ProviderId {
    ProviderId::from_static("two")
}

async fn suppressed(list: &MemorySuppressionList, message: &Message) -> bool {
    let sms = Scripted::failing(ACME, []).suppress(Arc::new(list.clone())).unwrap();
    sms.send(message).await.is_err_and(|error| error.kind() == ErrorKind::OptedOut)
}

#[tokio::test]
async fn no_second_form_of_a_number_goes_round_an_opt_out() {
    for [one, other] in [
        ["+447700900123", "+4407700900123"],
        ["+525512345678", "+5215512345678"],
        ["+541123456789", "+5491123456789"],
        ["+5511987654321", "+551187654321"],
        ["+15555550100", "+115555550100"],
        ["+2290197123456", "+22997123456"],
    ] {
        for (told, sent) in [(one, other), (other, one)] {
            let list = MemorySuppressionList::new();
            list.insert(told.parse().unwrap(), SuppressionSource::Keyword).await.unwrap();
            assert!(suppressed(&list, &message_to(sent)).await, "{told}, {sent}");
            list.remove(sent.parse().unwrap(), SuppressionSource::Manual).await.unwrap();
            assert!(!suppressed(&list, &message_to(told)).await, "{told}, {sent}");
        }
    }
}

/// A list that compares numbers as they stand.
#[derive(Debug, Default)]
struct Literal(std::sync::Mutex<Vec<PhoneNumber>>);

#[async_trait]
impl SuppressionList for Literal {
    async fn find(&self, number: PhoneNumber) -> Result<Option<SuppressionSource>> {
        let found = self.0.lock().unwrap().contains(&number);
        Ok(found.then_some(SuppressionSource::Keyword))
    }

    async fn insert(&self, number: PhoneNumber, _: SuppressionSource) -> Result<()> {
        self.0.lock().unwrap().push(number);
        Ok(())
    }

    async fn remove(&self, number: PhoneNumber, _: SuppressionSource) -> Result<()> {
        self.0.lock().unwrap().retain(|known| *known != number);
        Ok(())
    }
}

#[tokio::test]
async fn forms_are_compared_though_a_list_does_not() {
    let from = |text: &str| {
        let ends = (Address::from_wire(text), Address::from_wire("+447700900999"));
        Event::Inbound(InboundMessage::new(id(), ends, "STOP".into(), Authenticity::Full))
    };
    for (told, sent) in
        [("+4407700900123", "+447700900123"), ("whatsapp:+447700900123", "+4407700900123")]
    {
        let list = Arc::new(Literal::default());
        list.learn(&from(told), &Keywords::standard()).await.unwrap();
        let sms = Scripted::failing(ACME, []).suppress(list).unwrap();
        let error = sms.send(&message_to(sent)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OptedOut);
    }
    let list = Arc::new(Literal::default());
    list.insert("+4407700900123".parse().unwrap(), SuppressionSource::Manual).await.unwrap();
    let sms = Scripted::failing(ACME, []).suppress(list).unwrap();
    assert!(sms.send(&message_to("+4407700900123")).await.is_err(), "as somebody wrote it");
}

#[tokio::test]
async fn no_channel_and_no_pool_goes_round_an_opt_out() {
    let list = MemorySuppressionList::new();
    for told in ["+447700900123", "whatsapp:+447700900123", "rcs:+447700900123"] {
        let ends = (Address::from_wire(told), Address::from_wire("whatsapp:+447700900999"));
        let stop = InboundMessage::new(id(), ends, "STOP".into(), Authenticity::Full);
        list.learn(&Event::Inbound(stop), &Keywords::standard()).await.unwrap();
        for to in [
            Destination::Sms(number()),
            Destination::WhatsApp(number()),
            Destination::Rcs(number()),
        ] {
            for sender in ["MG00000000000000000000000000000001", "+447700900998", "ACME"] {
                let message = Message::new(to.clone(), "x").with_sender(sender.parse().unwrap());
                assert!(suppressed(&list, &message).await, "{told}, {to:?}, {sender}");
            }
        }
        list.remove(number(), SuppressionSource::Manual).await.unwrap();
    }
}

#[tokio::test]
async fn a_start_takes_back_what_its_own_sender_was_told_and_nothing_else() {
    let pool = |digit: char| -> String { format!("MG{}", String::from(digit).repeat(32)) };
    let say = async |list: &MemorySuppressionList, text: &str, to: &str, in_pool: Option<char>| {
        let ends = (Address::Number(number()), Address::from_wire(to));
        let mut message = InboundMessage::new(id(), ends, text.into(), Authenticity::Full);
        message.pool = in_pool.map(|digit| pool(digit).parse().unwrap());
        list.learn(&Event::Inbound(message), &Keywords::standard()).await.unwrap();
        list.find(number()).await.unwrap()
    };
    let keyword = Some(SuppressionSource::Keyword);
    let list = MemorySuppressionList::new();
    assert_eq!(say(&list, "STOP", "+447700900990", None).await, keyword);
    for other in ["+447700900991", "72345", "whatsapp:+447700900990"] {
        assert_eq!(say(&list, "START", other, None).await, keyword, "{other}");
    }
    assert_eq!(say(&list, "STOP", "72345", None).await, keyword);
    assert_eq!(say(&list, "START", "+447700900990", None).await, keyword, "72345 was told too");
    assert_eq!(say(&list, "START", "72345", None).await, None);

    // What a provider refused: by sender, by pool, and by a default of which nobody knows.
    let provider = Some(SuppressionSource::Provider);
    for (sender, not_back, back) in [
        (Some("+447700900990".to_owned()), ("+447700900991", None), ("+447700900990", None)),
        (Some(pool('a')), ("+447700900990", Some('b')), ("+447700900990", Some('a'))),
    ] {
        let acme = Scripted::failing(ACME, [Error::not_sent(ErrorKind::OptedOut)]);
        let sms = acme.suppress(Arc::new(list.clone())).unwrap();
        let sender = sender.unwrap().parse().unwrap();
        sms.send(&message().with_sender(sender)).await.unwrap_err();
        assert_eq!(list.find(number()).await.unwrap(), provider);
        assert_eq!(say(&list, "START", not_back.0, not_back.1).await, provider);
        assert_eq!(say(&list, "START", back.0, back.1).await, None);
    }
    list.insert(number(), SuppressionSource::Provider).await.unwrap();
    assert_eq!(say(&list, "START", "72345", None).await, None);
}

/// A list that can be read and, for now, not be written.
#[derive(Debug, Default)]
struct Flaky {
    works: AtomicBool,
    inserted: AtomicU32,
}

#[async_trait]
impl SuppressionList for Flaky {
    async fn find(&self, _: PhoneNumber) -> Result<Option<SuppressionSource>> {
        Ok(None)
    }

    async fn insert(&self, _: PhoneNumber, _: SuppressionSource) -> Result<()> {
        if !self.works.load(SeqCst) {
            return Err(Error::not_sent(ErrorKind::Unavailable));
        }
        self.inserted.fetch_add(1, SeqCst);
        Ok(())
    }

    async fn remove(&self, _: PhoneNumber, _: SuppressionSource) -> Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_kept_until_the_list_has_it() {
    let list = Arc::new(Flaky::default());
    let shared: Arc<dyn SuppressionList> = list.clone();
    let refuse = || Error::not_sent(ErrorKind::OptedOut).with_code("21610");
    let acme = Scripted::failing(ACME, [refuse()]);
    let sms = acme.clone().suppress(shared.clone()).unwrap();
    let next = Scripted::failing(two(), []);
    let second = next.clone().suppress(shared).unwrap();
    let kind = async |sms: &Suppress<Scripted>, to: &str| {
        sms.send(&message_to(to)).await.map_err(|error| error.kind()).map(|_| ())
    };
    assert_eq!(kind(&sms, "+447700900123").await, Err(ErrorKind::OptedOut));
    // A week without a list that can be written: longer than the task tries.
    for _ in 0..7 {
        for sms in [&sms, &second] {
            for to in ["+447700900123", "+4407700900123"] {
                assert_eq!(kind(sms, to).await, Err(ErrorKind::OptedOut), "by no provider");
            }
        }
        tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
    }
    assert_eq!((acme.calls(), next.calls()), (1, 0));
    assert_eq!(kind(&second, "+447700900124").await, Ok(()), "nobody else is held back");

    list.works.store(true, SeqCst);
    tokio::time::sleep(Duration::from_secs(301)).await;
    assert_eq!(kind(&sms, "+447700900123").await.err(), None, "the list is asked, and forgets it");
    assert_eq!(list.inserted.load(SeqCst), 1);
}

#[tokio::test]
async fn what_a_layer_refused_is_no_word_of_the_provider() {
    let list = MemorySuppressionList::new();
    let scoped = Error::not_sent(ErrorKind::OptedOut).by_layer();
    let acme = Scripted::failing(ACME, [scoped]);
    let sms = acme.suppress(Arc::new(list.clone())).unwrap();
    assert!(sms.send(&message()).await.is_err());
    assert_eq!(list.find(number()).await.unwrap(), None, "the scope is the inner list's own");
}
