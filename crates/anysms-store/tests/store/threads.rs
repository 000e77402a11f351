//! Threads: what messages make of them, and what people do. `ANYSMS_THREADS=1000000` fills so many messages into the
//! campaign.

use std::time::{Duration, Instant};

use anysms::{
    ErrorKind, Message, SmsProvider, TenantId, Timestamp,
    message::{Address, Cursor, Direction, MessageKey},
    webhook::{Authenticity, InboundMessage},
};
use anysms_store::{
    Enqueued, Filter, MessageStore, Progress, RecordExt, Retention, StorePolicy, TablePrefix,
    Thread, ThreadFilter, ThreadId, ThreadState,
};
use sqlx::{AssertSqlSafe, Executor};

use crate::{
    Backend,
    databases::connect,
    fake::{Fake, news, remote},
    message, number, postgres,
};

const LOCAL: &str = "+15555550100";

fn local() -> Address {
    Address::from_wire(LOCAL)
}

fn key(text: &str) -> MessageKey {
    text.parse().unwrap()
}

fn clinic() -> TenantId {
    "clinic".parse().unwrap()
}

fn outbound(last: u32, name: &str) -> Message {
    let message = Message::new(number(last), format!("About {name}")).with_key(key(name));
    message.with_sender(LOCAL.parse().unwrap())
}

fn inbound(last: u32, id: u32, text: &str) -> InboundMessage {
    InboundMessage::new(remote(id), (number(last).into(), local()), text.into(), Authenticity::Full)
}

async fn thread(store: &MessageStore, last: u32) -> Option<Thread> {
    store.thread(None, Some(&local()), &number(last).into()).await.unwrap()
}

async fn list(store: &MessageStore, filter: &ThreadFilter) -> Vec<u32> {
    let page = store.threads(filter, 50, None).await.unwrap();
    let last = |thread: &Thread| {
        let remote = thread.remote.to_string();
        remote[remote.len() - 3..].parse().unwrap()
    };
    page.items.iter().map(last).collect()
}

/// Compares every thread with what a rebuild makes of the messages.
async fn is_as_rebuilt(store: &MessageStore) {
    let all = || async { store.threads(&ThreadFilter::new(), 1_000, None).await.unwrap().items };
    let before = all().await;
    store.rebuild_threads(None).await.unwrap();
    assert_eq!(before, all().await);
}

pub(crate) async fn both_directions_are_one_thread(backend: Backend) {
    let store = &backend.store;
    let sms = Fake::new().recorded(store).unwrap();
    sms.send(&outbound(1, "a")).await.unwrap();
    let first = thread(store, 1).await.unwrap();
    assert_eq!((first.unread, first.state), (0, ThreadState::Open));
    assert_eq!((first.last.direction, first.closed_at), (Direction::Outbound, None));
    assert_eq!(first.last.text.as_deref(), Some("About a"));
    store.record_status(&news(&remote(1), "delivered"), None).await.unwrap();
    assert_eq!(thread(store, 1).await.unwrap().last.status, Some(Progress::Delivered));

    let came = inbound(1, 101, "Thanks");
    for new in [true, false, false] {
        assert_eq!(store.record_inbound(&came, None).await.unwrap().is_some(), new);
        let now = thread(store, 1).await.unwrap();
        assert_eq!((now.id, now.unread), (first.id, 1), "a redelivery counts once");
        assert_eq!((now.last.direction, now.last.status), (Direction::Inbound, None));
        assert_eq!(now.last.text.as_deref(), Some("Thanks"));
        assert_eq!(now.opened_at, first.opened_at);
    }
    store.enqueue(&[outbound(1, "b"), outbound(2, "c"), outbound(2, "d")], None).await.unwrap();
    let messages = store.thread_messages(first.id, 50, None).await.unwrap().items;
    let texts: Vec<_> = messages.iter().map(|one| one.text.as_deref().unwrap()).collect();
    assert_eq!(texts, ["About b", "Thanks", "About a"]);
    assert_eq!(store.thread_by_id(first.id).await.unwrap().unwrap().last.entry, messages[0].id);

    // Another tenant's messages between the same addresses are another thread.
    store.record_inbound(&inbound(1, 102, "Hello"), Some(&clinic())).await.unwrap();
    let other = store.thread(Some(&clinic()), Some(&local()), &number(1).into()).await.unwrap();
    assert_ne!(other.unwrap().id, first.id);
    assert!(thread(store, 3).await.is_none());
    is_as_rebuilt(store).await;
}

