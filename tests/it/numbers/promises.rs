//! The promises of `Numbers`, held by every vendor.

use anysms::{
    ErrorKind, Outcome,
    number::Region,
    numbers::{
        HookMethod, InboundRoute, NumberCapabilities, NumberCategory, NumberQuery, NumberSearch,
        NumberSetup, OwnedNumber, Purchase, Release,
    },
    plivo::{Plivo, PlivoConfig},
};

use super::{Subject, both, mobile, usd};

async fn own(subject: &Subject, query: NumberQuery) -> Vec<OwnedNumber> {
    subject.numbers.list_numbers(&query).await.unwrap()
}

#[tokio::test]
async fn a_search_offers_what_was_asked_for_with_its_price_and_no_more() {
    let (_sandbox, subjects) = both().await;
    for subject in subjects {
        let (country, category, area) = subject.offer;
        for limit in [1, 19, 21, 45] {
            let search = NumberSearch::new(country, category).in_area(area).at_most(limit);
            let offered = subject.numbers.search(&search).await.unwrap();
            assert_eq!(offered.len(), limit, "{}", subject.name);
            for one in &offered {
                assert!(one.number.to_string().starts_with(&format!("+1{area}")));
                assert_eq!((one.country, one.category), (country, category));
                assert_eq!(one.price.first_month().unwrap().to_string(), subject.monthly);
                assert!(one.capabilities.sms && one.requirements.is_empty());
            }
            let mut numbers: Vec<_> = offered.iter().map(|one| one.number).collect();
            numbers.dedup();
            assert_eq!(numbers.len(), limit, "each once");
        }
        let search = NumberSearch::new(Region::GB, NumberCategory::TollFree)
            .able_to(NumberCapabilities::MMS.and_voice());
        let offered = subject.numbers.search(&search).await.unwrap();
        assert!(offered.iter().all(|one| one.category == NumberCategory::TollFree));
        assert_eq!(offered.len(), 20);
        assert_eq!(offered[0].price.first_month().unwrap().to_string(), "2.15 USD");
    }
}

#[tokio::test]
async fn a_number_is_bought_at_its_cap_and_is_the_accounts_then() {
    let (sandbox, subjects) = both().await;
    for subject in subjects {
        let (country, category, area) = subject.offer;
        let search = NumberSearch::new(country, category).in_area(area).at_most(2);
        let offered = subject.numbers.search(&search).await.unwrap();
        let before = own(&subject, NumberQuery::new()).await.len();
        let cap = subject.monthly.parse().unwrap();
        let bought = subject.numbers.buy(&offered[0].purchase(cap)).await.unwrap();
        assert_eq!(bought.number, offered[0].number, "{}", subject.name);
        assert_eq!(
            own(&subject, NumberQuery::of(bought.number)).await,
            std::slice::from_ref(&bought)
        );
        assert_eq!(own(&subject, NumberQuery::new()).await.len(), before + 1);
        assert_eq!(own(&subject, NumberQuery::new().at_most(1)).await.len(), 1);
        assert!(own(&subject, NumberQuery::of(offered[1].number)).await.is_empty());
        let next = subject.numbers.search(&search).await.unwrap();
        assert_eq!(next[0].number, offered[1].number, "it is on offer no more");
        let again = subject.numbers.buy(&offered[0].purchase(cap)).await.unwrap_err();
        assert_eq!(again.outcome(), Outcome::NotSent);
        let account = subject.numbers.numbers_account().id;
        let of_it = |used: &&anysms::sandbox::Used| used.account == account;
        let usage = sandbox.usage();
        assert_eq!(usage.iter().filter(of_it).map(|used| used.count).sum::<u64>(), 1);
    }
}

