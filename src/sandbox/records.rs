//! [`RecordStore`]: what clients create at a vendor beside messages, kept under its path.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::watch;

/// Most records of one collection. What comes when it is full replaces the oldest.
const MOST: usize = 10_000;

/// Something that a client created: a number, a service, a verification.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// Its path: that of its collection, a slash, and its key.
    pub path: String,
    /// Time at which it was created.
    pub created_at: Timestamp,
    /// Time of its last change.
    pub updated_at: Timestamp,
    /// Fields, by the vendor's names.
    pub fields: Map<String, Value>,
    place: u64,
}

impl Record {
    /// Describes something that is kept elsewhere as a record.
    #[must_use]
    pub const fn new(
        path: String,
        fields: Map<String, Value>,
        created_at: Timestamp,
        updated_at: Timestamp,
    ) -> Self {
        Self { path, created_at, updated_at, fields, place: 0 }
    }

    /// Returns the last part of its path.
    #[must_use]
    pub fn key(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Returns the text of a field; `None` if it has none, or an empty one.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str().filter(|text| !text.is_empty())
    }
}

/// The records of a sandbox.
#[derive(Debug)]
pub struct RecordStore {
    inner: Mutex<Inner>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Inner {
    /// By collection, then by the order in which they came.
    collections: BTreeMap<String, BTreeMap<u64, Record>>,
    /// The place of each within its collection.
    places: HashMap<String, u64>,
    next: u64,
}

impl RecordStore {
    pub(super) fn new(changed: watch::Sender<()>) -> Self {
        Self { inner: Mutex::default(), changed }
    }

    /// Keeps a new record; one of the same path is replaced.
    pub fn insert(&self, path: &str, fields: Map<String, Value>, now: Timestamp) -> Record {
        let record =
            Record { path: path.to_owned(), created_at: now, updated_at: now, fields, place: 0 };
        self.changing(|inner| inner.insert(record))
    }

    /// Returns the record of this path; `None` if there is none.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Record> {
        self.locked(|inner| inner.get_mut(path).map(|record| record.clone()))
    }

    /// Changes the fields of a record. Returns it as it is then; `None` if there is none.
    pub fn change(
        &self,
        path: &str,
        now: Timestamp,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> Option<Record> {
        self.changing(|inner| {
            let record = inner.get_mut(path)?;
            change(&mut record.fields);
            record.updated_at = now;
            Some(record.clone())
        })
    }

    /// Removes a record and all below it. Returns `true` if there was one.
    pub fn remove(&self, path: &str) -> bool {
        self.changing(|inner| inner.remove(path))
    }

    /// Returns the records of a collection, oldest first.
    #[must_use]
    pub fn list(&self, collection: &str) -> Vec<Record> {
        self.locked(|inner| match inner.collections.get(collection) {
            Some(records) => records.values().cloned().collect(),
            None => Vec::new(),
        })
    }

    /// Returns the first record that fits, of all collections whose path begins so.
    #[must_use]
    pub fn find(&self, prefix: &str, fits: impl Fn(&Record) -> bool) -> Option<Record> {
        self.locked(|inner| {
            let all = inner.collections.range(prefix.to_owned()..);
            let all = all.take_while(|(collection, _)| collection.starts_with(prefix));
            all.flat_map(|(_, records)| records.values()).find(|record| fits(record)).cloned()
        })
    }

    pub(super) fn all(&self) -> Vec<Record> {
        self.locked(|inner| {
            let mut all: Vec<Record> =
                inner.collections.values().flat_map(BTreeMap::values).cloned().collect();
            all.sort_by_key(|record| record.place);
            all
        })
    }

    pub(super) fn restore(&self, records: Vec<Record>) {
        self.locked(|inner| {
            *inner = Inner::default();
            for record in records {
                inner.insert(record);
            }
        });
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn changing<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        let done = self.locked(work);
        self.changed.send_replace(());
        done
    }
}

impl Inner {
    fn insert(&mut self, mut record: Record) -> Record {
        let known = self.places.get(&record.path).copied();
        if let (Some(place), Some(records)) =
            (known, self.collections.get_mut(collection(&record.path)))
        {
            records.remove(&place); // and what is below it stays
        }
        record.place = self.next;
        self.next += 1;
        let records = self.collections.entry(collection(&record.path).to_owned()).or_default();
        let oldest = (records.len() >= MOST).then(|| records.first_key_value()).flatten();
        let oldest = oldest.map(|(_, record)| record.path.clone());
        records.insert(record.place, record.clone());
        self.places.insert(record.path.clone(), record.place);
        if let Some(oldest) = oldest {
            self.remove(&oldest);
        }
        record
    }

    fn get_mut(&mut self, path: &str) -> Option<&mut Record> {
        let place = self.places.get(path)?;
        self.collections.get_mut(collection(path))?.get_mut(place)
    }

    fn remove(&mut self, path: &str) -> bool {
        let Some(place) = self.places.remove(path) else { return false };
        if let Some(records) = self.collections.get_mut(collection(path)) {
            records.remove(&place);
        }
        let below = format!("{path}/");
        let collections = self.collections.range(below.clone()..);
        let collections = collections.take_while(|(name, _)| name.starts_with(&below));
        let names: Vec<String> = collections.map(|(name, _)| name.clone()).collect();
        for name in names {
            for (_, record) in self.collections.remove(&name).unwrap_or_default() {
                self.places.remove(&record.path);
            }
        }
        true
    }
}

fn collection(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(collection, _)| collection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_goes_with_all_that_is_below_it() {
        let (records, now) = (RecordStore::new(watch::Sender::new(())), Timestamp::now());
        for path in ["a/Services/1", "a/Services/1/Numbers/7", "a/Services/12", "a/Services/2"] {
            records.insert(path, Map::new(), now);
        }
        let keys = |collection: &str| {
            let list = records.list(collection);
            list.iter().map(|record| record.key().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(keys("a/Services"), ["1", "12", "2"]);
        assert!(records.remove("a/Services/1") && !records.remove("a/Services/1"));
        assert!(records.get("a/Services/1/Numbers/7").is_none());
        assert_eq!(keys("a/Services"), ["12", "2"]);
        assert_eq!(keys("a/Services/1/Numbers"), [""; 0]);
    }

    #[test]
    fn a_full_collection_forgets_its_oldest_and_no_other_does() {
        let (records, now) = (RecordStore::new(watch::Sender::new(())), Timestamp::now());
        records.insert("a/Services/1", Map::new(), now);
        for n in 0..=MOST {
            records.insert(&format!("a/Services/1/Verifications/{n}"), Map::new(), now);
        }
        assert!(records.get("a/Services/1").is_some());
        assert!(records.get("a/Services/1/Verifications/0").is_none());
        assert_eq!(records.list("a/Services/1/Verifications").len(), MOST);
    }
}
