//! What is read from a store.

use std::{collections::HashSet, time::Duration};

use anysms::{
    Message, SmsProvider, Timestamp,
    message::{Address, Direction, Media, Money},
    suppression::{SuppressionList, SuppressionSource},
    webhook::{Authenticity, InboundMedia, InboundMessage},
};
use anysms_store::RecordExt;
use anysms_store::{Filter, Progress, Recorded, Retention, SuppressionScope};

use crate::{
    Backend,
    fake::{ACME, Fake, busy, news, remote},
    message, number,
};

fn stack(backend: &Backend) -> Recorded<Fake> {
    Fake::new().recorded(&backend.store).unwrap()
}

async fn keys(backend: &Backend, filter: &Filter) -> Vec<String> {
    let page = backend.store.entries(filter, 100, None).await.unwrap();
    page.items.iter().rev().map(|entry| entry.key.to_string()).collect()
}

pub(crate) async fn filters_find_what_they_say(backend: Backend) {
    let sms = stack(&backend);
    let to_america: Message =
        Message::new("+12025550123".parse::<anysms::PhoneNumber>().unwrap(), "Hello");
    for message in [
        message("a").with_tenant("clinic".parse().unwrap()).with_user("user-7"),
        message("b")
            .with_tenant("clinic".parse().unwrap())
            .with_campaign("spring")
            .with_tag("x")
            .with_tag("y"),
        message("c").with_tenant("garage".parse().unwrap()).with_campaign("spring").with_tag("y"),
        to_america.with_key("d".parse().unwrap()),
        message("e").with_sender("ACME".parse().unwrap()),
    ] {
        sms.send(&message).await.unwrap();
    }
    backend.store.record_status(&news(&remote(3), "delivered"), None).await.unwrap();
    let all = Filter::new;
    for (filter, expected) in [
        (all(), "a b c d e"),
        (all().with_tenant("clinic".parse().unwrap()), "a b"),
        (all().with_user("user-7"), "a"),
        (all().with_campaign("spring"), "b c"),
        (all().with_tenant("garage".parse().unwrap()).with_campaign("spring"), "c"),
        (all().with_tag("y"), "b c"),
        (all().with_tag("x"), "b"),
        (all().with_tag("z"), ""),
        (all().with_provider(ACME), "a b c d e"),
        (all().with_country("US".parse().unwrap()), "d"),
        (all().with_status(Progress::Delivered), "c"),
        (all().with_status(Progress::Accepted), "a b d e"),
        (all().with_direction(Direction::Inbound), ""),
        (all().with_remote(number(123)), "a b c e"),
        (all().with_local(Address::from_wire("ACME")), "e"),
        (all().with_words("HELLO!"), "d"),
        (all().with_words("table ready"), "a b c e"),
        (all().with_words("table rea"), ""),
        (all().with_since(Timestamp::now()), ""),
        (all().with_until(Timestamp::now() + Duration::from_secs(1)), "a b c d e"),
        (all().with_since(Timestamp::UNIX_EPOCH).with_campaign("spring"), "b c"),
    ] {
        assert_eq!(keys(&backend, &filter).await.join(" "), expected, "{filter:?}");
    }
}

