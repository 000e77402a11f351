//! The desk: one submission for each name, and the history of it.

use std::{sync::Arc, time::Duration};

use anysms::{
    ErrorKind, Outcome,
    intent::{IntentLog, MemoryIntents},
    registration::{
        FileRegistrationHistory, Filing, MemoryRegistrationHistory, RegistrationDesk,
        RegistrationForm, RegistrationKind, RegistrationState as State, Registrations, StateMove,
        StepCause,
    },
    sandbox::{Fault, When},
};

use super::World;

const DAY: Duration = Duration::from_secs(86_400);

type Desk = RegistrationDesk<Arc<dyn Registrations>>;

fn desk(registrations: Arc<dyn Registrations>) -> (Desk, Arc<MemoryIntents>) {
    let intents = Arc::new(MemoryIntents::new());
    let history = Arc::new(MemoryRegistrationHistory::new());
    (RegistrationDesk::new(registrations, intents.clone(), history), intents)
}

#[tokio::test]
async fn a_name_is_submitted_once_and_its_history_has_every_step() {
    let world = World::new().await;
    for registrations in world.both() {
        for form in world.forms(&*registrations).await {
            let (desk, intents) = desk(registrations.clone());
            let (kind, before) =
                (form.kind(), registrations.list_registrations(form.kind()).await.unwrap().len());
            let Filing::New(made) = desk.submit(&form).await.unwrap() else { panic!("{form:?}") };
            for _ in 0..3 {
                let found = desk.submit(&form).await.unwrap();
                assert!(matches!(&found, Filing::Found(one) if one.id == made.id), "{found:?}");
            }
            assert_eq!(registrations.list_registrations(kind).await.unwrap().len(), before + 1);
            assert!(intents.open().await.unwrap().is_empty());
            world.sandbox.skip(3 * DAY);
            let (decided, moved) = desk.refresh(kind, form.name()).await.unwrap();
            assert!(decided.state.is_usable(), "{decided:?}");
            assert_eq!(moved, StateMove::To(decided.state));
            let (same, moved) = desk.refresh(kind, form.name()).await.unwrap();
            assert_eq!((same.state, moved), (decided.state, StateMove::Same));
            let steps = desk.history(kind, form.name()).await.unwrap();
            let causes: Vec<_> = steps.iter().map(|step| step.cause).collect();
            assert_eq!(causes[0], StepCause::Submitted);
            assert_eq!(causes.last(), Some(&StepCause::Word));
            assert!(causes.len() <= 3, "{causes:?}");
            assert_eq!(steps[0].from, State::Draft);
            assert_eq!(steps.last().unwrap().word, decided.vendor_state);
        }
    }
}

#[tokio::test]
async fn a_form_with_errors_and_another_form_of_the_same_name_are_refused_without_asking() {
    let world = World::new().await;
    for registrations in world.both() {
        let (desk, intents) = desk(registrations.clone());
        world.sandbox.inject_at("/", When::Every(1), Fault::Refuse(500));
        let mut form = world.brand("club");
        form.name = "a b".to_owned();
        let error = desk.submit(&form.into()).await.unwrap_err();
        let expected = (ErrorKind::InvalidRequest, Outcome::NotSent, None);
        assert_eq!((error.kind(), error.outcome(), error.status()), expected);
        assert!(error.detail().starts_with("name: "), "{error}");
        let mut form = world.campaign("tables", "B1");
        form.samples.clear();
        form.terms = None;
        let error = desk.submit(&form.into()).await.unwrap_err();
        assert!(error.detail().contains("and 1 more"), "{error}");
        world.sandbox.clear_faults();
        assert!(intents.open().await.unwrap().is_empty());

        let mut form = world.toll_free("line");
        desk.submit(&form.clone().into()).await.unwrap();
        form.summary = "Something else.".into();
        let error = desk.submit(&form.into()).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
        assert_eq!(
            registrations.list_registrations(RegistrationKind::TollFree).await.unwrap().len(),
            1
        );
    }
}

