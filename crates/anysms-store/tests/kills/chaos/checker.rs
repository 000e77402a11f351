//! Joins what the providers took with what the store says, and with what the program was told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anysms_store::{AttemptOutcome, History, Progress, Stage};

use super::{
    carrier::Taken,
    script::{FOREIGN, Fate, Name, UNSIGNED},
};

/// All that is known at the end.
#[derive(Clone, Default)]
pub(crate) struct Facts {
    /// Messages that were put into the queue: `true` for those that were new there.
    pub(crate) promised: BTreeMap<Name, bool>,
    pub(crate) taken: Vec<Taken>,
    pub(crate) rows: Vec<Row>,
    pub(crate) ends: Vec<End>,
    /// Direct sends that ended well.
    pub(crate) answers: Vec<Name>,
    pub(crate) reported: Vec<Reported>,
    pub(crate) heard: Vec<Heard>,
    /// Acts of the clients that the providers and the suppressions forbid.
    pub(crate) astray: Vec<String>,
}

/// A message of the store.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: Name,
    pub(crate) remote: String,
    pub(crate) stage: Stage,
    pub(crate) status: Option<Progress>,
    pub(crate) code: Option<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) events: Vec<Event>,
}

#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) account: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) outcome: Option<AttemptOutcome>,
}

/// A status that the store keeps with a message.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) word: String,
    pub(crate) code: Option<String>,
    pub(crate) counts: bool,
}

/// An end that a hook heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) name: Option<Name>,
    pub(crate) end: String,
    pub(crate) remote: String,
}

/// Reports of the provider about a message, and `true` if all of them were heard.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    pub(crate) name: Name,
    pub(crate) fate: Fate,
    pub(crate) is_told: bool,
}

/// Result of a callback.
#[derive(Clone, Debug)]
pub(crate) enum Heard {
    /// Told to this message; `of` is whose it is, `None` where it is forged.
    Applied { of: Option<Name>, told: Option<Name>, changed: bool },
    /// An honest one was refused: of which message, with which status of HTTP.
    Refused(String),
    /// A forged one was not refused as such.
    Forgery(String),
}

/// Faults, each of which must be empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Accepted more than once.
    pub(crate) twice: Vec<String>,
    /// In the queue once, and now without an end; or not as the providers know it.
    pub(crate) lost: Vec<String>,
    /// Told to another tenant, or changed by another's word.
    pub(crate) astray: Vec<String>,
    /// Ended or reported, and not told.
    pub(crate) untold: Vec<String>,
}

impl Row {
    pub(crate) fn of(name: Name, history: &History) -> Self {
        let entry = &history.entry;
        let attempt = |one: &anysms_store::AttemptRecord| Attempt {
            account: one.account.as_ref().map(|account| account.as_str().to_owned()),
            id: one.id.as_ref().map(|id| id.value().to_owned()),
            outcome: one.outcome,
        };
        let event = |one: &anysms_store::StatusEvent| Event {
            id: one.message.value().to_owned(),
            word: one.status.as_str().to_owned(),
            code: one.failure.as_ref().map(|failure| failure.code.as_str().to_owned()),
            counts: !one.foreign && !one.is_unknown(),
        };
        Self {
            name,
            remote: entry.remote.to_string(),
            stage: entry.stage,
            status: entry.status,
            code: entry.error_code().map(str::to_owned),
            attempts: history.attempts.iter().map(attempt).collect(),
            events: history.events.iter().map(event).collect(),
        }
    }
}

impl End {
    /// Reads a line of a hook.
    pub(crate) fn read(line: &str) -> Self {
        let mut words = line.split(' ').map(str::to_owned);
        let mut word = || words.next().unwrap_or_default();
        let (tenant, key, end, remote) = (word(), word(), word(), word());
        Self { name: Name::named(&tenant, &key), end, remote }
    }
}

