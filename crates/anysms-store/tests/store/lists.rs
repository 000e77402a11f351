//! What is read from a log.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anysms::{
    Message, SmsProvider, Timestamp,
    layers::{LayerExt, Recorded},
    log::{LogFilter, LogStatus, OptOutScope, Retention, ScopedOptOuts},
    message::{Address, Direction, Media, Money},
    suppression::{OptOutSource, OptOuts},
    webhook::{Authenticity, InboundMedia, InboundMessage},
};

use crate::{
    Home,
    fake::{ACME, Fake, busy, news, remote},
    message, number,
};

fn stack(home: &Home) -> Recorded<Fake> {
    Fake::new().recorded(home.log.clone()).unwrap()
}

async fn keys(home: &Home, filter: &LogFilter) -> Vec<String> {
    let page = home.log.entries(filter, 100, None).await.unwrap();
    page.items.iter().rev().map(|entry| entry.key.to_string()).collect()
}

pub(crate) async fn filters_find_what_they_say(home: Home) {
    let sms = stack(&home);
    let to_america: Message = Message::new("+12025550123".parse().unwrap(), "Hello");
    for message in [
        message("a").with_organisation("clinic").with_user("user-7"),
        message("b")
            .with_organisation("clinic")
            .with_campaign("spring")
            .with_tag("x")
            .with_tag("y"),
        message("c").with_organisation("garage").with_campaign("spring").with_tag("y"),
        to_america.with_key("d".parse().unwrap()),
        message("e").with_sender("ACME".parse().unwrap()),
    ] {
        sms.send(&message).await.unwrap();
    }
    home.log.record_status(&news(&remote(3), "delivered"), None).await.unwrap();
    let all = LogFilter::new;
    for (filter, expected) in [
        (all(), "a b c d e"),
        (all().with_organisation("clinic"), "a b"),
        (all().with_user("user-7"), "a"),
        (all().with_campaign("spring"), "b c"),
        (all().with_organisation("garage").with_campaign("spring"), "c"),
        (all().with_tag("y"), "b c"),
        (all().with_tag("x"), "b"),
        (all().with_tag("z"), ""),
        (all().with_provider(ACME), "a b c d e"),
        (all().with_country("US".parse().unwrap()), "d"),
        (all().with_status(LogStatus::Delivered), "c"),
        (all().with_status(LogStatus::Accepted), "a b d e"),
        (all().with_direction(Direction::Inbound), ""),
        (all().with_theirs(number(123)), "a b c e"),
        (all().with_ours(Address::from_wire("ACME")), "e"),
        (all().with_words("HELLO!"), "d"),
        (all().with_words("table ready"), "a b c e"),
        (all().with_words("table rea"), ""),
        (all().with_since(Timestamp::now()), ""),
        (all().with_until(Timestamp::now() + Duration::from_secs(1)), "a b c d e"),
        (all().with_since(Timestamp::UNIX_EPOCH).with_campaign("spring"), "b c"),
    ] {
        assert_eq!(keys(&home, &filter).await.join(" "), expected, "{filter:?}");
    }
}