#[tokio::test]
async fn a_proved_failure_frees_the_name_and_an_unproved_one_does_not() {
    let world = World::new().await;
    for registrations in world.both() {
        let (desk, intents) = desk(registrations.clone());
        let form: RegistrationForm = world.brand("club").into();
        // Reads come first: the second request is the submission.
        let path = if registrations.registrar().provider.as_str() == "twilio" {
            "/a2p/BrandRegistrations"
        } else {
            "/10dlc/Brand"
        };
        world.sandbox.inject_at(path, When::Every(2), Fault::Refuse(429));
        let error = desk.submit(&form).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::NotSent));
        assert!(intents.open().await.unwrap().is_empty(), "it may be tried again");
        world.sandbox.clear_faults();

        world.sandbox.inject_at(path, When::Every(2), Fault::Refuse(500));
        let error = desk.submit(&form).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        world.sandbox.clear_faults();
        assert_eq!(desk.unconfirmed().await.unwrap().len(), 1);
        for _ in 0..3 {
            let filing = desk.submit(&form).await.unwrap();
            assert!(matches!(filing, Filing::Unconfirmed { .. }), "{filing:?}");
        }
        world.sandbox.inject_at(path, When::Next(1), Fault::Refuse(503));
        let error = desk.submit(&form).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "what could not be looked for is not proved");
        assert!(
            registrations.list_registrations(RegistrationKind::Brand).await.unwrap().is_empty()
        );
        assert_eq!(desk.withdraw(&form).await.unwrap(), None);
        let error = desk.withdraw(&form).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "nothing is open any more");
        assert!(matches!(desk.submit(&form).await.unwrap(), Filing::New(_)));

        // It was taken, and the answer was lost: it is found.
        let form: RegistrationForm = world.brand("lost").into();
        world.sandbox.inject_at(path, When::Every(2), Fault::TakeAndHangUp);
        let error = desk.submit(&form).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        world.sandbox.clear_faults();
        let found = desk.withdraw(&form).await.unwrap();
        assert!(found.is_some(), "what is there is not taken away");
        assert!(matches!(desk.submit(&form).await.unwrap(), Filing::Found(_)));
        assert_eq!(
            registrations.list_registrations(RegistrationKind::Brand).await.unwrap().len(),
            2
        );
        assert!(desk.unconfirmed().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_somebody_registered_by_hand_is_found_and_a_lost_history_is_read_again() {
    let world = World::new().await;
    for registrations in world.both() {
        let form: RegistrationForm = world.brand("club").into();
        let made = registrations.submit_registration(&form).await.unwrap();
        let (desk, intents) = desk(registrations.clone());
        let Filing::Found(found) = desk.submit(&form).await.unwrap() else { panic!("{form:?}") };
        assert_eq!(found.id, made.id);
        let bare = Arc::new(MemoryRegistrationHistory::new());
        let desk = RegistrationDesk::new(registrations.clone(), intents, bare);
        let Filing::Found(found) = desk.submit(&form).await.unwrap() else { panic!("{form:?}") };
        assert_eq!(found.id, made.id);
        assert_eq!(desk.registrations().await.unwrap(), [found]);
        assert_eq!(
            registrations.list_registrations(RegistrationKind::Brand).await.unwrap().len(),
            1
        );
    }
}

#[tokio::test]
async fn a_rejection_is_submitted_again_once_and_moves_on() {
    let world = World::new().await;
    let twilio = world.both()[0].clone();
    let (desk, _) = desk(twilio);
    let brand = desk.submit(&world.brand("club").into()).await.unwrap();
    let Filing::New(brand) = brand else { panic!("{brand:?}") };
    let good = world.campaign("tables", brand.id.value());
    let mut bad = good.clone();
    bad.description = format!("{} REJECT", bad.description).into();
    desk.submit(&bad.into()).await.unwrap();
    world.sandbox.skip(3 * DAY);
    let kind = RegistrationKind::Campaign;
    let (rejected, _) = desk.refresh(kind, "tables").await.unwrap();
    assert_eq!((rejected.state, rejected.reasons.len()), (State::Rejected, 1));
    assert!(rejected.next_check.is_none());

    let good: RegistrationForm = good.into();
    // The provider did not take it, and nobody can know.
    world.sandbox.inject_at("/Usa2p/", When::Next(1), Fault::Refuse(500));
    let error = desk.resubmit(&good).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let error = desk.resubmit(&good).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::Unknown));
    assert_eq!(desk.unconfirmed().await.unwrap().len(), 1);
    assert_eq!(desk.withdraw(&good).await.unwrap(), None);
    // The provider took it, and the answer was lost.
    world.sandbox.inject_at("/Usa2p/", When::Next(1), Fault::TakeAndHangUp);
    let error = desk.resubmit(&good).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    let again = desk.resubmit(&good).await.unwrap();
    assert_eq!(again.state, State::Resubmitted);
    assert!(desk.unconfirmed().await.unwrap().is_empty());
    let (still, moved) = desk.refresh(kind, "tables").await.unwrap();
    assert_eq!((still.state, moved), (State::Resubmitted, StateMove::Same));
    world.sandbox.skip(3 * DAY);
    let (approved, _) = desk.refresh(kind, "tables").await.unwrap();
    assert_eq!(approved.state, State::Approved);
    let error = desk.resubmit(&good).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    let causes: Vec<_> =
        desk.history(kind, "tables").await.unwrap().iter().map(|step| step.cause).collect();
    assert_eq!(causes.iter().filter(|cause| **cause == StepCause::Resubmitted).count(), 1);
}