impl Facts {
    pub(crate) fn faults(&self) -> Faults {
        let mut faults = Faults { astray: self.astray.clone(), ..Faults::default() };
        let mut taken: HashMap<&Name, &Taken> = HashMap::new();
        for one in &self.taken {
            if let Some(first) = taken.insert(&one.name, one) {
                faults.twice.push(format!("{:?}: {} and {}", one.name, first.id, one.id));
            }
            if let Some(why) = one.name.barred() {
                faults.astray.push(format!("{:?} was sent, {why:?}", one.name));
            }
        }
        let rows: HashMap<&Name, &Row> = self.rows.iter().map(|row| (&row.name, row)).collect();
        let known = self.promised.keys().chain(taken.keys().copied());
        let known: BTreeSet<&Name> = known.chain(&self.answers).collect();
        let gone = known.iter().filter(|name| !rows.contains_key(*name));
        faults.lost.extend(gone.map(|name| format!("{name:?} is not in the store")));
        let reported: HashMap<&Name, &Reported> =
            self.reported.iter().map(|one| (&one.name, one)).collect();
        for row in &self.rows {
            row.check(taken.get(&row.name).copied(), reported.get(&row.name).copied(), &mut faults);
        }
        for name in self.answers.iter().filter(|name| !taken.contains_key(name)) {
            faults.lost.push(format!("{name:?} was answered, and nobody took it"));
        }
        self.check_ends(&taken, &mut faults);
        self.check_heard(&mut faults);
        faults
    }

    fn check_ends(&self, taken: &HashMap<&Name, &Taken>, faults: &mut Faults) {
        let mut ends: HashMap<&Name, &End> = HashMap::new();
        for one in &self.ends {
            let Some(name) = &one.name else {
                faults.astray.push(format!("an end of nobody's message: {one:?}"));
                continue;
            };
            let is_own =
                self.promised.contains_key(name) && one.remote == name.recipient().to_string();
            if !is_own {
                faults.astray.push(format!("not the end of that message: {one:?}"));
            }
            // Told again is the same again.
            if let Some(first) = ends.insert(name, one).filter(|first| *first != one) {
                faults.astray.push(format!("two ends: {first:?} and {one:?}"));
            }
            // What failed may be sent directly afterwards.
            let was_taken = taken.contains_key(name);
            let is_true = match one.end.as_str() {
                "sent" => was_taken,
                "unconfirmed" => true,
                _ => !was_taken || name.is_contested(),
            };
            if !is_true {
                faults.lost.push(format!("{one:?}, and taken: {was_taken}"));
            }
        }
        let queued = self.promised.iter().filter(|(_, is_new)| **is_new);
        let silent = queued.filter(|(name, _)| !ends.contains_key(name));
        faults.untold.extend(silent.map(|(name, _)| format!("{name:?} ended, and nobody heard")));
    }

    fn check_heard(&self, faults: &mut Faults) {
        for heard in &self.heard {
            let is_right = match heard {
                Heard::Applied { of: Some(of), told, .. } => {
                    told.as_ref().is_none_or(|it| it == of)
                }
                Heard::Applied { of: None, told, changed } => told.is_none() && !changed,
                Heard::Forgery(what) => {
                    faults.astray.push(format!("taken: {what}"));
                    true
                }
                Heard::Refused(what) => {
                    faults.untold.push(format!("refused: {what}"));
                    true
                }
            };
            if !is_right {
                faults.astray.push(format!("{heard:?}"));
            }
        }
    }
}

