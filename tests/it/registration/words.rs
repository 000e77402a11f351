//! Words of a provider that says anything, in any order: the history has lawful moves alone.

use std::sync::{Arc, Mutex};

use anysms::{
    AccountKey, ErrorKind, ProviderId,
    intent::MemoryIntents,
    registration::{
        BrandForm, MemoryRegistrationHistory, Registration, RegistrationDesk, RegistrationForm,
        RegistrationId, RegistrationKind, RegistrationReport, RegistrationState as State,
        Registrations, StateMove, StepCause,
    },
};
use proptest::prelude::*;

/// A provider that says what it is told to.
#[derive(Clone, Debug, Default)]
struct Parrot(Arc<Mutex<(String, Option<State>)>>);

impl Parrot {
    fn say(&self, word: &str, meaning: Option<State>) {
        *self.0.lock().unwrap() = (word.to_owned(), meaning);
    }

    fn report(&self) -> RegistrationReport {
        let (word, meaning) = self.0.lock().unwrap().clone();
        RegistrationReport::new(RegistrationId::new(RegistrationKind::Brand, "B1"), word, meaning)
    }
}

#[anysms::async_trait]
impl Registrations for Parrot {
    fn registrar(&self) -> AccountKey {
        AccountKey::new(ProviderId::from_static("parrot"), "acct-1".into())
    }
    async fn submit_registration(
        &self,
        _: &RegistrationForm,
    ) -> anysms::Result<RegistrationReport> {
        Ok(self.report())
    }
    async fn find_registration(
        &self,
        _: &RegistrationForm,
    ) -> anysms::Result<Option<RegistrationReport>> {
        Ok(None)
    }
    async fn fetch_registration(&self, _: &RegistrationId) -> anysms::Result<RegistrationReport> {
        Ok(self.report())
    }
    async fn list_registrations(
        &self,
        _: RegistrationKind,
    ) -> anysms::Result<Vec<RegistrationReport>> {
        Ok(vec![self.report()])
    }
    async fn resubmit_registration(
        &self,
        _: &RegistrationId,
        _: &RegistrationForm,
    ) -> anysms::Result<RegistrationReport> {
        Ok(self.report())
    }
    async fn delete_registration(&self, _: &RegistrationId) -> anysms::Result<()> {
        Ok(())
    }
}

fn desk(parrot: &Parrot) -> RegistrationDesk<Parrot> {
    let history = Arc::new(MemoryRegistrationHistory::new());
    RegistrationDesk::new(parrot.clone(), Arc::new(MemoryIntents::new()), history)
}

fn form() -> RegistrationForm {
    let mut form = BrandForm::new("club");
    form.profile = Some("p".to_owned());
    form.into()
}

#[tokio::test]
async fn a_word_that_is_not_known_moves_nothing_and_is_kept_once() {
    let parrot = Parrot::default();
    let desk = desk(&parrot);
    parrot.say("PENDING", Some(State::Submitted));
    desk.submit(&form()).await.unwrap();
    let kind = RegistrationKind::Brand;
    for (word, meaning, state, moved, steps) in [
        ("PENDING", Some(State::Submitted), State::Submitted, StateMove::Same, 2),
        ("DREAMING", None, State::Submitted, StateMove::Unknown, 3),
        ("DREAMING", None, State::Submitted, StateMove::Unknown, 3),
        ("APPROVED", Some(State::Approved), State::Approved, StateMove::To(State::Approved), 4),
        ("PENDING", Some(State::Submitted), State::Approved, StateMove::Late, 5),
        ("PENDING", Some(State::Submitted), State::Approved, StateMove::Late, 5),
        ("FAILED", Some(State::Rejected), State::Rejected, StateMove::To(State::Rejected), 6),
        ("APPROVED", Some(State::Approved), State::Rejected, StateMove::Late, 7),
        ("IN_REVIEW", Some(State::InReview), State::Rejected, StateMove::Late, 8),
    ] {
        parrot.say(word, meaning);
        let (known, did) = desk.refresh(kind, "club").await.unwrap();
        let kept = desk.history(kind, "club").await.unwrap();
        assert_eq!((known.state, did, kept.len()), (state, moved, steps), "{word}");
        assert_eq!(known.vendor_state, word);
    }
    let causes: Vec<_> =
        desk.history(kind, "club").await.unwrap().iter().map(|step| step.cause).collect();
    assert_eq!(causes[2], StepCause::UnknownWord);
    assert_eq!(causes[4], StepCause::LateWord);
    parrot.say("PENDING", Some(State::Submitted));
    assert_eq!(desk.resubmit(&form()).await.unwrap().state, State::Resubmitted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_history_is_of_lawful_moves(words in prop::collection::vec((0_usize..12, any::<bool>()), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let parrot = Parrot::default();
            let desk = desk(&parrot);
            parrot.say("PENDING", Some(State::Submitted));
            desk.submit(&form()).await.unwrap();
            for (word, again) in words {
                let meaning = State::ALL.get(word).copied();
                parrot.say(meaning.map_or("DREAMING", State::as_str), meaning);
                desk.refresh(RegistrationKind::Brand, "club").await.unwrap();
                if again {
                    drop(desk.resubmit(&form()).await);
                }
            }
            let steps = desk.history(RegistrationKind::Brand, "club").await.unwrap();
            for two in steps.windows(2) {
                assert_eq!(two[0].to, two[1].from, "no gap");
            }
            for step in &steps {
                assert!(step.from == step.to || step.from.may_become(step.to), "{step:?}");
            }
            let known = desk.registration(RegistrationKind::Brand, "club").await.unwrap().unwrap();
            assert_eq!(known.state, steps.last().unwrap().to);
            assert_eq!(Registration::from_steps(&steps), Some(known));
        });
    }
}

#[tokio::test]
async fn what_no_api_knows_is_followed_by_hand() {
    let parrot = Parrot::default();
    let desk = desk(&parrot);
    let (kind, name) = (RegistrationKind::ShortCode, "72345");
    let follow = async |to: State, note: &str| desk.follow(kind, name, to, note).await;
    assert_eq!(follow(State::InReview, "lease is paid").await.unwrap().state, State::InReview);
    follow(State::InReview, "first carrier is done").await.unwrap();
    follow(State::Active, "all carriers are done").await.unwrap();
    let error = follow(State::InReview, "again").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let notes: Vec<_> = desk
        .history(kind, name)
        .await
        .unwrap()
        .iter()
        .map(|step| step.reasons[0].text.to_string())
        .collect();
    let done = ["lease is paid", "first carrier is done", "all carriers are done"];
    assert_eq!(notes[1..], done);
    let (known, moved) = desk.refresh(kind, name).await.unwrap();
    assert_eq!((known.state, moved), (State::Active, StateMove::Same));
    follow(State::Deleted, "given back").await.unwrap();
    let anew = follow(State::Submitted, "leased once more").await.unwrap();
    assert_eq!((anew.state, desk.registrations().await.unwrap().len()), (State::Submitted, 1));
    let error = desk.follow(RegistrationKind::Brand, "x", State::Submitted, "").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let driver = anysms::registration::RegistrationDriver::new(Arc::new(desk));
    let later = anysms::Timestamp::now() + std::time::Duration::from_secs(86_400);
    assert!(driver.poll_at(later).await.unwrap().is_empty(), "nobody is asked");
}
