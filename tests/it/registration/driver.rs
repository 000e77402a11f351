//! The driver: who is asked when, and events that prove nothing.

use std::{sync::Arc, time::Duration};

use anysms::{
    Timestamp,
    intent::MemoryIntents,
    plivo::registration_event,
    registration::{
        Filing, MemoryRegistrationHistory, Registration, RegistrationDesk, RegistrationDriver,
        RegistrationForm, RegistrationState as State, Registrations, StateMove,
    },
    sandbox::{Fault, When},
    twilio::registration_events,
};
use jiff::SignedDuration;

use super::World;

const DAY: Duration = Duration::from_secs(86_400);

type Desk = Arc<RegistrationDesk<Arc<dyn Registrations>>>;

async fn submitted(world: &World, which: usize) -> (Desk, Registration) {
    let intents = Arc::new(MemoryIntents::new());
    let history = Arc::new(MemoryRegistrationHistory::new());
    let registrations = world.both()[which].clone();
    let desk = Arc::new(RegistrationDesk::new(registrations, intents, history));
    let form: RegistrationForm = world.brand("club").into();
    let Filing::New(made) = desk.submit(&form).await.unwrap() else { panic!("{form:?}") };
    (desk, made)
}

#[tokio::test]
async fn waits_double_from_a_minute_to_six_hours_and_begin_anew_when_something_moves() {
    let world = World::new().await;
    for which in 0..2 {
        let (desk, made) = submitted(&world, which).await;
        let driver = RegistrationDriver::new(desk.clone());
        let start = Timestamp::now();
        assert!(driver.poll_at(start).await.unwrap().is_empty(), "a minute first");
        let mut now = made.next_check.unwrap() + SignedDuration::from_secs(1);
        let mut waits = Vec::new();
        for _ in 0..12 {
            let polled = driver.poll_at(now).await.unwrap();
            let [one] = polled.as_slice() else { panic!("{polled:?}") };
            let (known, _) = one.result.as_ref().unwrap();
            let next = known.next_check.unwrap();
            assert_eq!(driver.next_check(known), Some(next));
            waits.push(next.duration_since(now).as_mins());
            let early = next - SignedDuration::from_secs(1);
            assert!(driver.poll_at(early).await.unwrap().is_empty(), "not before it is due");
            now = next;
        }
        let steady = &waits[waits.len() - 10..];
        assert_eq!(steady[steady.len() - 1], 360, "{waits:?}");
        assert!(waits.windows(2).all(|two| two[1] <= 360 && two[1] <= two[0] * 2), "{waits:?}");
        world.sandbox.skip(3 * DAY);
        let polled = driver.poll_at(now).await.unwrap();
        let (known, moved) = polled[0].result.as_ref().unwrap();
        assert_eq!((known.state, *moved), (State::Approved, StateMove::To(State::Approved)));
        let next = driver.next_check(known).unwrap().duration_since(now);
        assert!(next <= SignedDuration::from_mins(1), "{next:?}");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_less_and_moves_nothing() {
    let world = World::new().await;
    let (desk, made) = submitted(&world, 0).await;
    let driver = RegistrationDriver::new(desk.clone());
    world.sandbox.inject_at(
        "/a2p/",
        When::Every(1),
        Fault::RefuseFor(429, Duration::from_secs(900)),
    );
    let now = made.next_check.unwrap();
    let polled = driver.poll_at(now).await.unwrap();
    assert!(polled[0].result.is_err());
    let next = driver.next_check(&made).unwrap().duration_since(now);
    assert_eq!(next, SignedDuration::from_mins(15), "as long as it asks");
    let known = desk.registration(made.kind, "club").await.unwrap().unwrap();
    assert_eq!(known.state, made.state);
}

#[tokio::test]
async fn an_event_has_the_provider_asked_and_its_word_decides_nothing() {
    let world = World::new().await;
    let (desk, made) = submitted(&world, 0).await;
    let driver = RegistrationDriver::new(desk.clone());
    let event = |kind: &str, brand: &str, account: &str| {
        let body = format!(
            r#"[{{"type":"com.twilio.messaging.compliance.{kind}","data":{{"accountsid":"{account}","brandsid":"{brand}"}}}}]"#
        );
        registration_events(body.as_bytes()).unwrap().remove(0)
    };
    let (id, account) = (made.id.value(), made.account.as_str());
    let lie = event("brand-registration.brand-registered", id, account);
    let asked = driver.apply(&lie).await.unwrap();
    let (known, _) = asked[0].result.as_ref().unwrap();
    assert_eq!(known.state, State::Submitted, "the provider says that it is pending");
    world.sandbox.skip(3 * DAY);
    assert!(driver.apply(&lie).await.unwrap().is_empty(), "not twice in ten seconds");
    let soon = Timestamp::now() + SignedDuration::from_secs(10);
    let polled = driver.poll_at(soon).await.unwrap();
    let (known, _) = polled[0].result.as_ref().unwrap();
    assert_eq!(known.state, State::Approved, "and it was not forgotten");
    let driver = RegistrationDriver::new(desk.clone());
    let nobody = "BN99999999999999999999999999999999";
    for stranger in [
        event("brand-registration.brand-failure", nobody, account),
        event("brand-registration.brand-failure", id, "AC99999999999999999999999999999999"),
        event("campaign-registration.campaign-failure", id, account),
    ] {
        assert!(driver.apply(&stranger).await.unwrap().is_empty(), "{stranger:?}");
    }
    let lie = event("brand-registration.brand-failure", id, account);
    let asked = driver.apply(&lie).await.unwrap();
    assert_eq!(asked[0].result.as_ref().unwrap().0.state, State::Approved);

    let (desk, made) = submitted(&world, 1).await;
    let driver = RegistrationDriver::new(desk);
    world.sandbox.skip(DAY);
    let event = registration_event([("brand_id", made.id.value()), ("status", "FAILED")]).unwrap();
    let asked = driver.apply(&event).await.unwrap();
    assert_eq!(asked[0].result.as_ref().unwrap().0.state, State::Approved);
}

#[tokio::test(start_paused = true)]
async fn a_run_asks_until_it_is_dropped() {
    #[derive(Debug)]
    struct Silent;
    #[anysms::async_trait]
    impl anysms::registration::RegistrationHistory for Silent {
        async fn append(&self, _: &anysms::registration::RegistrationStep) -> anysms::Result<()> {
            Ok(())
        }
        async fn steps(
            &self,
            _: &anysms::AccountKey,
        ) -> anysms::Result<Vec<anysms::registration::RegistrationStep>> {
            Err(anysms::Error::not_sent(anysms::ErrorKind::Unavailable))
        }
    }
    let config = anysms::plivo::PlivoConfig::new("MA000000000000000001", "token");
    let transport = Arc::new(anysms::testing::ScriptedTransport::new());
    let plivo = anysms::plivo::Plivo::with_transport(&config, transport).unwrap();
    let desk = RegistrationDesk::new(plivo, Arc::new(MemoryIntents::new()), Arc::new(Silent));
    let driver = RegistrationDriver::new(Arc::new(desk));
    let mut told = 0;
    let run = driver.run(|answer| {
        assert!(answer.is_err());
        told += 1;
    });
    drop(tokio::time::timeout(Duration::from_secs(65), run).await);
    assert_eq!(told, 7, "every ten seconds, although the history cannot be read");
}