impl Row {
    fn check(&self, taken: Option<&Taken>, reported: Option<&Reported>, faults: &mut Faults) {
        let name = &self.name;
        let lost = |what: &str| format!("{name:?}: {what}: {:?}, {:?}", self.stage, self.status);
        if !matches!(self.stage, Stage::Done | Stage::Dead) {
            faults.lost.push(lost("is stuck"));
        }
        if self.remote != name.recipient().to_string() {
            faults.astray.push(format!("{name:?} is to {}", self.remote));
        }
        let is_told = reported.is_some_and(|reported| reported.is_told);
        let is_true = match (self.status, taken, reported) {
            (Some(status), Some(_), Some(reported)) if reported.is_told => {
                let undelivered = reported.fate == Fate::Undelivered;
                status == if undelivered { Progress::Undelivered } else { Progress::Delivered }
            }
            (Some(status), Some(_), _) => matches!(
                status,
                Progress::Unconfirmed
                    | Progress::Accepted
                    | Progress::Queued
                    | Progress::Sending
                    | Progress::Sent
                    | Progress::Delivered
            ),
            (Some(Progress::Failed | Progress::Unconfirmed), None, _) => true,
            (Some(Progress::Prepared) | None, None, _) => self.stage == Stage::Dead,
            _ => false,
        };
        if !is_true {
            faults.lost.push(lost(&format!("taken: {}, told: {is_told}", taken.is_some())));
        }
        if let Some(taken) = taken {
            let own = |one: &&Attempt| one.id.as_ref() == Some(&taken.id);
            let by = self.attempts.iter().find(own);
            let account = by.and_then(|by| by.account.as_ref());
            let is_known = is_told || self.status != Some(Progress::Unconfirmed);
            if is_known && by.is_none_or(|by| by.outcome != Some(AttemptOutcome::Accepted)) {
                faults.lost.push(lost("no attempt is the one that was taken"));
            }
            if account.is_some_and(|account| *account != taken.account) {
                faults
                    .astray
                    .push(format!("{name:?} is of {account:?}, and {} took it", taken.account));
            }
        }
        let forged = |code: Option<&String>| code.is_some_and(|c| c == FOREIGN || c == UNSIGNED);
        if forged(self.code.as_ref()) {
            faults.astray.push(format!("{name:?} failed by a forged word"));
        }
        for event in &self.events {
            let unsigned = event.code.as_deref() == Some(UNSIGNED);
            let others = taken.is_none_or(|taken| taken.id != event.id);
            if event.counts && (forged(event.code.as_ref()) || others) || unsigned {
                faults.astray.push(format!("{name:?} has {event:?}"));
            }
        }
        if let Some(fate) = reported.filter(|_| is_told).map(|reported| reported.fate) {
            let last = |event: &Event| event.counts && event.word == fate.word().0;
            if !self.events.iter().any(last) {
                faults.untold.push(format!("{name:?} is {}, and has no such event", fate.word().0));
            }
        }
    }
}

/// Facts in which nothing is wrong, and each of them changed so that something is.
mod tests {
    use super::*;

    fn facts() -> Facts {
        let names =
            [Name::queued(0, 1), Name::queued(1, 1), Name::queued(0, 2), Name::queued(1, 7)];
        let mut facts = Facts::default();
        for (at, name) in names.into_iter().enumerate() {
            let (was_taken, remote) = (at < 2, name.recipient().to_string());
            facts.promised.insert(name.clone(), true);
            let id = format!("SM{at}");
            let mut row = Row {
                name: name.clone(),
                remote: remote.clone(),
                stage: Stage::Done,
                status: Some(Progress::Failed),
                code: Some("21211".into()),
                attempts: Vec::new(),
                events: Vec::new(),
            };
            if was_taken {
                facts.taken.push(Taken::for_test(&name, &id));
                facts.reported.push(Reported {
                    name: name.clone(),
                    fate: Fate::Delivered,
                    is_told: true,
                });
                (row.status, row.code) = (Some(Progress::Delivered), None);
                let account = Some(facts.taken[at].account.clone());
                let outcome = Some(AttemptOutcome::Accepted);
                row.attempts.push(Attempt { account, id: Some(id.clone()), outcome });
                row.events.push(Event { id, word: "delivered".into(), code: None, counts: true });
            }
            let end = if was_taken { "sent" } else { "failed" };
            facts.rows.push(row);
            facts.ends.push(End { name: Some(name), end: end.into(), remote });
        }
        facts
    }

    /// Number of faults of each kind after a change: twice, lost, astray, untold.
    fn after(change: impl FnOnce(&mut Facts)) -> [bool; 4] {
        let mut facts = facts();
        change(&mut facts);
        let faults = facts.faults();
        [&faults.twice, &faults.lost, &faults.astray, &faults.untold].map(|some| !some.is_empty())
    }

    const NONE: [bool; 4] = [false; 4];
    const TWICE: [bool; 4] = [true, false, false, false];
    const LOST: [bool; 4] = [false, true, false, false];
    const ASTRAY: [bool; 4] = [false, false, true, false];
    const UNTOLD: [bool; 4] = [false, false, false, true];