pub(crate) async fn pages_go_through_all(backend: Backend) {
    let messages: Vec<Message> = (0..95).map(|n| message(&format!("k{n}"))).collect();
    backend.store.enqueue(&messages, None).await.unwrap();
    for filter in [Filter::new(), Filter::new().with_since(Timestamp::UNIX_EPOCH)] {
        let (mut seen, mut cursor, mut pages) = (HashSet::new(), None, 0);
        loop {
            let page = backend.store.entries(&filter, 10, cursor.as_ref()).await.unwrap();
            pages += 1;
            assert!(page.items.is_sorted_by(|a, b| a.id > b.id), "the latest first");
            for entry in &page.items {
                assert!(seen.insert(entry.key.clone()), "each once");
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!((seen.len(), pages), (95, 10));
    }
    let wrong = anysms::message::Cursor::new("x");
    let error = backend.store.entries(&Filter::new(), 10, Some(&wrong)).await.unwrap_err();
    assert_eq!(error.kind(), anysms::ErrorKind::InvalidRequest);
}

pub(crate) fn inbound(last: u32, id: u32, text: &str) -> InboundMessage {
    let to: Address = Address::from_wire("+15555550100");
    InboundMessage::new(remote(id), (number(last).into(), to), text.into(), Authenticity::Full)
}

pub(crate) async fn media_go_with_the_text(backend: Backend) {
    let url = || "https://example.com/plan.png".parse().unwrap();
    let sms = stack(&backend);
    sms.send(&message("a").with_media(Media::from_url(url()))).await.unwrap();
    backend.store.enqueue(&[message("b").with_media(Media::from_url(url()))], None).await.unwrap();
    let mut photo = inbound(124, 101, "");
    photo.media.push(InboundMedia::new(url(), None));
    backend.store.record_inbound(&photo, None).await.unwrap();
    let kept = async || {
        let page = backend.store.entries(&Filter::new(), 10, None).await.unwrap();
        page.items.iter().map(|entry| entry.media.len()).collect::<Vec<_>>()
    };
    assert_eq!(kept().await, [1, 1, 1]);
    let page = backend.store.entries(&Filter::new(), 10, None).await.unwrap();
    assert!(!format!("{:?}", page.items[0]).contains("plan"), "nothing personal leaks");
    backend.store.erase(number(124), &Retention::default()).await.unwrap();
    assert_eq!(kept().await, [0, 1, 1]);
    backend.store.erase(number(123), &Retention::default()).await.unwrap();
    assert_eq!(kept().await, [0, 0, 0]);
}

pub(crate) async fn messages_that_are_not_final_are_counted_by_their_sender(backend: Backend) {
    use anysms::{PhoneNumber, numbers::ReleaseCheck};

    let sms = stack(&backend);
    let (own, other): (PhoneNumber, PhoneNumber) =
        ("+15555550100".parse().unwrap(), "+15555550101".parse().unwrap());
    let from = |key: &str, own: PhoneNumber| message(key).with_sender(own.into());
    for key in ["a", "b", "c"] {
        sms.send(&from(key, own)).await.unwrap();
    }
    sms.send(&from("d", other)).await.unwrap();
    backend.store.enqueue(&[from("e", own)], None).await.unwrap();
    let open = async |number| {
        let check: &dyn ReleaseCheck = &backend.store;
        check.unfinished(number, Timestamp::UNIX_EPOCH).await.unwrap()
    };
    assert_eq!((open(own).await, open(other).await), (4, 1));
    for (call, word) in [(1, "delivered"), (2, "undelivered 30003"), (3, "sent")] {
        backend.store.record_status(&news(&remote(call), word), None).await.unwrap();
    }
    assert_eq!((open(own).await, open(other).await), (2, 1), "c is on its way, e waits");
    let later = Timestamp::now() + Duration::from_secs(1);
    assert_eq!(backend.store.unfinished(own, later).await.unwrap(), 0);
}

pub(crate) async fn threads_unread_and_search(backend: Backend) {
    let sms = stack(&backend);
    let local = || "+15555550100".parse().unwrap();
    sms.send(&message("a").with_sender(local())).await.unwrap();
    for (last, id, text) in
        [(123, 101, "Thank you!"), (123, 102, "Can I bring a dog?"), (124, 103, "")]
    {
        backend
            .store
            .record_inbound(&inbound(last, id, text), Some(&"clinic".parse().unwrap()))
            .await
            .unwrap();
    }
    backend
        .store
        .record_inbound(&inbound(123, 102, "Can I bring a dog?"), Some(&"clinic".parse().unwrap()))
        .await
        .unwrap();
    let thread =
        Filter::new().with_remote(number(123)).with_local(Address::from_wire("+15555550100"));
    let page = backend.store.entries(&thread, 10, None).await.unwrap();
    let ways: Vec<_> = page.items.iter().map(|entry| entry.direction).collect();
    assert_eq!(ways, [Direction::Inbound, Direction::Inbound, Direction::Outbound], "each once");
    let unread = Filter::new().with_tenant("clinic".parse().unwrap()).unread();
    let page = backend.store.entries(&unread, 10, None).await.unwrap();
    assert_eq!(page.items.len(), 3);
    let ids: Vec<_> = page.items.iter().take(2).map(|entry| entry.id).collect();
    assert_eq!(backend.store.mark_read(&ids).await.unwrap(), 2);
    assert_eq!(backend.store.mark_read(&ids).await.unwrap(), 0);
    assert_eq!(backend.store.entries(&unread, 10, None).await.unwrap().items.len(), 1);
    let dogs = Filter::new().with_words("dog bring");
    assert_eq!(backend.store.entries(&dogs, 10, None).await.unwrap().items.len(), 1);
}

/// Runs of letters and digits, in whatever script and whatever a database takes for one word.
pub(crate) async fn words_of_every_script_are_found(backend: Backend) {
    let sms = stack(&backend);
    let texts = ["สวัสดี ทุกคน", "नमस्ते दुनिया", "Ваш стол", "Zoë's café", "您的桌子"];
    for (key, text) in ["a", "b", "c", "d", "e"].into_iter().zip(texts) {
        sms.send(&Message::new(number(123), text).with_key(key.parse().unwrap())).await.unwrap();
    }
    for (words, expected) in [
        ("สวัสดี", "a"),
        ("दुनिया नमस्ते", "b"),
        ("ваш СТОЛ", "c"),
        ("zoë", "d"),
        ("CAFÉ", "d"),
        ("您的桌子", "e"),
        ("\"", "a b c d e"),
        ("caf", ""),
    ] {
        let found = keys(&backend, &Filter::new().with_words(words)).await;
        assert_eq!(found.join(" "), expected, "{words}");
    }
}

pub(crate) async fn no_tenant_is_a_tenant_too(backend: Backend) {
    let sms = stack(&backend);
    sms.send(&message("a")).await.unwrap();
    assert!(sms.send(&message("a")).await.unwrap().earlier);
    sms.send(&message("b").with_tenant("clinic".parse().unwrap())).await.unwrap();
    backend.store.record_inbound(&inbound(124, 101, "Yes"), None).await.unwrap();
    let none = Filter::new().without_tenant();
    let found = keys(&backend, &none).await;
    assert_eq!((found.len(), found[0].as_str()), (2, "a"));
    assert!(backend.store.history(None, message("a").key()).await.unwrap().is_some());
    assert_eq!(keys(&backend, &none.unread()).await.len(), 1);
}

pub(crate) async fn reports_add_up(backend: Backend) {
    let price = |amount: &str| -> Money { format!("{amount} USD").parse().unwrap() };
    let estimate = price("0.04");
    let sms = stack(&backend).with_price(move |_| Some(estimate));
    for number in 1..=100 {
        sms.send(&message(&format!("k{number}")).with_tenant("clinic".parse().unwrap()))
            .await
            .unwrap();
        let word = match number {
            1..=80 => "delivered",
            81..=85 => "undelivered 30003",
            86..=90 => "failed 30007",
            _ => "sent",
        };
        let mut update = news(&remote(number), word);
        if number <= 50 {
            update.price = Some(price("0.0075"));
        }
        update.segments = Some(2);
        let accepted = backend
            .store
            .history(Some(&"clinic".parse().unwrap()), message(&format!("k{number}")).key())
            .await;
        let accepted = accepted.unwrap().unwrap().entry.accepted_at.unwrap();
        update.at = Some(accepted + Duration::from_millis(u64::from(number) * 1_000 + 7));
        backend.store.record_status(&update, None).await.unwrap();
    }
    let failing = Fake::failing(1, &busy()).recorded(&backend.store).unwrap();
    failing.send(&message("never").with_tenant("clinic".parse().unwrap())).await.unwrap_err();
    sms.send(&message("other")).await.unwrap();
    let clinic =
        Filter::new().with_tenant("clinic".parse().unwrap()).with_since(Timestamp::UNIX_EPOCH);
    let report = backend.store.delivery_stats(&clinic).await.unwrap();
    assert_eq!((report.messages(), report.delivered()), (101, 80));
    assert_eq!(report.count(Progress::Sent), 10);
    assert_eq!(report.count(Progress::Failed), 6);
    assert_eq!(
        (report.refused, report.delivery_rate()),
        (1, Some(80.0 / 90.0)),
        "of those that were taken"
    );
    let codes: Vec<_> = report.failures.iter().map(|(f, n)| (f.code.as_str(), *n)).collect();
    assert_eq!(codes, [("30003", 5), ("30007", 5), ("rate_limited", 1)]);
    let times = report.time_to_deliver.unwrap();
    let times = [times.p50, times.p95, times.p99];
    assert_eq!(times, [40, 76, 80].map(Duration::from_secs));
    let usage = backend.store.usage(&clinic).await.unwrap();
    assert_eq!((usage.messages(), usage.segments()), (100, 200));
    let estimated: anysms::Decimal = usage.rows.iter().map(|row| row.estimated).sum();
    let actual: anysms::Decimal = usage.rows.iter().map(|row| row.actual).sum();
    assert_eq!((estimated, actual), ("4".parse().unwrap(), "0.375".parse().unwrap()));
    assert_eq!(usage.rows.iter().map(|row| row.priced).sum::<u64>(), 50);
    assert!(usage.rows.iter().all(|row| row.country.unwrap().as_str() == "GB"));
}

pub(crate) async fn opt_outs_have_scopes(backend: Backend) {
    let store = &backend.store;
    let clinic = SuppressionScope::all().with_tenant("clinic".parse().unwrap());
    let garage = SuppressionScope::all().with_tenant("garage".parse().unwrap());
    store.suppress(number(123), clinic.clone(), SuppressionSource::Keyword).await.unwrap();
    store.suppress(number(123), clinic.clone(), SuppressionSource::Manual).await.unwrap();
    store
        .suppress(number(124), SuppressionScope::all(), SuppressionSource::Provider)
        .await
        .unwrap();
    let list = |scope: &SuppressionScope| store.suppression_list(scope.clone());
    assert_eq!(list(&clinic).find(number(123)).await.unwrap(), Some(SuppressionSource::Manual));
    assert_eq!(list(&garage).find(number(123)).await.unwrap(), None);
    assert_eq!(list(&garage).find(number(124)).await.unwrap(), Some(SuppressionSource::Provider));
    store.unsuppress(number(123), clinic.clone(), SuppressionSource::Provider).await.unwrap();
    assert!(list(&clinic).find(number(123)).await.unwrap().is_some(), "a greater source stays");
    store.unsuppress(number(123), clinic.clone(), SuppressionSource::Manual).await.unwrap();
    assert!(list(&clinic).find(number(123)).await.unwrap().is_none());
    list(&garage).insert(number(125), SuppressionSource::Keyword).await.unwrap();
    let all = store.suppressions(None, 10).await.unwrap();
    let found: Vec<_> = all
        .iter()
        .map(|one| (one.number, one.scope.tenant.as_ref().map(|one| one.as_str())))
        .collect();
    assert_eq!(found, [(number(124), None), (number(125), Some("garage"))]);
    assert_eq!(store.suppressions(Some(number(124)), 10).await.unwrap().len(), 1);
    // A page ends between two numbers, not within one.
    for scope in [clinic, SuppressionScope::all().with_sender(Address::from_wire("ACME"))] {
        store.suppress(number(124), scope, SuppressionSource::Keyword).await.unwrap();
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.suppressions(after, 1).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.number);
        found.push(page.len());
    }
    assert_eq!(found, [3, 1]);
    assert!(!format!("{:?}", store.suppressions(None, 10).await.unwrap()).contains("900124"));
}
