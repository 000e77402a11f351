//! `Failover`: the next provider where nothing was sent, and nowhere else.

use std::time::Duration;

use crate::layers::scripted::Scripted;
use anysms::{
    Error, ErrorKind, Message, MessageId, Outcome, PhoneNumber, ProviderId, Query, SmsProvider,
    SmsProviderExt,
    layers::{Failover, Retry, RetryPolicy},
};

const ONE: ProviderId = ProviderId::from_static("one");
const TWO: ProviderId = ProviderId::from_static("two");

fn message() -> Message {
    Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Your table is ready")
}

fn down() -> Error {
    Error::not_sent(ErrorKind::Connect)
}

fn stack(one: &Scripted, two: &Scripted) -> Failover {
    Failover::new(one.clone()).or(two.clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_next_where_nothing_was_sent() {
    let (one, two) = (Scripted::failing(ONE, [down()]), Scripted::failing(TWO, []));
    let message = message();
    let receipt = stack(&one, &two).send(&message).await.unwrap();
    assert_eq!((receipt.provider, &receipt.key), (TWO, message.key()));
    assert_eq!((one.calls(), two.calls()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nowhere_else_where_it_may_have_been_sent() {
    for kind in [ErrorKind::Timeout, ErrorKind::Interrupted, ErrorKind::Unavailable] {
        let (one, two) =
            (Scripted::failing(ONE, [Error::unknown(kind)]), Scripted::failing(TWO, []));
        let error = stack(&one, &two).send(&message()).await.unwrap_err();
        assert_eq!((error.outcome(), two.calls()), (Outcome::Unknown, 0), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_protection_is_not_gone_round() {
    for kind in [
        ErrorKind::OptedOut,
        ErrorKind::Blocked,
        ErrorKind::PolicyBlocked,
        ErrorKind::GeoPermission,
        ErrorKind::ContentFiltered,
        ErrorKind::InvalidRecipient,
        ErrorKind::InvalidContent,
    ] {
        let (one, two) =
            (Scripted::failing(ONE, [Error::not_sent(kind)]), Scripted::failing(TWO, []));
        let error = stack(&one, &two).send(&message()).await.unwrap_err();
        assert_eq!((error.kind(), two.calls()), (kind, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_has_every_try_of_every_provider() {
    let limited = || Error::not_sent(ErrorKind::RateLimited).with_provider(ONE);
    let one = Scripted::failing(ONE, [limited(), limited(), limited()]);
    let two = Scripted::failing(TWO, [Error::unknown(ErrorKind::Timeout).with_provider(TWO)]);
    let sms =
        Failover::new(Retry::new(one.clone(), RetryPolicy::default())).or(two.clone()).unwrap();
    let error = sms.send(&message()).await.unwrap_err();
    assert_eq!((one.calls(), two.calls(), error.kind()), (3, 1, ErrorKind::Timeout));
    let by: Vec<_> =
        error.attempts().iter().filter_map(|attempt| attempt.provider.clone()).collect();
    assert_eq!(by, [ONE, ONE, ONE, TWO]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_in_trouble_is_passed_over_until_a_probe_succeeds() {
    let one = Scripted::failing(ONE, std::iter::repeat_with(down).take(6));
    let two = Scripted::failing(TWO, []);
    let sms = stack(&one, &two);
    for _ in 0..20 {
        assert_eq!(sms.send(&message()).await.unwrap().provider, TWO);
    }
    assert_eq!((one.calls(), two.calls()), (5, 20));
    for (calls, provider) in [(6, TWO), (7, ONE), (8, ONE)] {
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(sms.send(&message()).await.unwrap().provider, provider);
        assert_eq!(one.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn where_all_are_in_trouble_nothing_is_sent() {
    let credentials = || Error::not_sent(ErrorKind::Credentials);
    let (one, two) =
        (Scripted::failing(ONE, [credentials()]), Scripted::failing(TWO, [credentials()]));
    let sms = stack(&one, &two);
    let error = sms.send(&message()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Credentials, 2));
    let error = sms.send(&message()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert_eq!((one.calls(), two.calls()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_about_a_message_goes_to_its_provider() {
    let (one, two) = (Scripted::failing(ONE, []), Scripted::failing(TWO, []));
    let sms = stack(&one, &two);
    let id = |provider| MessageId::new(provider, "1").unwrap();
    sms.cancel(&id(TWO)).await.unwrap();
    assert_eq!((one.calls(), two.calls()), (0, 1));
    sms.fetch(&id(ONE)).await.unwrap_err();
    assert_eq!((one.calls(), two.calls()), (1, 1));
    let other = id(ProviderId::from_static("three"));
    assert_eq!(sms.fetch(&other).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
    assert_eq!(sms.cancel(&other).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

/// A stack inside of another has the name of its first provider, and messages of the others.
#[tokio::test(start_paused = true)]
async fn a_message_is_found_inside_of_a_stack() {
    let (one, two) = (Scripted::failing(ONE, []), Scripted::failing(TWO, []));
    let three = Scripted::failing(ProviderId::from_static("three"), []);
    let sms = Failover::new(three.clone()).or(stack(&one, &two)).unwrap();
    sms.cancel(&MessageId::new(TWO, "1").unwrap()).await.unwrap();
    assert_eq!((one.calls(), two.calls(), three.calls()), (0, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_list_is_of_all_of_them() {
    let (one, two) = (Scripted::failing(ONE, []), Scripted::failing(TWO, []));
    let sms = stack(&one, &two);
    let mut records = sms.list_all(Query::new());
    assert!(records.next().await.is_none());
    assert_eq!((one.calls(), two.calls()), (1, 1));
    for cursor in ["", "1", "x:", "2:", "-1:"] {
        let query = Query::new().with_cursor(anysms::message::Cursor::new(cursor));
        assert_eq!(
            sms.list(&query).await.unwrap_err().kind(),
            ErrorKind::InvalidRequest,
            "{cursor}"
        );
    }
    assert_eq!((sms.check().await.unwrap_err().kind(), sms.id()), (ErrorKind::NotFound, ONE));
}
