//! Joins what the provider took with what the store says.

use std::collections::HashMap;

use anysms::{
    MessageId, MessageStatus,
    webhook::{Authenticity, StatusUpdate},
};
use anysms_store::{AttemptOutcome, Entry, Filter, History, MessageStore, Progress, Stage};
use tokio::task::JoinSet;

use crate::{
    carrier::{Carrier, Taken},
    worker::{ACME, Backend},
};

/// Holds the store to the provider's own account, before and after the provider reports what it took. How many
/// there were of which nobody knew.
pub(crate) async fn check(backend: &Backend, carrier: &Carrier, messages: u32) -> u32 {
    let mut taken: HashMap<String, Taken> = HashMap::new();
    for one in carrier.taken() {
        let twice = taken.insert(one.key.clone(), one);
        assert!(twice.is_none(), "sent twice: {twice:?}");
    }
    let entries = backend.entries(&Filter::new()).await;
    assert_eq!(entries.len() as u32, messages, "every message is in the store");
    let mut rows: Vec<(Entry, Option<Taken>)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let taken = taken.remove(entry.key.as_str());
        rows.push((entry, taken));
    }
    // Many at a time: a report is a commit, which many share.
    let mut parts = JoinSet::new();
    for part in rows.chunks(rows.len().div_ceil(32)) {
        parts.spawn(check_part(backend.store.clone(), part.to_vec()));
    }
    parts.join_all().await.iter().sum()
}

async fn check_part(store: MessageStore, rows: Vec<(Entry, Option<Taken>)>) -> u32 {
    let mut unknown = 0;
    for (entry, taken) in &rows {
        assert_eq!(entry.stage, Stage::Done, "none is stuck");
        let history = store.history(None, &entry.key).await.unwrap().unwrap();
        match entry.status.unwrap() {
            Progress::Unconfirmed => unknown += 1,
            Progress::Accepted => {
                assert!(taken.is_some(), "accepted, and the provider has it not")
            }
            other => panic!("{other}"),
        }
        if let Some(taken) = taken {
            let written =
                |attempt: &anysms_store::AttemptRecord| attempt.status != Progress::Prepared;
            assert!(history.attempts.iter().any(written), "taken without an intent");
            report(&store, taken).await;
        }
        let history = store.history(None, &entry.key).await.unwrap().unwrap();
        truth(&history, taken.as_ref());
    }
    unknown
}

/// The provider's webhook, as it would be verified.
async fn report(store: &MessageStore, taken: &Taken) {
    let id = MessageId::new(ACME, &taken.id).unwrap();
    let update = StatusUpdate::new(id, MessageStatus::Sent, None, Authenticity::Full);
    let token = Some(taken.token.parse().unwrap());
    store.record_status(&update, token).await.unwrap();
}

fn truth(history: &History, taken: Option<&Taken>) {
    let known = history.entry.status == Some(Progress::Sent);
    assert_eq!(known, taken.is_some(), "{:?}", history.entry.status);
    if let Some(taken) = taken {
        let by = history.attempts.iter().find(|a| a.outcome == Some(AttemptOutcome::Accepted));
        assert_eq!(by.unwrap().id.as_ref().unwrap().value(), taken.id);
    }
}