#[tokio::test]
async fn a_price_that_is_dearer_or_unknown_buys_nothing() {
    for vendor in 0..2 {
        let (sandbox, subjects) = both().await;
        let subject = &subjects[vendor];
        let dear = Purchase::new(mobile(120), usd("1.149999"));
        let euros = Purchase::new(mobile(120), "9 EUR".parse().unwrap());
        // A country for which the sandbox lists no prices of such numbers.
        let unknown = Purchase::new(mobile(120), usd("9")).in_country("IN".parse().unwrap());
        for (purchase, kinds) in [
            (dear, [ErrorKind::PolicyBlocked; 2]),
            (euros, [ErrorKind::PolicyBlocked; 2]),
            (unknown, [ErrorKind::PolicyBlocked, ErrorKind::NotFound]),
        ] {
            let error = subject.numbers.buy(&purchase).await.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (kinds[vendor], Outcome::NotSent));
        }
        assert!(sandbox.usage().is_empty());
        let price = subject.numbers.number_price(&Purchase::at_any_price(mobile(120))).await;
        assert_eq!(price.unwrap().first_month().unwrap().to_string(), "1.15 USD");
        subject.numbers.buy(&Purchase::new(mobile(120), usd("1.15"))).await.unwrap();
        let any = Purchase::at_any_price(mobile(121)).in_country("IN".parse().unwrap());
        subject.numbers.buy(&any).await.unwrap();
        assert_eq!(sandbox.usage().iter().map(|used| used.count).sum::<u64>(), 2);
    }
}

#[tokio::test]
async fn a_number_is_set_up_and_what_is_left_out_stays() {
    let (sandbox, subjects) = both().await;
    let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    let url = "https://example.com/sms?x=1".parse().unwrap();
    let application = plivo.create_application("inbox", &url, HookMethod::Get).await.unwrap();
    let known = plivo.applications().await.unwrap();
    assert!(known.iter().any(|one| one.id == application
        && one.name == "inbox"
        && one.inbound == Some((url.clone(), HookMethod::Get))));
    for (subject, route) in subjects.iter().zip([
        InboundRoute::Webhook(url.clone(), HookMethod::Get),
        InboundRoute::Application(application.clone()),
    ]) {
        let number = mobile(130);
        subject.numbers.buy(&Purchase::new(number, usd("2"))).await.unwrap();
        let read = || async { own(subject, NumberQuery::of(number)).await.remove(0) };
        let setup = NumberSetup::new().named("Club").routed_to(route.clone());
        subject.numbers.configure(number, &setup).await.unwrap();
        assert_eq!(read().await.name.as_deref(), Some("Club"));
        assert_eq!(read().await.inbound, Some(route.clone()));
        subject.numbers.configure(number, &NumberSetup::new().named("Hall")).await.unwrap();
        assert_eq!(read().await.inbound, Some(route), "it was left out");
        assert_eq!(own(subject, NumberQuery::new().named("Hall")).await.len(), 1);
        subject.numbers.configure(number, &NumberSetup::new().calling_nobody()).await.unwrap();
        assert_eq!(read().await.inbound, Some(InboundRoute::Nowhere));
        assert_eq!(read().await.name.as_deref(), Some("Hall"));
        for (number, setup, kind) in [
            (number, NumberSetup::new(), ErrorKind::InvalidRequest),
            (number, NumberSetup::new().named("x".repeat(65)), ErrorKind::InvalidRequest),
            (mobile(131), setup, ErrorKind::NotFound),
        ] {
            let error = subject.numbers.configure(number, &setup).await.unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (kind, Outcome::NotSent));
        }
    }
    plivo.delete_application(&application).await.unwrap();
}

#[tokio::test]
async fn a_number_is_released_only_by_its_own_name() {
    let (_sandbox, subjects) = both().await;
    for subject in subjects {
        let number = mobile(140);
        subject.numbers.buy(&Purchase::new(number, usd("2"))).await.unwrap();
        for typed in ["", "yes", "+447700900141", "07700 900140", "+44 7700 90014"] {
            let error = Release::confirm(number, typed).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{typed}");
            assert!(!error.to_string().contains("7700"));
        }
        let release = Release::confirm(number, " +44 7700 900140 ").unwrap();
        subject.numbers.release(&release).await.unwrap();
        assert!(own(&subject, NumberQuery::of(number)).await.is_empty());
        let error = subject.numbers.release(&release).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::NotFound, Outcome::NotSent));
    }
}
