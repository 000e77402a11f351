//! Many who put the same into the queue, and those who do it again as they do not know whether it is there.
//! `ANYSMS_KEYS=10000` does it with so many keys.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anysms::Message;
use anysms_store::{EntryId, Filter, MessageStore};
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, postgres::PgPoolOptions};

use crate::{Backend, message, postgres, proxy::Proxy};

fn keys(default: usize) -> usize {
    std::env::var("ANYSMS_KEYS").map_or(default, |text| text.parse().expect("a number"))
}

async fn count(store: &MessageStore) -> usize {
    let (mut count, mut cursor) = (0, None);
    loop {
        let page = store.entries(&Filter::new(), 1_000, cursor.as_ref()).await.unwrap();
        count += page.items.len();
        cursor = page.next;
        if cursor.is_none() {
            return count;
        }
    }
}

/// Each in an order of its own, so that they meet in every way.
pub(crate) async fn many_tasks_with_the_same_keys_get_the_same_entries(backend: Backend) {
    let keys = keys(60);
    let messages: Arc<Vec<Message>> =
        Arc::new((0..keys).map(|n| message(&format!("k{n}"))).collect());
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..64 {
        let (store, messages) = (backend.store.clone(), Arc::clone(&messages));
        tasks.spawn(async move {
            let mut order: Vec<usize> = (0..keys).collect();
            order.rotate_left(task * keys / 64);
            if task % 2 == 1 {
                order.reverse();
            }
            let mut ids: Vec<Option<EntryId>> = vec![None; keys];
            for some in order.chunks(20) {
                let batch: Vec<Message> = some.iter().map(|at| messages[*at].clone()).collect();
                let queued = store.enqueue(&batch, None).await.unwrap();
                for (at, id) in some.iter().zip(queued) {
                    ids[*at] = Some(id.unwrap().id());
                }
            }
            ids
        });
    }
    let all: HashSet<Vec<Option<EntryId>>> = tasks.join_all().await.into_iter().collect();
    assert_eq!(all.len(), 1, "all are told the same");
    let ids: HashSet<_> = all.into_iter().next().unwrap().into_iter().map(Option::unwrap).collect();
    assert_eq!((ids.len(), count(&backend.store).await), (keys, keys));
}

pub(crate) async fn what_nobody_waited_for_and_is_queued_again_is_one(backend: Backend) {
    let keys = keys(60);
    for number in 0..keys {
        let one = [message(&format!("k{number}"))];
        let wait = tokio::time::sleep(Duration::from_micros(number as u64 * 50 % 3_000));
        let first = tokio::select! {
            biased;
            ids = backend.store.enqueue(&one, None) => Some(ids.unwrap().remove(0).unwrap()),
            () = wait => None,
        };
        let again = backend.store.enqueue(&one, None).await.unwrap().remove(0).unwrap();
        assert!(first.is_none_or(|first| first.id() == again.id()));
    }
    assert_eq!(count(&backend.store).await, keys);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn what_is_queued_over_a_cut_connection_is_queued_once_on_postgres() {
    let pool = postgres::database().await;
    let straight = MessageStore::postgres(pool.clone()).await.unwrap();
    let proxy = Proxy::start(&pool);
    let through = PgPoolOptions::new().max_connections(8).connect_with(proxy.options());
    let store = MessageStore::postgres(through.await.unwrap()).await.unwrap();
    let queue =
        async |key: String| store.enqueue(&[message(&key)], None).await.unwrap().remove(0).unwrap();
    for warm in 0..4 {
        queue(format!("w{warm}")).await;
    }
    proxy.cut_at(0);
    queue("counted".into()).await;
    let messages = proxy.count();
    assert!(messages > 15, "{messages}");
    let (rounds, step) = crate::rounds("ANYSMS_CUTS", 2);
    let all = (0..rounds).flat_map(|_| (1..=messages).step_by(step as usize));
    for at in all {
        let before = count(&straight).await;
        queue(format!("w-{before}")).await;
        queue(format!("v-{before}")).await;
        let key = format!("k-{before}");
        proxy.cut_at(at);
        let first = queue(key.clone()).await;
        proxy.cut_at(0);
        assert_eq!(first.id(), queue(key).await.id(), "at {at}");
        assert_eq!(count(&straight).await, before + 3, "at {at}");
    }
}

/// As a program does whose order and message go together.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn an_order_whose_commit_is_cut_off_is_made_again_on_postgres() {
    let pool = postgres::database().await;
    let store = MessageStore::postgres(pool.clone()).await.unwrap();
    pool.execute("CREATE TABLE orders (name TEXT PRIMARY KEY)").await.unwrap();
    let proxy = Proxy::start(&pool);
    let order = async |key: &str| -> sqlx::Result<()> {
        let mut connection: PgConnection = proxy.options().connect().await?;
        let mut transaction = connection.begin().await?;
        sqlx::query("INSERT INTO orders VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(key)
            .execute(&mut *transaction)
            .await?;
        let queued =
            store.in_transaction(&mut transaction).unwrap().enqueue(&[message(key)], None).await;
        queued.map_err(|_| sqlx::Error::WorkerCrashed)?.remove(0).unwrap();
        transaction.commit().await
    };
    proxy.cut_at(0);
    order("counted").await.unwrap();
    let messages = proxy.count();
    let (mut made, mut again) = (1, 0);
    for at in 1..=messages {
        let key = format!("k{at}");
        proxy.cut_at(at);
        while order(&key).await.is_err() {
            again += 1;
        }
        made += 1;
        assert_eq!(count(&store).await, made, "at {at}");
    }
    let orders: i64 =
        sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&pool).await.unwrap();
    assert_eq!((orders as usize, again > 20), (made, true), "{again} of {messages} were cut off");
}
