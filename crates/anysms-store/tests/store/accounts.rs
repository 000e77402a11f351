//! Accounts and tenants side by side: whose an attempt is, and who is asked about it.

use std::time::Duration;

use anysms::{
    SmsProvider,
    layers::Route,
    message::{Address, Direction},
};
use anysms_store::{AttemptOutcome, Reconciler, RecordExt, Worker};

use crate::{
    Backend,
    carrier::Carrier,
    fake::{Fake, timed_out},
    memory_backend, message, number,
};

/// The first account of a provider has a message like it, and is asked about its own alone.
pub(crate) async fn each_account_is_asked_about_its_own(backend: Backend) {
    let store = &backend.store;
    let (a, b) = (Carrier::new(Some("A")), Carrier::answering(Some("B"), |_| Err(timed_out())));
    b.clone().recorded(store).unwrap().send(&message("k")).await.unwrap_err();
    a.keep("A-77", &message("k"), Direction::Outbound);
    for (first, second) in [(a.clone(), b.clone()), (b.clone(), a.clone())] {
        store.skip(Duration::from_secs(61));
        let both = Reconciler::new(store.clone()).with_provider(first).with_provider(second);
        both.run_once().await.unwrap();
        let history = store.history(None, message("k").key()).await.unwrap().unwrap();
        assert_eq!(history.attempts[0].outcome, Some(AttemptOutcome::Unknown));
        assert_eq!(history.attempts[0].id, None, "it is A's");
    }
    assert_eq!(*a.asked.lock().unwrap(), 0);
    // An account that nobody has is not asked, and another's silence is no answer.
    store.skip(Duration::from_secs(3 * 60 * 60));
    let done = Reconciler::new(store.clone()).with_provider(a).run_once().await.unwrap();
    assert_eq!((done.asked, done.unasked, done.given_up), (0, 1, 0));
    b.keep("B-1", &message("k"), Direction::Outbound);
    store.skip(Duration::from_secs(61));
    let done = Reconciler::new(store.clone()).with_provider(b).run_once().await.unwrap();
    assert_eq!((done.asked, done.settled), (1, 1));
}

/// An attempt that was accepted without an id is a rival of the one that was lost.
pub(crate) async fn every_attempt_without_an_id_is_a_rival(backend: Backend) {
    let store = &backend.store;
    let sms = NoIds(Fake::failing(0, &timed_out())).recorded(store).unwrap();
    sms.send(&message("a")).await.unwrap();
    let carrier = Carrier::answering(None, |_| Err(timed_out()));
    carrier.clone().recorded(store).unwrap().send(&message("b")).await.unwrap_err();
    carrier.keep("X", &message("b"), Direction::Outbound);
    store.skip(Duration::from_secs(40));
    Reconciler::new(store.clone()).with_provider(carrier).run_once().await.unwrap();
    let history = store.history(None, message("b").key()).await.unwrap().unwrap();
    assert_eq!(history.attempts[0].outcome, Some(AttemptOutcome::Unknown));
}

/// A provider that accepts and gives no ids.
#[derive(Clone, Debug)]
struct NoIds(Fake);

#[anysms::async_trait]
impl SmsProvider for NoIds {
    fn id(&self) -> anysms::ProviderId {
        self.0.id()
    }

    fn capabilities(&self) -> anysms::Capabilities {
        self.0.capabilities()
    }

    async fn send(&self, message: &anysms::Message) -> anysms::Result<anysms::Receipt> {
        let mut receipt = self.0.send(message).await?;
        receipt.id = None;
        Ok(receipt)
    }
}

pub(crate) async fn a_record_of_another_sender_is_no_answer(backend: Backend) {
    let store = &backend.store;
    let carrier = Carrier::answering(Some("A"), |_| Err(timed_out()));
    let asked = message("k").with_sender("+15555550100".parse().unwrap());
    carrier.clone().recorded(store).unwrap().send(&asked).await.unwrap_err();
    carrier.keep(
        "X",
        &message("k").with_sender("+15555550199".parse().unwrap()),
        Direction::Outbound,
    );
    store.skip(Duration::from_secs(31));
    let reconciler = Reconciler::new(store.clone()).with_provider(carrier.clone());
    assert_eq!(reconciler.run_once().await.unwrap().settled, 0);
    carrier.keep("Y", &asked, Direction::Outbound);
    store.skip(Duration::from_secs(120));
    assert_eq!(reconciler.run_once().await.unwrap().settled, 1);
}

pub(crate) async fn a_stack_of_another_store_is_refused(backend: Backend) {
    let other = memory_backend().await;
    let sms = Fake::new().recorded(&other.store).unwrap();
    let error = Worker::new(backend.store.clone(), sms).err().unwrap();
    assert!(error.to_string().contains("another store"), "{error}");
    let error = Worker::new(backend.store.clone(), Fake::new()).err().unwrap();
    assert!(error.to_string().contains("not every provider is recorded"), "{error}");
    let route = Route::new(Fake::new()).when(|_| true, Fake::new()).unwrap();
    let error = route.recorded(&backend.store).err().unwrap();
    assert!(error.to_string().contains("directly around each provider"), "{error}");
}

pub(crate) async fn behind_many_accounts_each_attempt_has_its_own(backend: Backend) {
    let store = &backend.store;
    let sms = Carrier::new(None).recorded(store).unwrap();
    for tenant in ["one", "two"] {
        let message = message("k").with_tenant(tenant.parse().unwrap());
        sms.send(&message).await.unwrap();
        let tenant = tenant.parse().unwrap();
        let history = store.history(Some(&tenant), message.key()).await.unwrap().unwrap();
        assert_eq!(history.attempts[0].account.as_ref().unwrap().as_str(), tenant.as_str());
        assert_eq!(history.entry.remote, Address::from(number(123)));
    }
}