pub(crate) async fn a_sender_or_a_pool_or_none_is_the_local_end(backend: Backend) {
    let store = &backend.store;
    let pool = "MG00000000000000000000000000000001";
    let none = message("none");
    let pooled = message("pool").with_sender(pool.parse().unwrap());
    store.enqueue(&[none, pooled, outbound(123, "number")], None).await.unwrap();
    let filter = ThreadFilter::new().with_remote(number(123));
    let threads = store.threads(&filter, 50, None).await.unwrap().items;
    let local: Vec<_> =
        threads.iter().map(|one| one.local.as_ref().map(ToString::to_string)).collect();
    assert_eq!(local, [Some(LOCAL.to_owned()), Some(pool.to_owned()), None]);
    for (at, thread) in threads.iter().enumerate() {
        store.reply(thread.id, "Yes", &key(&format!("answer-{at}"))).await.unwrap();
        let last = store.thread_messages(thread.id, 1, None).await.unwrap().items.remove(0);
        assert_eq!((last.local, last.text.as_deref()), (thread.local.clone(), Some("Yes")));
    }
    assert_eq!(store.threads(&filter, 50, None).await.unwrap().items.len(), 3);
    is_as_rebuilt(store).await;
}

pub(crate) async fn many_first_messages_at_once_are_one_thread(backend: Backend) {
    let tasks: Vec<_> = (0..64_u32)
        .map(|n| {
            let store = backend.store.clone();
            tokio::spawn(async move {
                if n % 2 == 0 {
                    store.record_inbound(&inbound(1, n, "Hello"), None).await.unwrap();
                    // The provider calls again before it has heard the answer.
                    store.record_inbound(&inbound(1, n, "Hello"), None).await.unwrap();
                } else {
                    let many = [outbound(1, &format!("k{n}")), outbound(2, &format!("l{n}"))];
                    store.enqueue(&many, None).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let store = &backend.store;
    let threads = store.threads(&ThreadFilter::new(), 50, None).await.unwrap().items;
    assert_eq!(threads.len(), 2);
    let first = thread(store, 1).await.unwrap();
    assert_eq!(first.unread, 32);
    let messages = store.thread_messages(first.id, 100, None).await.unwrap().items;
    assert_eq!((messages.len(), messages[0].id), (64, first.last.entry));
    assert_eq!(store.mark_thread_read(first.id).await.unwrap(), 32);
    is_as_rebuilt(store).await;
}

pub(crate) async fn reading_counts_each_message_once(backend: Backend) {
    let store = &backend.store;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.extend(store.record_inbound(&inbound(1, n, "Hello"), None).await.unwrap());
    }
    store.record_inbound(&inbound(2, 9, "Hello"), None).await.unwrap();
    assert_eq!(store.mark_read(&ids[..2]).await.unwrap(), 2);
    assert_eq!(store.mark_read(&ids[..3]).await.unwrap(), 1);
    let one = thread(store, 1).await.unwrap();
    assert_eq!(one.unread, 2);
    assert_eq!(list(store, &ThreadFilter::new().unread()).await, [2, 1]);
    assert_eq!(store.mark_thread_read(one.id).await.unwrap(), 2);
    assert_eq!(store.mark_thread_read(one.id).await.unwrap(), 0);
    assert_eq!(list(store, &ThreadFilter::new().without_tenant().unread()).await, [2]);
    let unread = store.entries(&Filter::new().unread(), 50, None).await.unwrap().items;
    assert_eq!(unread.len(), 1, "the messages are read, too");
    store.record_inbound(&inbound(1, 10, "Again"), None).await.unwrap();
    assert_eq!(thread(store, 1).await.unwrap().unread, 1);
    assert_eq!(store.mark_thread_read(ThreadId::default()).await.unwrap(), 0);
    is_as_rebuilt(store).await;
}

pub(crate) async fn sessions_are_marks_in_one_thread(backend: Backend) {
    let store = &backend.store;
    store.record_inbound(&inbound(1, 1, "Hello"), None).await.unwrap();
    let first = thread(store, 1).await.unwrap();
    let closed = store.close(first.id).await.unwrap().unwrap();
    assert_eq!((closed.state, closed.opened_at), (ThreadState::Closed, first.opened_at));
    assert!(closed.closed_at.unwrap() >= first.opened_at);
    assert_eq!(store.close(first.id).await.unwrap().unwrap(), closed, "closed once");
    store.enqueue(&[outbound(1, "news")], None).await.unwrap();
    assert_eq!(thread(store, 1).await.unwrap().state, ThreadState::Closed, "nobody answered");
    store.record_inbound(&inbound(1, 1, "Hello"), None).await.unwrap();
    assert_eq!(thread(store, 1).await.unwrap().state, ThreadState::Closed, "a redelivery");
    store.skip(Duration::from_secs(60));
    store.record_inbound(&inbound(1, 2, "One more thing"), None).await.unwrap();
    let second = thread(store, 1).await.unwrap();
    assert_eq!((second.id, second.state), (first.id, ThreadState::Open));
    assert_eq!(second.closed_at, closed.closed_at);
    assert!(second.opened_at > second.closed_at.unwrap());

    store.close(first.id).await.unwrap();
    let answered = store.reply(first.id, "With pleasure", &key("answer")).await.unwrap();
    assert!(matches!(answered, Enqueued::Queued(_)));
    assert_eq!(thread(store, 1).await.unwrap().state, ThreadState::Open);
    store.close(first.id).await.unwrap();
    let again = store.reply(first.id, "With pleasure", &key("answer")).await.unwrap();
    assert!(matches!(again, Enqueued::Known { id, .. } if id == answered.id()));
    assert_eq!(thread(store, 1).await.unwrap().state, ThreadState::Closed, "it was sent before");
    let other = store.reply(first.id, "Something else", &key("answer")).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
    assert_eq!(store.reopen(first.id).await.unwrap().unwrap().state, ThreadState::Open);
    let nobody = store.reply(ThreadId::default(), "Hello", &key("b")).await.unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::NotFound);
    assert!(store.close(ThreadId::default()).await.unwrap().is_none());
}

pub(crate) async fn a_snooze_ends_with_its_time_or_a_message(backend: Backend) {
    let store = &backend.store;
    for last in 1..=3 {
        store.record_inbound(&inbound(last, last, "Hello"), None).await.unwrap();
    }
    let now = Timestamp::now();
    let (hour, past) = (now + Duration::from_secs(3_600), now - Duration::from_secs(1));
    for last in [1, 2] {
        let id = thread(store, last).await.unwrap().id;
        let snoozed = store.snooze(id, hour).await.unwrap().unwrap();
        assert_eq!(snoozed.state, ThreadState::Snoozed);
        assert_eq!(snoozed.snoozed_until.unwrap().as_second(), hour.as_second());
        let error = store.snooze(id, past).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
    let open = ThreadFilter::new().without_tenant().with_state(ThreadState::Open);
    let snoozed = ThreadFilter::new().without_tenant().with_state(ThreadState::Snoozed);
    assert_eq!(list(store, &open).await, [3]);
    assert_eq!(list(store, &snoozed).await, [2, 1]);
    store.record_inbound(&inbound(1, 11, "Are you there?"), None).await.unwrap();
    assert_eq!(list(store, &open).await, [1, 3]);
    assert_eq!(thread(store, 1).await.unwrap().snoozed_until, None);
    store.skip(Duration::from_secs(3_601));
    assert_eq!(list(store, &open).await, [1, 3, 2]);
    assert_eq!(list(store, &snoozed).await, Vec::<u32>::new());
    let woken = thread(store, 2).await.unwrap();
    assert_eq!((woken.state, woken.snoozed_until), (ThreadState::Open, None));
    is_as_rebuilt(store).await;
}

pub(crate) async fn threads_are_found_by_what_people_made_of_them(backend: Backend) {
    let store = &backend.store;
    for last in 1..=4 {
        let tenant = Some(clinic()).filter(|_| last > 1);
        store.record_inbound(&inbound(last, last, "Hello"), tenant.as_ref()).await.unwrap();
    }
    let all = || ThreadFilter::new().with_tenant(clinic());
    let of = |last: u32| async move {
        let (tenant, remote) = (clinic(), number(last).into());
        store.thread(Some(&tenant), Some(&local()), &remote).await.unwrap().unwrap().id
    };
    let (two, three) = (of(2).await, of(3).await);
    let taken = store.assign(two, Some("desk-2")).await.unwrap().unwrap();
    assert_eq!(taken.assignee.as_deref(), Some("desk-2"));
    store.set_subject(two, Some("A table by the window")).await.unwrap().unwrap();
    store.close(three).await.unwrap();
    store.mark_thread_read(three).await.unwrap();
    for (filter, expected) in [
        (ThreadFilter::new(), "4 3 2 1"),
        (ThreadFilter::new().without_tenant(), "1"),
        (all(), "4 3 2"),
        (all().with_state(ThreadState::Open), "4 2"),
        (all().with_state(ThreadState::Closed), "3"),
        (ThreadFilter::new().with_state(ThreadState::Open), "4 2 1"),
        (all().unread(), "4 2"),
        (all().with_assignee("desk-2"), "2"),
        (all().with_assignee("desk-3"), ""),
        (all().unassigned(), "4 3"),
        (all().with_assignee("desk-2").unread().with_state(ThreadState::Open), "2"),
        (all().with_remote(number(4)), "4"),
        (all().with_remote(number(1)), ""),
        (all().with_local(local()).with_state(ThreadState::Closed), "3"),
        (all().with_local(Address::from_wire("ACME")), ""),
    ] {
        let found: Vec<_> = list(store, &filter).await.iter().map(u32::to_string).collect();
        assert_eq!(found.join(" "), expected, "{filter:?}");
    }
    is_as_rebuilt(store).await;
    store.rebuild_threads(Some(&clinic())).await.unwrap();
    let kept = store.thread_by_id(two).await.unwrap().unwrap();
    assert_eq!(kept.subject.as_deref(), Some("A table by the window"));
    assert_eq!(store.assign(two, None).await.unwrap().unwrap().assignee, None);
    assert_eq!(store.set_subject(two, None).await.unwrap().unwrap().subject, None);
    let long = "x".repeat(256);
    for wrong in ["", &long, "a\nb", "a\0b"] {
        let error = store.assign(two, Some(wrong)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(store.set_subject(two, Some(wrong)).await.is_err());
    }
}

pub(crate) async fn pages_of_threads_and_of_messages_go_through_all(backend: Backend) {
    let store = &backend.store;
    let many: Vec<_> = (0..95).map(|n| outbound(n % 40, &format!("k{n}"))).collect();
    store.enqueue(&many, None).await.unwrap();
    for filter in [ThreadFilter::new(), ThreadFilter::new().without_tenant()] {
        let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = store.threads(&filter, 7, cursor.as_ref()).await.unwrap();
            (seen, pages) = ([seen, page.items].concat(), pages + 1);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert!(seen.is_sorted_by(|a, b| a.last.entry > b.last.entry), "the latest first");
        assert_eq!((seen.len(), pages), (40, 6));
    }
    let many: Vec<_> = (0..30).map(|n| outbound(50, &format!("m{n}"))).collect();
    store.enqueue(&many, None).await.unwrap();
    let id = thread(store, 50).await.unwrap().id;
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = store.thread_messages(id, 10, cursor.as_ref()).await.unwrap();
        (seen, pages) = ([seen, page.items].concat(), pages + 1);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert!(seen.is_sorted_by(|a, b| a.id > b.id), "the latest first");
    assert_eq!((seen.len(), pages), (30, 3));
    let wrong = Cursor::new("x");
    for error in [
        store.threads(&ThreadFilter::new(), 10, Some(&wrong)).await.unwrap_err(),
        store.thread_messages(id, 10, Some(&wrong)).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    }
    let none = store.thread_messages(ThreadId::default(), 10, None).await.unwrap();
    assert!(none.items.is_empty() && none.next.is_none());
}

pub(crate) async fn what_goes_takes_its_threads_along(backend: Backend) {
    let store = &backend.store;
    store.record_inbound(&inbound(1, 1, "Hello"), None).await.unwrap();
    store.record_inbound(&inbound(2, 2, "Hello"), None).await.unwrap();
    store
        .enqueue(&[outbound(2, "a")], Some(Timestamp::now() + Duration::from_secs(1)))
        .await
        .unwrap();
    let one = thread(store, 1).await.unwrap().id;
    store.assign(one, Some("desk-2")).await.unwrap();
    store.erase(number(1), &Retention::default()).await.unwrap();
    assert!(thread(store, 1).await.is_none());
    assert!(store.thread_by_id(one).await.unwrap().is_none());
    assert_eq!(list(store, &ThreadFilter::new()).await, [2]);
    is_as_rebuilt(store).await;
    store.record_inbound(&inbound(1, 11, "Hello again"), None).await.unwrap();
    let anew = thread(store, 1).await.unwrap();
    assert_eq!((anew.assignee, anew.unread), (None, 1));

    // Texts go before numbers, and numbers before messages.
    let week = Duration::from_secs(7 * 24 * 3_600);
    store.skip(2 * week);
    store.record_inbound(&inbound(1, 12, "Still there"), None).await.unwrap();
    let retention = Retention::default().with_texts(week).with_numbers(week, "a secret").unwrap();
    store.purge(&retention).await.unwrap();
    let one = thread(store, 1).await.unwrap();
    assert_eq!((one.unread, one.last.text.as_deref()), (1, Some("Still there")));
    assert_eq!(store.thread_messages(one.id, 9, None).await.unwrap().items.len(), 1);
    let two = thread(store, 2).await.unwrap();
    assert_eq!((two.unread, two.last.direction), (0, Direction::Outbound), "it still waits");
    is_as_rebuilt(store).await;

    store.cancel_queued(None, &key("a")).await.unwrap();
    store.skip(2 * week);
    store.purge(&Retention::default().with_messages(week)).await.unwrap();
    assert_eq!(list(store, &ThreadFilter::new()).await, Vec::<u32>::new());
    is_as_rebuilt(store).await;
}

pub(crate) async fn a_purge_keeps_the_last_message_right(backend: Backend) {
    let store = &backend.store;
    let week = Duration::from_secs(7 * 24 * 3_600);
    let later = Timestamp::now() + 6 * week;
    store.record_inbound(&inbound(1, 1, "Hello"), None).await.unwrap();
    store.enqueue(&[outbound(1, "waits")], Some(later)).await.unwrap();
    store.record_inbound(&inbound(1, 2, "Are you there?"), None).await.unwrap();
    let before = thread(store, 1).await.unwrap();
    assert_eq!((before.unread, before.last.direction), (2, Direction::Inbound));
    store.skip(3 * week);
    store.purge(&Retention::default().with_messages(week)).await.unwrap();
    let after = thread(store, 1).await.unwrap();
    assert_eq!((after.id, after.unread), (before.id, 0));
    assert_eq!(after.last.text.as_deref(), Some("About waits"));
    let messages = store.thread_messages(after.id, 9, None).await.unwrap().items;
    assert_eq!(messages.iter().map(|one| one.id).collect::<Vec<_>>(), [after.last.entry]);
    is_as_rebuilt(store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_come_of_rows_that_were_written_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    store.record_inbound(&inbound(1, 1, "Hello"), None).await.unwrap();
    let id = thread(&store, 1).await.unwrap().id;
    store.assign(id, Some("desk-2")).await.unwrap();
    let mut by_hand = connect(&path).await;
    let sql = format!(
        "UPDATE sms_thread SET unread = 7, last_entry = 99; INSERT INTO sms_thread (tenant, local, remote, \
         last_entry, last_at, unread, state, opened_at) VALUES ('', '', '+447700900999', 5, 5, 5, 0, 5); {}",
        fill("sqlite", 12_000, 6_000)
    );
    by_hand.execute(AssertSqlSafe(sql)).await.unwrap();
    store.rebuild_threads(None).await.unwrap();
    let one = store.thread_by_id(id).await.unwrap().unwrap();
    assert_eq!((one.unread, one.assignee.as_deref()), (1, Some("desk-2")));
    assert!(store.thread(None, None, &number(999).into()).await.unwrap().is_none());
    let (mut threads, mut cursor) = (0, None);
    loop {
        let page = store.threads(&ThreadFilter::new(), 1_000, cursor.as_ref()).await.unwrap();
        threads += page.items.len();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(threads, 5_402, "of each tenth number one less, as those are one thread");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_drivers_messages_are_in_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let sql = store.enqueue_sql(&[outbound(1, "a"), outbound(1, "b")], None).unwrap();
    let mut by_hand = connect(&path).await;
    let run = async |by_hand: &mut sqlx::SqliteConnection| {
        for statement in &sql.statements {
            let statement = AssertSqlSafe(statement.clone());
            sqlx::query(statement).bind(&sql.parameter).execute(&mut *by_hand).await.unwrap();
        }
    };
    run(&mut by_hand).await;
    let one = thread(&store, 1).await.unwrap();
    assert_eq!(store.thread_messages(one.id, 9, None).await.unwrap().items.len(), 2);
    store.close(one.id).await.unwrap();
    run(&mut by_hand).await;
    assert_eq!(thread(&store, 1).await.unwrap().state, ThreadState::Closed);
    is_as_rebuilt(&store).await;
}

/// Returns statements that write messages of so many threads by hand, half of them inbound.
fn fill(database: &str, messages: u32, threads: u32) -> String {
    let series = match database {
        "sqlite" => format!(
            "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {messages}) SELECT n FROM s)"
        ),
        _ => format!("(SELECT n FROM generate_series(CAST(1 AS BIGINT), {messages}) AS n)"),
    };
    // Threads are of very different length: a tenth of the messages is in the first.
    format!(
        "INSERT INTO sms_message (created_at, content, direction, class, status, forgotten, tenant, key, remote, local, \
         read_at) SELECT 1700000000000000 + n * 1000000, 0, n % 2, 0, CASE WHEN n % 2 = 0 THEN 80 END, 0, \
         'tenant-' || (n % 10), 'filled-' || n, '+4477' || (100000000 + CASE WHEN n % 10 = 0 THEN 0 ELSE n % {threads} END), \
         '{LOCAL}', CASE WHEN n % 4 = 1 THEN 1700000000000000 END FROM {series} AS s; \
         INSERT INTO sms_content (message, body, media) SELECT id, 'Your table is ready', '[]' FROM sms_message \
         WHERE key LIKE 'filled-%';"
    )
}

/// Times of a page of threads and of a page of messages, with the lists that an inbox shows.
async fn campaign(store: &MessageStore, name: &str) {
    let start = Instant::now();
    store.rebuild_threads(None).await.unwrap();
    println!("{name}: rebuilt in {:?}", start.elapsed());
    let all = |n: usize| {
        let tenant: TenantId = format!("tenant-{}", n % 10).parse().unwrap();
        ThreadFilter::new().with_tenant(tenant)
    };
    let ids: Vec<ThreadId> = {
        let page = store.threads(&ThreadFilter::new(), 1_000, None).await.unwrap();
        page.items.iter().map(|thread| thread.id).collect()
    };
    for id in ids.iter().step_by(7) {
        store.assign(*id, Some("desk-2")).await.unwrap();
        store.close(*id).await.unwrap();
    }
    type Made = Box<dyn Fn(usize) -> ThreadFilter + Send + Sync>;
    let open = ThreadState::Open;
    let filters: Vec<(&str, Made)> = vec![
        ("threads of all tenants", Box::new(|_| ThreadFilter::new())),
        ("threads of a tenant", Box::new(all)),
        ("open", Box::new(move |n| all(n).with_state(open))),
        ("closed", Box::new(move |n| all(n).with_state(ThreadState::Closed))),
        ("unread", Box::new(move |n| all(n).unread())),
        ("assigned", Box::new(move |n| all(n).with_assignee("desk-2"))),
        ("of a number", Box::new(move |n| all(n).with_remote(number(n as u32)))),
    ];
    let mut slow = Vec::new();
    let mut report = |what: &str, mut took: Vec<Duration>| {
        took.sort_unstable();
        let (p50, p99) = (took[took.len() / 2], took[took.len() * 99 / 100]);
        println!("{name}: {what}: p50 {p50:?}, p99 {p99:?}");
        if p50 > Duration::from_millis(20) {
            slow.push(format!("{what}: {p50:?}"));
        }
    };
    for (what, filter) in &filters {
        let (mut took, mut cursor) = (Vec::new(), None);
        for n in 0..200 {
            // Every other page is a later one.
            let (filter, start) = (filter(n / 2), Instant::now());
            let page = store.threads(&filter, 50, cursor.as_ref()).await.unwrap();
            took.push(start.elapsed());
            cursor = page.next.filter(|_| n % 2 == 0);
        }
        report(what, took);
    }
    let mut took = Vec::new();
    for n in 0..200 {
        let (id, start) = (ids[n % ids.len()], Instant::now());
        let page = store.thread_messages(id, 50, None).await.unwrap();
        took.push(start.elapsed());
        assert!(!page.items.is_empty());
        if let Some(next) = page.next {
            let start = Instant::now();
            store.thread_messages(id, 50, Some(&next)).await.unwrap();
            took.push(start.elapsed());
        }
    }
    report("messages of a thread", took);
    assert!(slow.is_empty(), "{slow:?}");
}

fn size() -> u32 {
    std::env::var("ANYSMS_THREADS").map_or(20_000, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_many_messages_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = MessageStore::sqlite(&path).await.unwrap();
    let filled = AssertSqlSafe(fill("sqlite", size(), size() / 20));
    let start = Instant::now();
    connect(&path).await.execute(filled).await.unwrap();
    println!("sqlite: filled in {:?}", start.elapsed());
    campaign(&store, "sqlite").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn pages_of_many_messages_on_postgres() {
    let (pool, prefix) = (postgres::database().await, TablePrefix::default());
    MessageStore::migrate_postgres(&pool, &prefix).await.unwrap();
    let start = Instant::now();
    let filled = AssertSqlSafe(fill("postgres", size(), size() / 20));
    sqlx::raw_sql(filled).execute(&pool).await.unwrap();
    println!("postgres: filled in {:?}", start.elapsed());
    let store = MessageStore::postgres_with(pool, prefix, StorePolicy::default()).await.unwrap();
    campaign(&store, "postgres").await;
}
