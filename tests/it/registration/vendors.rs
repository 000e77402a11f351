//! What every provider of registrations promises, for each kind.

use std::time::Duration;

use anysms::{
    ErrorKind, Outcome,
    registration::{
        BrandType, RegistrationForm, RegistrationId, RegistrationKind, RegistrationState as State,
        Registrations,
    },
};

use super::World;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_registration_is_found_fetched_listed_decided_and_deleted() {
    let world = World::new().await;
    for registrations in world.both() {
        let provider = registrations.registrar().provider;
        for form in world.forms(&*registrations).await {
            let (kind, case) = (form.kind(), format!("{provider} {}", form.kind()));
            assert_eq!(registrations.find_registration(&form).await.unwrap(), None, "{case}");
            let before = registrations.list_registrations(kind).await.unwrap().len();
            let made = registrations.submit_registration(&form).await.unwrap();
            assert_eq!((made.meaning, made.id.kind()), (Some(State::Submitted), kind), "{case}");
            let found = registrations.find_registration(&form).await.unwrap().unwrap();
            assert_eq!(found.id, made.id, "{case}");
            let now = registrations.fetch_registration(&made.id).await.unwrap();
            assert!(
                matches!(now.meaning, Some(State::Submitted | State::InReview)),
                "{case}: {now:?}"
            );
            let all = registrations.list_registrations(kind).await.unwrap();
            assert_eq!(all.len(), before + 1, "{case}");
            assert!(all.iter().any(|one| one.id == made.id), "{case}");
            world.sandbox.skip(3 * DAY);
            let decided = registrations.fetch_registration(&made.id).await.unwrap();
            assert!(decided.meaning.unwrap().is_usable(), "{case}: {decided:?}");
            assert!(!decided.word.is_empty() && decided.reasons.is_empty(), "{case}");
            match registrations.delete_registration(&made.id).await {
                Ok(()) => {
                    let gone = registrations.fetch_registration(&made.id).await.unwrap_err();
                    assert_eq!(gone.kind(), ErrorKind::NotFound, "{case}");
                    let again = registrations.delete_registration(&made.id).await.unwrap_err();
                    assert_eq!(again.kind(), ErrorKind::NotFound, "{case}");
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Unsupported, "{case}");
                    assert_eq!(case, "twilio brand");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_rejection_says_why_and_may_be_mended_where_the_provider_allows_it() {
    let world = World::new().await;
    for registrations in world.both() {
        let provider = registrations.registrar().provider;
        let brand = registrations.submit_registration(&world.brand("third").into()).await.unwrap();
        let mut bad = world.campaign("bad", brand.id.value());
        bad.description = format!("{} REJECT", bad.description).into();
        let mut line = world.toll_free("line");
        line.summary = "REJECT".into();
        let mended = [
            RegistrationForm::from(world.campaign("bad", brand.id.value())),
            world.toll_free("line").into(),
        ];
        for (bad, good) in [RegistrationForm::from(bad), line.into()].into_iter().zip(mended) {
            let case = format!("{provider} {}", bad.kind());
            let made = registrations.submit_registration(&bad).await.unwrap();
            world.sandbox.skip(3 * DAY);
            let rejected = registrations.fetch_registration(&made.id).await.unwrap();
            assert!(
                matches!(rejected.meaning, Some(State::Rejected | State::ActionNeeded)),
                "{case}: {rejected:?}"
            );
            assert!(!rejected.reasons.is_empty(), "{case}");
            let again = registrations.resubmit_registration(&made.id, &good).await;
            if case == "plivo toll_free" {
                let error = again.unwrap_err(); // decided is decided
                assert_eq!(error.outcome(), Outcome::NotSent);
                continue;
            }
            assert_eq!(again.unwrap().id, made.id, "{case}");
            let now = registrations.fetch_registration(&made.id).await.unwrap();
            assert!(
                matches!(now.meaning, Some(State::Submitted | State::InReview)),
                "{case}: {now:?}"
            );
            world.sandbox.skip(3 * DAY);
            let decided = registrations.fetch_registration(&made.id).await.unwrap();
            assert!(decided.meaning.unwrap().is_usable(), "{case}: {decided:?}");
        }
    }
}

#[tokio::test]
async fn what_a_provider_needs_and_has_not_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    for (at, registrations) in world.both().into_iter().enumerate() {
        let brand = registrations.submit_registration(&world.brand("fourth").into()).await.unwrap();
        let mut forms: Vec<RegistrationForm> = Vec::new();
        let mut bare = world.brand("bare");
        if at == 0 {
            bare.messaging_profile = None
        } else {
            bare.profile = None
        }
        forms.push(bare.into());
        let mut bare = world.campaign("bare", brand.id.value());
        if at == 0 {
            bare.service = None
        } else {
            bare.vertical = None
        }
        forms.push(bare.into());
        let mut bare = world.toll_free("bare");
        if at == 0 {
            bare.number = None
        } else {
            bare.profile = None
        }
        forms.push(bare.into());
        let mut other = world.toll_free("bare");
        other.use_cases = vec!["LOW_VOLUME".to_owned()];
        forms.push(other.into());
        for form in forms {
            let error = registrations.submit_registration(&form).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.outcome(), error.status()),
                (ErrorKind::InvalidRequest, Outcome::NotSent, None),
                "{error}"
            );
            assert!(error.detail().contains(": "), "{error}");
        }
        let order = RegistrationId::new(RegistrationKind::ShortCode, "X1");
        for error in [
            registrations.fetch_registration(&order).await.unwrap_err(),
            registrations.delete_registration(&order).await.unwrap_err(),
            registrations.list_registrations(RegistrationKind::NumberOrder).await.unwrap_err(),
            registrations
                .resubmit_registration(&order, &world.brand("x").into())
                .await
                .unwrap_err(),
        ] {
            let refused = [ErrorKind::Unsupported, ErrorKind::InvalidRequest];
            assert!(refused.contains(&error.kind()), "{error}");
        }
        let other =
            registrations.resubmit_registration(&brand.id, &world.toll_free("x").into()).await;
        assert_eq!(other.unwrap_err().kind(), ErrorKind::InvalidRequest);
    }
    let twilios = RegistrationId::new(RegistrationKind::Campaign, "QE1");
    let error = world.twilio.fetch_registration(&twilios).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    // The account's own numbers alone can be verified.
    let mut stranger = world.toll_free("stranger");
    stranger.number = Some("+18885550199".parse().unwrap());
    let error =
        Registrations::submit_registration(&world.twilio, &stranger.into()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
    let mut brand = world.brand("x");
    brand.name = "fourth".to_owned();
    let known = Registrations::find_registration(&world.plivo, &brand.clone().into())
        .await
        .unwrap()
        .unwrap();
    let error = Registrations::resubmit_registration(&world.plivo, &known.id, &brand.into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_sole_proprietor_has_to_confirm_and_a_brand_is_found_by_its_profiles() {
    let world = World::new().await;
    let mut form = world.brand("alone");
    form.brand_type = BrandType::SoleProprietor;
    let made =
        Registrations::submit_registration(&world.twilio, &form.clone().into()).await.unwrap();
    world.sandbox.skip(DAY + DAY / 2);
    let waits = Registrations::fetch_registration(&world.twilio, &made.id).await.unwrap();
    assert_eq!((waits.word.as_str(), waits.meaning), ("APPROVED", Some(State::ActionNeeded)));
    assert_eq!(waits.reasons[0].code.as_deref(), Some("30752"));
    assert!(waits.edit_until.is_some());
    world.twilio.resend_brand_code(made.id.value()).await.unwrap();
    let nobody = format!("BN{}", "9".repeat(32));
    let error = world.twilio.resend_brand_code(&nobody).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    world.sandbox.skip(DAY);
    let done = Registrations::fetch_registration(&world.twilio, &made.id).await.unwrap();
    assert_eq!((done.meaning, done.edit_until), (Some(State::Approved), None));
    // Another name with the same profiles is the same brand; other profiles or another type are another.
    form.name = "another".to_owned();
    let same = Registrations::find_registration(&world.twilio, &form.clone().into())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(same.id, made.id);
    let mut other = form.clone();
    other.brand_type = BrandType::Standard;
    assert_eq!(Registrations::find_registration(&world.twilio, &other.into()).await.unwrap(), None);
    form.customer_profile = Some(format!("BU{}", "9".repeat(32)));
    assert_eq!(Registrations::find_registration(&world.twilio, &form.into()).await.unwrap(), None);
}

#[tokio::test]
async fn lists_of_several_pages_are_read_to_their_end() {
    let world = World::new().await;
    for n in 0..55 {
        let name = format!("brand-{n}");
        for registrations in world.both() {
            registrations.submit_registration(&world.brand(&name).into()).await.unwrap();
        }
    }
    for registrations in world.both() {
        assert_eq!(
            registrations.list_registrations(RegistrationKind::Brand).await.unwrap().len(),
            55
        );
        let first = registrations.find_registration(&world.brand("brand-0").into()).await.unwrap();
        assert!(first.is_some(), "the oldest is on the last page");
    }
    let profiles = world.plivo.profiles().await.unwrap();
    assert_eq!(profiles[0].profile_uuid.as_deref(), Some(world.profile.as_str()));
    world.plivo.delete_profile(&world.profile).await.unwrap();
    let error = world.plivo.profile(&world.profile).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn numbers_are_linked_to_a_campaign_of_plivos() {
    let world = World::new().await;
    let plivo = &world.plivo;
    let brand =
        Registrations::submit_registration(plivo, &world.brand("links").into()).await.unwrap();
    let form = world.campaign("links", brand.id.value()).into();
    let campaign = Registrations::submit_registration(plivo, &form).await.unwrap();
    let number = anysms::plivo::PlivoSandbox::NUMBER.parse().unwrap();
    plivo.link_numbers(campaign.id.value(), &[number]).await.unwrap();
    let linked = plivo.campaign_numbers(campaign.id.value()).await.unwrap();
    assert_eq!((linked[0].number, linked[0].status.as_str()), (number, "PROCESSING"));
    plivo.unlink_number(campaign.id.value(), number).await.unwrap();
    assert!(plivo.campaign_numbers(campaign.id.value()).await.unwrap().is_empty());
}
