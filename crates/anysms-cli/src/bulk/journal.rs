//! What has begun and how it ended, on disk before anything is sent: a run that was killed goes on where it
//! stopped, and sends nobody the same message twice.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::Path,
};

use anysms::{Error, Receipt, message::MessageKey};
use serde::{Deserialize, Serialize};

/// Where one row stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// `begun`, `accepted`, `not_sent` or `unknown`.
    pub(crate) state: String,
    /// The provider's id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) id: String,
    /// Why it was not sent, or may have been.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) error: String,
    /// Whether it is proved that nothing was sent, and the cause may be mended: by time, or by whoever has
    /// the account.
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
    pub(crate) fn waiting() -> Self {
        Self::new("waiting", "")
    }

    /// A row that is no message.
    pub(crate) fn invalid(why: &str) -> Self {
        Self::new("invalid", why)
    }

    /// How a message ended.
    pub(crate) fn of(result: &Result<Receipt, Error>) -> Self {
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

/// A file of JSON lines, to which is only ever added.
pub(crate) struct Journal {
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
    /// Opens the journal, and reads what earlier runs left.
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
            File::open(folder)?.sync_all()?; // that there is a journal is on disk, too
        }
        let mut states = HashMap::new();
        for line in BufReader::new(&file).split(b'\n') {
            // The last line of a run that was killed may be half a line, and stands for nothing.
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

    /// Whether a message may begin: it never has, or it is proved that it was not sent.
    pub(crate) fn may_begin(&self, key: &MessageKey) -> bool {
        self.states.get(key.as_str()).is_none_or(|state| state.again)
    }

    /// Keeps that a message begins. It is on disk when this returns, so that no crash forgets it.
    pub(crate) fn begin(&mut self, key: &MessageKey) -> std::io::Result<()> {
        self.write(key, State::begun())?;
        self.file.sync_data()
    }

    /// Keeps how a message ended.
    pub(crate) fn end(&mut self, key: &MessageKey, state: State) -> std::io::Result<()> {
        self.write(key, state)
    }

    /// Where a message stands. One that began in a run that was killed is unknown.
    pub(crate) fn state(&self, key: &MessageKey) -> Option<State> {
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