pub(crate) async fn pages_go_through_all(home: Home) {
    let messages: Vec<Message> = (0..95).map(|n| message(&format!("k{n}"))).collect();
    home.log.enqueue(&messages, None).await.unwrap();
    for filter in [LogFilter::new(), LogFilter::new().with_since(Timestamp::UNIX_EPOCH)] {
        let (mut seen, mut cursor, mut pages) = (HashSet::new(), None, 0);
        loop {
            let page = home.log.entries(&filter, 10, cursor.as_ref()).await.unwrap();
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
    let error = home.log.entries(&LogFilter::new(), 10, Some(&wrong)).await.unwrap_err();
    assert_eq!(error.kind(), anysms::ErrorKind::InvalidRequest);
}

pub(crate) fn inbound(last: u32, id: u32, text: &str) -> InboundMessage {
    let to: Address = Address::from_wire("+15555550100");
    InboundMessage::new(remote(id), (number(last).into(), to), text.into(), Authenticity::Full)
}

pub(crate) async fn media_go_with_the_text(home: Home) {
    let url = || "https://example.com/plan.png".parse().unwrap();
    let sms = stack(&home);
    sms.send(&message("a").with_media(Media::from_url(url()))).await.unwrap();
    home.log.enqueue(&[message("b").with_media(Media::from_url(url()))], None).await.unwrap();
    let mut photo = inbound(124, 101, "");
    photo.media.push(InboundMedia::new(url(), None));
    home.log.record_inbound(&photo, None).await.unwrap();
    let kept = async || {
        let page = home.log.entries(&LogFilter::new(), 10, None).await.unwrap();
        page.items.iter().map(|entry| entry.media.len()).collect::<Vec<_>>()
    };
    assert_eq!(kept().await, [1, 1, 1]);
    let page = home.log.entries(&LogFilter::new(), 10, None).await.unwrap();
    assert!(!format!("{:?}", page.items[0]).contains("plan"), "nothing personal leaks");
    home.log.erase(number(124), &Retention::default()).await.unwrap();
    assert_eq!(kept().await, [0, 1, 1]);
    home.log.erase(number(123), &Retention::default()).await.unwrap();
    assert_eq!(kept().await, [0, 0, 0]);
}

pub(crate) async fn threads_unread_and_search(home: Home) {
    let sms = stack(&home);
    let ours = || "+15555550100".parse().unwrap();
    sms.send(&message("a").with_sender(ours())).await.unwrap();
    for (last, id, text) in
        [(123, 101, "Thank you!"), (123, 102, "Can I bring a dog?"), (124, 103, "")]
    {
        home.log.record_inbound(&inbound(last, id, text), Some("clinic")).await.unwrap();
    }
    home.log
        .record_inbound(&inbound(123, 102, "Can I bring a dog?"), Some("clinic"))
        .await
        .unwrap();
    let thread =
        LogFilter::new().with_theirs(number(123)).with_ours(Address::from_wire("+15555550100"));
    let page = home.log.entries(&thread, 10, None).await.unwrap();
    let ways: Vec<_> = page.items.iter().map(|entry| entry.direction).collect();
    assert_eq!(ways, [Direction::Inbound, Direction::Inbound, Direction::Outbound], "each once");
    let unread = LogFilter::new().with_organisation("clinic").unread();
    let page = home.log.entries(&unread, 10, None).await.unwrap();
    assert_eq!(page.items.len(), 3);
    let ids: Vec<_> = page.items.iter().take(2).map(|entry| entry.id).collect();
    assert_eq!(home.log.mark_read(&ids).await.unwrap(), 2);
    assert_eq!(home.log.mark_read(&ids).await.unwrap(), 0);
    assert_eq!(home.log.entries(&unread, 10, None).await.unwrap().items.len(), 1);
    let dogs = LogFilter::new().with_words("dog bring");
    assert_eq!(home.log.entries(&dogs, 10, None).await.unwrap().items.len(), 1);
}

/// Runs of letters and digits, in whatever script and whatever a database takes for one word.
pub(crate) async fn words_of_every_script_are_found(home: Home) {
    let sms = stack(&home);
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
        let found = keys(&home, &LogFilter::new().with_words(words)).await;
        assert_eq!(found.join(" "), expected, "{words}");
    }
}

pub(crate) async fn a_name_that_is_empty_is_none(home: Home) {
    let sms = stack(&home);
    sms.send(&message("a").with_organisation("")).await.unwrap();
    assert!(sms.send(&message("a")).await.unwrap().earlier);
    sms.send(&message("b").with_organisation("clinic")).await.unwrap();
    home.log.record_inbound(&inbound(124, 101, "Yes"), Some("")).await.unwrap();
    let none = LogFilter::new().with_organisation("");
    let found = keys(&home, &none).await;
    assert_eq!((found.len(), found[0].as_str()), (2, "a"));
    assert!(home.log.history(Some(""), message("a").key()).await.unwrap().is_some());
    assert_eq!(keys(&home, &none.unread()).await.len(), 1);
}

pub(crate) async fn reports_add_up(home: Home) {
    let price = |amount: &str| -> Money { format!("{amount} USD").parse().unwrap() };
    let estimate = price("0.04");
    let sms = stack(&home).with_price(move |_| Some(estimate));
    for number in 1..=100 {
        sms.send(&message(&format!("k{number}")).with_organisation("clinic")).await.unwrap();
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
        let accepted = home.log.history(Some("clinic"), message(&format!("k{number}")).key()).await;
        let accepted = accepted.unwrap().unwrap().entry.accepted_at.unwrap();
        update.at = Some(accepted + Duration::from_millis(u64::from(number) * 1_000 + 7));
        home.log.record_status(&update, None).await.unwrap();
    }
    let failing = Fake::failing(1, &busy()).recorded(home.log.clone()).unwrap();
    failing.send(&message("never").with_organisation("clinic")).await.unwrap_err();
    sms.send(&message("other")).await.unwrap();
    let clinic = LogFilter::new().with_organisation("clinic").with_since(Timestamp::UNIX_EPOCH);
    let report = home.log.delivery_report(&clinic).await.unwrap();
    assert_eq!((report.messages(), report.delivered()), (101, 80));
    assert_eq!(report.count(LogStatus::Sent), 10);
    assert_eq!(report.count(LogStatus::Failed), 6);
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
    let usage = home.log.usage(&clinic).await.unwrap();
    assert_eq!((usage.messages(), usage.segments()), (100, 200));
    let estimated: anysms::Decimal = usage.rows.iter().map(|row| row.estimated).sum();
    let actual: anysms::Decimal = usage.rows.iter().map(|row| row.actual).sum();
    assert_eq!((estimated, actual), ("4".parse().unwrap(), "0.375".parse().unwrap()));
    assert_eq!(usage.rows.iter().map(|row| row.priced).sum::<u64>(), 50);
    assert!(usage.rows.iter().all(|row| row.country.unwrap().as_str() == "GB"));
}

pub(crate) async fn opt_outs_have_scopes(home: Home) {
    let log = &home.log;
    let clinic = OptOutScope::all().with_organisation("clinic");
    let garage = OptOutScope::all().with_organisation("garage");
    log.opt_out(number(123), clinic.clone(), OptOutSource::Keyword).await.unwrap();
    log.opt_out(number(123), clinic.clone(), OptOutSource::Manual).await.unwrap();
    log.opt_out(number(124), OptOutScope::all(), OptOutSource::Provider).await.unwrap();
    let list = |scope: &OptOutScope| ScopedOptOuts::new(Arc::clone(log), scope.clone());
    assert_eq!(list(&clinic).find(number(123)).await.unwrap(), Some(OptOutSource::Manual));
    assert_eq!(list(&garage).find(number(123)).await.unwrap(), None);
    assert_eq!(list(&garage).find(number(124)).await.unwrap(), Some(OptOutSource::Provider));
    log.opt_in(number(123), clinic.clone(), OptOutSource::Provider).await.unwrap();
    assert!(list(&clinic).find(number(123)).await.unwrap().is_some(), "a greater source stays");
    log.opt_in(number(123), clinic.clone(), OptOutSource::Manual).await.unwrap();
    assert!(list(&clinic).find(number(123)).await.unwrap().is_none());
    list(&garage).insert(number(125), OptOutSource::Keyword).await.unwrap();
    let all = log.opt_outs(None, 10).await.unwrap();
    let found: Vec<_> =
        all.iter().map(|one| (one.number, one.scope.organisation.as_deref())).collect();
    assert_eq!(found, [(number(124), None), (number(125), Some("garage"))]);
    assert_eq!(log.opt_outs(Some(number(124)), 10).await.unwrap().len(), 1);
    // A page ends between two numbers, not within one.
    for scope in [clinic, OptOutScope::all().with_sender(Address::from_wire("ACME"))] {
        log.opt_out(number(124), scope, OptOutSource::Keyword).await.unwrap();
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = log.opt_outs(after, 1).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.number);
        found.push(page.len());
    }
    assert_eq!(found, [3, 1]);
    assert!(!format!("{:?}", log.opt_outs(None, 10).await.unwrap()).contains("900124"));
}
