//! [`Ring`]: the newest messages of a sandbox, each found by its id at once.

use std::collections::{BTreeMap, HashMap};

use crate::{message::MessageId, sandbox::Carried};

/// The newest messages, in the order in which they came. What comes when it is full replaces the oldest.
#[derive(Debug)]
pub(super) struct Ring {
    kept: BTreeMap<u64, Carried>,
    places: HashMap<MessageId, u64>,
    next: u64,
    most: usize,
}

impl Ring {
    pub(super) fn new(most: usize) -> Self {
        Self { kept: BTreeMap::new(), places: HashMap::new(), next: 0, most: most.max(1) }
    }

    pub(super) fn push(&mut self, message: Carried) {
        if self.kept.len() >= self.most
            && let Some((_, oldest)) = self.kept.pop_first()
        {
            self.places.remove(&oldest.id);
        }
        self.places.insert(message.id.clone(), self.next);
        self.kept.insert(self.next, message);
        self.next += 1;
    }

    pub(super) fn get(&self, id: &MessageId) -> Option<&Carried> {
        self.kept.get(self.places.get(id)?)
    }

    pub(super) fn get_mut(&mut self, id: &MessageId) -> Option<&mut Carried> {
        self.kept.get_mut(self.places.get(id)?)
    }

    pub(super) fn remove(&mut self, id: &MessageId) {
        if let Some(place) = self.places.remove(id) {
            self.kept.remove(&place);
        }
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.places.clear();
    }

    /// Returns the messages, newest first.
    pub(super) fn newest(&self) -> impl Iterator<Item = &Carried> {
        self.kept.values().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MessageStatus, ProviderId};

    #[test]
    fn keeps_the_newest_and_finds_each() {
        let id = |n: u32| MessageId::new(ProviderId::from_static("acme"), &n.to_string()).unwrap();
        let to = "+447700900123".parse().unwrap();
        let mut ring = Ring::new(3);
        for n in 0..5 {
            ring.push(Carried::new(id(n), "1".into(), to, n.to_string(), MessageStatus::Queued));
        }
        let texts = |ring: &Ring| ring.newest().map(|one| one.text.to_string()).collect::<Vec<_>>();
        assert_eq!(texts(&ring), ["4", "3", "2"]);
        assert!(ring.get(&id(1)).is_none() && ring.get(&id(2)).is_some());
        ring.remove(&id(3));
        assert_eq!(texts(&ring), ["4", "2"]);
        ring.push(Carried::new(id(9), "1".into(), to, "9", MessageStatus::Queued));
        assert_eq!(texts(&ring), ["9", "4", "2"]);
        ring.clear();
        assert!(ring.get(&id(9)).is_none() && texts(&ring).is_empty());
    }
}