    #[test]
    fn the_checker_of_the_chaos_sees_what_is_sent_twice_or_lost() {
        assert_eq!(after(|_| {}), NONE);
        assert_eq!(after(|facts| facts.taken.push(facts.taken[0].clone())), TWICE);
        let changes: [fn(&mut Facts); 11] = [
            |facts| drop(facts.rows.remove(2)),
            |facts| facts.rows[0].status = Some(Progress::Failed),
            |facts| facts.rows[0].status = Some(Progress::Sent),
            |facts| facts.rows[0].status = Some(Progress::Unconfirmed),
            |facts| facts.rows[0].attempts[0].id = None,
            |facts| facts.rows[2].stage = Stage::Waiting,
            |facts| facts.rows[2].status = Some(Progress::Accepted),
            |facts| facts.rows[2].status = None,
            |facts| facts.ends[0].end = "failed".into(),
            |facts| facts.ends[2].end = "sent".into(),
            |facts| facts.answers.push(Name::queued(0, 2)),
        ];
        for change in changes {
            assert_eq!(after(change), LOST);
        }
        let doubt = |facts: &mut Facts| facts.rows[2].status = Some(Progress::Unconfirmed);
        assert_eq!(after(doubt), NONE, "that is an end too");
    }

    #[test]
    fn the_checker_of_the_chaos_sees_what_goes_to_another_tenant() {
        let forged = |code: &str, counts| Event {
            id: "SM0".into(),
            word: "undelivered".into(),
            code: Some(code.into()),
            counts,
        };
        assert_eq!(after(|facts| facts.rows[0].events.push(forged(FOREIGN, false))), NONE);
        assert_eq!(after(|facts| facts.rows[0].events.push(forged(FOREIGN, true))), ASTRAY);
        assert_eq!(after(|facts| facts.rows[0].events.push(forged(UNSIGNED, false))), ASTRAY);
        let [of, other] = [0, 1].map(|tenant| Some(Name::queued(tenant, 1)));
        let mine = |told, changed| Heard::Applied { of: of.clone(), told, changed };
        let forged = |told, changed| Heard::Applied { of: None, told, changed };
        for (heard, then) in [
            (mine(of.clone(), true), NONE),
            (mine(None, false), NONE),
            (mine(other.clone(), false), ASTRAY),
            (forged(None, false), NONE),
            (forged(None, true), ASTRAY),
            (forged(other, false), ASTRAY),
            (Heard::Forgery("k1: 200".into()), ASTRAY),
            (Heard::Refused("k1: 403".into()), UNTOLD),
        ] {
            assert_eq!(after(|facts| facts.heard.push(heard)), then);
        }
        let changes: [fn(&mut Facts); 8] = [
            |facts| facts.taken[0].account = "AC".into(),
            |facts| facts.rows[2].code = Some(FOREIGN.into()),
            |facts| facts.rows[2].remote = "+447700900800".into(),
            |facts| facts.ends[2].remote = "+447700900800".into(),
            |facts| facts.ends.push(End::read("clinic k99 failed +447700900693")),
            |facts| facts.ends.push(End::read("nobody k1 failed +447700900007")),
            |facts| facts.ends.push(End { end: "expired".into(), ..facts.ends[2].clone() }),
            |facts| facts.astray.push("something".into()),
        ];
        for change in changes {
            assert_eq!(after(change), ASTRAY);
        }
        let barred = |facts: &mut Facts| {
            facts.taken.push(Taken::for_test(&Name::queued(1, 7), "SM9"));
        };
        assert!(after(barred)[2], "the guard let it through");
    }

    #[test]
    fn the_checker_of_the_chaos_sees_what_nobody_heard() {
        assert_eq!(after(|facts| drop(facts.ends.remove(0))), UNTOLD);
        assert_eq!(after(|facts| drop(facts.ends.remove(2))), UNTOLD);
        assert_eq!(after(|facts| facts.rows[0].events.clear()), UNTOLD);
        assert_eq!(after(|facts| facts.rows[0].events[0].counts = false), UNTOLD);
        let known = |facts: &mut Facts| {
            facts.promised.insert(Name::queued(0, 2), false);
            facts.ends.remove(2);
        };
        assert_eq!(after(known), NONE, "it was sent directly before");
    }
}