#[tokio::test]
async fn what_is_deleted_frees_its_name_and_what_is_gone_is_noticed() {
    let world = World::new().await;
    for registrations in world.both() {
        let (desk, _) = desk(registrations.clone());
        let kind = RegistrationKind::TollFree;
        let form: RegistrationForm = world.toll_free("line").into();
        let Filing::New(first) = desk.submit(&form).await.unwrap() else { panic!("{form:?}") };
        let deleted = desk.delete(kind, "line").await.unwrap();
        assert_eq!((deleted.state, deleted.next_check), (State::Deleted, None));
        let Filing::New(second) = desk.submit(&form).await.unwrap() else { panic!("{form:?}") };
        assert_ne!(first.id, second.id);
        world.sandbox.skip(3 * DAY);
        desk.refresh(kind, "line").await.unwrap();
        registrations.delete_registration(&second.id).await.unwrap(); // behind the desk's back
        let (gone, moved) = desk.refresh(kind, "line").await.unwrap();
        assert_eq!((gone.state, moved), (State::Deleted, StateMove::To(State::Deleted)));
        let (gone, moved) = desk.refresh(kind, "line").await.unwrap();
        assert_eq!((gone.state, moved), (State::Deleted, StateMove::Same));
        let found = desk.submit(&form).await.unwrap();
        assert!(matches!(&found, Filing::Found(one) if one.state == State::Deleted), "{found:?}");
        assert_eq!(desk.withdraw(&form).await.unwrap(), None, "what is gone frees its name");
        assert!(matches!(desk.submit(&form).await.unwrap(), Filing::New(_)));
        let error = desk.withdraw(&form).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "what is there keeps it");
        let error = desk.refresh(kind, "nothing").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn a_file_keeps_it_all_over_a_restart() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let intents = anysms::intent::FileIntents::new(folder.path()).unwrap();
        let history = FileRegistrationHistory::new(folder.path().join("steps.jsonl")).unwrap();
        RegistrationDesk::new(world.plivo.clone(), Arc::new(intents), Arc::new(history))
    };
    let form: RegistrationForm = world.brand("club").into();
    let Filing::New(made) = open().submit(&form).await.unwrap() else { panic!("{form:?}") };
    let Filing::Found(found) = open().submit(&form).await.unwrap() else { panic!("{form:?}") };
    assert_eq!(found.id, made.id);
    world.sandbox.skip(3 * DAY);
    open().refresh(made.kind, "club").await.unwrap();
    let known = open().registration(made.kind, "club").await.unwrap().unwrap();
    assert_eq!((known.state, known.vendor_state.as_str()), (State::Approved, "COMPLETED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_submits() {
    let world = World::new().await;
    for registrations in world.both() {
        let (desk, _) = desk(registrations.clone());
        let desk = Arc::new(desk);
        let form: RegistrationForm = world.brand("club").into();
        let tries: Vec<_> = (0..16)
            .map(|_| {
                let (desk, form) = (desk.clone(), form.clone());
                tokio::spawn(async move { desk.submit(&form).await.unwrap() })
            })
            .collect();
        let mut new = 0;
        for tried in tries {
            new += usize::from(matches!(tried.await.unwrap(), Filing::New(_)));
        }
        assert!(new <= 1, "{new}");
        assert_eq!(
            registrations.list_registrations(RegistrationKind::Brand).await.unwrap().len(),
            1
        );
        let found = desk.submit(&form).await.unwrap();
        assert!(matches!(found, Filing::Found(_)), "{found:?}");
        let steps = desk.history(RegistrationKind::Brand, "club").await.unwrap();
        let known = anysms::registration::Registration::from_steps(&steps).unwrap();
        assert!(!known.state.is_final());
    }
}

#[tokio::test]
async fn what_has_to_be_mended_says_why_and_until_when_and_goes_on() {
    let world = World::new().await;
    for (which, word) in [(0, "REJECT"), (1, "UPDATE_REQUIRED")] {
        let (desk, _) = desk(world.both()[which].clone());
        let good = world.toll_free("line");
        let mut bad = good.clone();
        bad.summary = format!("{} {word}", bad.summary.as_str()).into();
        desk.submit(&bad.into()).await.unwrap();
        world.sandbox.skip(4 * DAY);
        let kind = RegistrationKind::TollFree;
        let (waits, _) = desk.refresh(kind, "line").await.unwrap();
        assert_eq!((waits.state, waits.reasons.len()), (State::ActionNeeded, 1), "{waits:?}");
        assert_eq!(waits.edit_until.is_some(), which == 0, "only Twilio says");
        assert!(waits.next_check.is_some(), "somebody may mend it at the console");
        let again = desk.resubmit(&good.into()).await.unwrap();
        assert_eq!((again.state, again.edit_until), (State::Resubmitted, None));
        world.sandbox.skip(4 * DAY);
        let (done, _) = desk.refresh(kind, "line").await.unwrap();
        assert_eq!((done.state, done.reasons.len()), (State::Approved, 0));
        let steps = desk.history(kind, "line").await.unwrap();
        let states: Vec<_> = steps.iter().map(|step| step.to).collect();
        let resubmitted = states.iter().position(|state| *state == State::Resubmitted).unwrap();
        assert_eq!(states[resubmitted - 1], State::ActionNeeded);
        assert!(
            steps.iter().any(|step| step.to == State::ActionNeeded && !step.reasons.is_empty())
        );
    }
}

#[tokio::test]
async fn a_change_before_the_decision_is_never_lost_in_silence() {
    let world = World::new().await;
    let twilio = world.both()[0].clone();
    let (desk, _) = desk(twilio.clone());
    let brand = world.brand("club").into();
    desk.submit(&brand).await.unwrap();
    let error = desk.resubmit(&brand).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Conflict, Outcome::NotSent));
    let mut form = world.toll_free("line");
    desk.submit(&form.clone().into()).await.unwrap();
    form.summary = "Something else is said here.".into();
    world.sandbox.inject_at("/Verifications/", When::Next(1), Fault::Refuse(500));
    let error = desk.resubmit(&form.clone().into()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(desk.unconfirmed().await.unwrap().len(), 1);
    let changed = desk.resubmit(&form.clone().into()).await.unwrap();
    assert_eq!(changed.state, State::Submitted);
    assert!(desk.unconfirmed().await.unwrap().is_empty());
    let path = ["v1", "Tollfree", "Verifications", changed.id.value()];
    let product = anysms::twilio::Product::Messaging;
    let shown =
        world.twilio.request(anysms::http::Method::GET, product, path).send().await.unwrap();
    let shown: serde_json::Value = shown.json().unwrap();
    assert_eq!(shown["use_case_summary"], "Something else is said here.");
    assert!(matches!(desk.submit(&form.into()).await.unwrap(), Filing::Found(_)), "the new form");
}
