//! `LogOnly`: everything around it works, and nothing is sent.

use std::sync::Arc;

use crate::layers::scripted::{message, message_to};
use anysms::{
    Destination, ErrorKind, Message, MessageStatus, PhoneNumber, SmsProvider, SmsProviderExt,
    layers::{GuardPolicy, LayerExt, RetryPolicy},
    number::Region,
    provider::{LOG_ONLY, LogOnly},
    suppression::{MemorySuppressionList, SuppressionList, SuppressionSource},
};

#[tokio::test]
async fn a_dry_run_goes_through_every_layer() {
    let (list, to) = (MemorySuppressionList::new(), PhoneNumber::parse("+447700900124").unwrap());
    list.insert(to, SuppressionSource::Manual).await.unwrap();
    let sms = LogOnly::new()
        .suppress(Arc::new(list))
        .unwrap()
        .retry(RetryPolicy::default())
        .guard(GuardPolicy::new([Region::GB]))
        .into_dyn();
    let long = Message::new(message().destination(), "x".repeat(200));
    let [one, two] = [sms.send(&long).await.unwrap(), sms.send(&long).await.unwrap()];
    assert_eq!((&one.provider, &one.key, one.segments), (&LOG_ONLY, long.key(), Some(2)));
    assert_eq!(one.status, MessageStatus::Accepted, "never delivered");
    assert!(one.id.is_some() && one.id != two.id && !one.earlier);
    let kind = sms.send(&message_to("+447700900124")).await.unwrap_err().kind();
    assert_eq!(kind, ErrorKind::OptedOut);
    let whatsapp = Message::new(Destination::WhatsApp(to), "x");
    assert!(LogOnly::new().send(&whatsapp).await.is_ok());
    assert_eq!(sms.fetch(&one.id.unwrap()).await.unwrap_err().kind(), ErrorKind::Unsupported);
}
