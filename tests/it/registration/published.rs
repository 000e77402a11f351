//! Answers that Plivo publishes with its SDKs, read as they are.

use std::{fs, path::Path, sync::Arc};

use anysms::{
    Outcome,
    plivo::{Plivo, PlivoConfig},
    registration::{
        RegistrationId, RegistrationKind as Kind, RegistrationReport, RegistrationState as State,
        Registrations,
    },
    testing::ScriptedTransport,
};

fn plivo(status: u16, file: &str) -> Plivo {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/plivo").join(file);
    // A list has a second page, which is empty.
    let transport = ScriptedTransport::new().answer(status, fs::read_to_string(path).unwrap());
    let transport = transport.answer(200, "{}");
    let config = PlivoConfig::new("MA000000000000000001", "token");
    Plivo::with_transport(&config, Arc::new(transport)).unwrap()
}

async fn fetched(kind: Kind, file: &str) -> RegistrationReport {
    let id = RegistrationId::new(kind, "X1");
    plivo(200, file).fetch_registration(&id).await.unwrap()
}

#[tokio::test]
async fn brands_campaigns_and_numbers() {
    let brand = fetched(Kind::Brand, "10dlc.brand.get.json").await;
    assert_eq!((brand.id.value(), brand.meaning), ("BOZ5T2X", Some(State::Approved)));
    let client = plivo(200, "10dlc.campaign.list.json");
    let all = client.list_registrations(Kind::Campaign).await.unwrap();
    let states: Vec<_> = all.iter().map(|one| one.meaning).collect();
    let known = [State::Active, State::Rejected, State::Active, State::InReview, State::InReview];
    assert_eq!(states[..5], known.map(Some));
    let updated = fetched(Kind::Campaign, "10dlc.campaign.update.json").await;
    assert_eq!((updated.id.value(), updated.word.as_str()), ("CXNSG9W", "FAILED"));
    let client = plivo(200, "10dlc.campaign.numbers-list.json");
    let numbers = client.campaign_numbers("CRIGC80").await.unwrap();
    let words: Vec<_> = numbers.iter().map(|number| number.status.as_str()).collect();
    assert_eq!(words, ["PROCESSING", "COMPLETED"]);
    let mut form = anysms::registration::BrandForm::new("club");
    form.profile = Some("p".to_owned());
    let made = plivo(202, "10dlc.brand.create.json").submit_registration(&form.into()).await;
    let made = made.unwrap();
    assert_eq!((made.id.value(), made.meaning), ("B43KNAS", Some(State::Submitted)));
}

#[tokio::test]
async fn toll_free_verifications() {
    let number = fetched(Kind::TollFree, "tollfree-verification.get.json").await;
    assert_eq!((number.word.as_str(), number.meaning), ("REJECTED", Some(State::Rejected)));
    assert_eq!(number.reasons[0].text, "Demo Testing Sanity");
    assert!(number.created_at.is_some() && number.name.is_none());
    let client = plivo(200, "tollfree-verification.list.json");
    assert_eq!(client.list_registrations(Kind::TollFree).await.unwrap().len(), 2);
    // The newer of two of the same number.
    let mut form = anysms::registration::TollFreeForm::new("line");
    form.number = Some("+18449605287".parse().unwrap());
    let client = plivo(200, "tollfree-verification.list.json");
    let found = client.find_registration(&form.clone().into()).await.unwrap().unwrap();
    assert!(found.id.value().starts_with("312b3119"), "{found:?}");
    form.profile = Some("p".to_owned());
    form.use_cases = vec!["2FA".to_owned()];
    let client = plivo(201, "tollfree-verification.create.json");
    let made = client.submit_registration(&form.clone().into()).await.unwrap();
    assert_eq!(made.id.value(), "f19c4773-4ae6-4b75-92ea-9cf3ea4227d6");
    // An answer of another kind has no id of this one.
    let client = plivo(201, "10dlc.brand.create.json");
    let error = client.submit_registration(&form.into()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
}
