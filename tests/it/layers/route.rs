//! `Route`: the first rule that fits.

use crate::layers::scripted::{Scripted, message_to};
use anysms::{
    ErrorKind, MessageId, Outcome, PhoneNumber, ProviderId, Query, SmsProvider, SmsProviderExt,
    TenantId, layers::Route, number::Region,
};

const ABROAD: ProviderId = ProviderId::from_static("abroad");
const UK: ProviderId = ProviderId::from_static("uk");
const NAMED: ProviderId = ProviderId::from_static("named");
const LONG: ProviderId = ProviderId::from_static("long");

fn provider(id: ProviderId) -> Scripted {
    Scripted::failing(id, [])
}

fn route() -> Route {
    Route::new(provider(ABROAD))
        .senders(["ACME".parse().unwrap()], provider(NAMED))
        .unwrap()
        .countries([Region::GB, Region::JE], provider(UK))
        .unwrap()
        .when(|message| message.text().len() > 1_000, provider(LONG))
        .unwrap()
}

#[tokio::test]
async fn the_first_rule_that_fits() {
    let long =
        || anysms::Message::new("+15555550100".parse::<PhoneNumber>().unwrap(), "x".repeat(1_001));
    for (message, expected) in [
        (message_to("+447700900123"), UK),
        (message_to("+447797123456"), UK),
        (message_to("+15555550100"), ABROAD),
        (message_to("+447700900123").with_sender("ACME".parse().unwrap()), NAMED),
        (message_to("+447700900123").with_sender("OTHER".parse().unwrap()), UK),
        (long(), LONG),
    ] {
        assert_eq!(route().send(&message).await.unwrap().provider, expected);
    }
}

#[tokio::test]
async fn what_is_about_a_message_goes_to_its_provider() {
    let (abroad, uk) = (provider(ABROAD), provider(UK));
    let sms = Route::new(abroad.clone()).countries([Region::GB], uk.clone()).unwrap();
    sms.cancel(&MessageId::new(UK, "1").unwrap()).await.unwrap();
    assert_eq!((abroad.calls(), uk.calls(), sms.id()), (0, 1, ABROAD));
    let mut all = sms.list_all(Query::new());
    assert!(all.next().await.is_none());
    assert_eq!((abroad.calls(), uk.calls()), (1, 2));
    let nobody = MessageId::new(NAMED, "1").unwrap();
    assert_eq!(sms.fetch(&nobody).await.unwrap_err().kind(), ErrorKind::InvalidRequest);
}

/// Two accounts of one provider: whoever knows the message answers.
#[tokio::test]
async fn one_account_after_the_other_is_asked() {
    let (one, two) = (provider(UK), provider(UK));
    let sms = Route::new(one.clone()).countries([Region::GB], two.clone()).unwrap();
    let error = sms.fetch(&MessageId::new(UK, "1").unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), one.calls(), two.calls()), (ErrorKind::NotFound, 1, 1));
    assert!(sms.check().await.is_err());
}

#[tokio::test]
async fn a_tenant_without_a_route_is_refused() {
    let (default, own) = (provider(ABROAD), provider(NAMED));
    let tenant = |name: &str| -> TenantId { name.parse().unwrap() };
    let sms = Route::new(default.clone())
        .tenants([tenant("clinic"), tenant("garage")], own.clone())
        .unwrap()
        .countries([Region::JE], provider(UK))
        .unwrap();
    let to = message_to("+447700900123");
    for name in ["clinic", "garage"] {
        let receipt = sms.send(&to.clone().with_tenant(tenant(name))).await.unwrap();
        assert_eq!(receipt.provider, NAMED);
    }
    let error = sms.send(&to.clone().with_tenant(tenant("stranger"))).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
    assert!(error.is_by_layer() && !error.may_fail_over());
    assert_eq!((default.calls(), own.calls()), (0, 2));
    assert_eq!(sms.send(&to).await.unwrap().provider, ABROAD, "no tenant, no other's account");
}
