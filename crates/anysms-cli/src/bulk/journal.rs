//! [`Journal`]: the state of every row, on disk before anything is sent. A run that was killed continues
//! where it stopped, and sends nobody the same message twice.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::Path,
};

use anysms::{Error, Receipt, message::MessageKey};
use serde::{Deserialize, Serialize};

/// The state of one row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// `begun`, `accepted`, `not_sent` or `unknown`.
    pub(super) state: String,
    /// The provider's id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) id: String,
    /// The reason it was not sent, or may have been.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) error: String,
    /// `true` if nothing was sent and another run may succeed: the cause passes with time, or the account's
    /// owner can remove it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    again: bool,
}

impl State {
    fn new(state: &str, error: &str) -> Self {
        Self { state: state.into(), id: String::new(), error: error.into(), again: false }
    }

    fn begun() -> Self {
        Self::new("begun", "")
    }

    /// A row that has not begun yet.
    pub(super) fn waiting() -> Self {
        Self::new("waiting", "")
    }

    /// A row that cannot be made into a message.
    pub(super) fn invalid(why: &str) -> Self {
        Self::new("invalid", why)
    }

    /// The state after a send.
    pub(super) fn of(result: &Result<Receipt, Error>) -> Self {
        let id = result.as_ref().ok().and_then(|receipt| receipt.id.as_ref());
        let error = result.as_ref().err();
        let state = error.map_or("accepted", |error| error.outcome().as_str());
        Self {
            state: state.into(),
            id: id.map(ToString::to_string).unwrap_or_default(),
            error: error.map(ToString::to_string).unwrap_or_default(),
            again: error.is_some_and(|error| error.is_retryable() || error.may_fail_over()),
        }
    }
}

/// An append-only file of JSON lines, one for each change of a row's state.
pub(super) struct Journal {
    file: File,
    states: HashMap<String, State>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    #[serde(flatten)]
    state: State,
}

impl Journal {
    /// Opens the journal and reads the states that earlier runs left.
    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
            File::open(folder)?.sync_all()?; // the new file's name is on disk, too
        }
        let mut states = HashMap::new();
        for line in BufReader::new(&file).split(b'\n') {
            // The last line of a run that was killed may be half a line, and counts for nothing.
            if let Ok(Line { key, state }) = serde_json::from_slice(&line?) {
                states.insert(key, state);
            }
        }
        let mut last = *b"\n";
        if file.seek(SeekFrom::End(-1)).is_ok() {
            file.read_exact(&mut last)?;
        }
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
        Ok(Self { file, states })
    }

    /// Returns `true` if a message may be sent: it never was, or it is proved that nothing left.
    pub(super) fn may_begin(&self, key: &MessageKey) -> bool {
        self.states.get(key.as_str()).is_none_or(|state| state.again)
    }

    /// Records that a message begins. The record is on disk when this returns, so that no crash loses it.
    pub(super) fn begin(&mut self, key: &MessageKey) -> std::io::Result<()> {
        self.write(key, State::begun())?;
        self.file.sync_data()
    }

    /// Records the state after a send.
    pub(super) fn end(&mut self, key: &MessageKey, state: State) -> std::io::Result<()> {
        self.write(key, state)
    }

    /// Returns the state of a message; `None` if it never began. One that began in a run that was killed is
    /// `unknown`.
    pub(super) fn state(&self, key: &MessageKey) -> Option<State> {
        let mut state = self.states.get(key.as_str())?.clone();
        if state.state == "begun" {
            state.state = "unknown".into();
            state.error = "the run was stopped before the answer came".into();
        }
        Some(state)
    }

    fn write(&mut self, key: &MessageKey, state: State) -> std::io::Result<()> {
        let line = Line { key: key.as_str().to_owned(), state };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        self.file.write_all(&text)?; // one call: a line is there or torn, never mixed
        self.states.insert(line.key, line.state);
        Ok(())
    }
}
