//! One thing that may go wrong, and what is to be concluded from it.

use std::time::Duration;

use anysms::ErrorKind;

use crate::fault::{Fault, Wire};

/// What a client concludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// No answer, and proved that nothing was sent.
    NotSent,
    /// An answer that refuses.
    Rejected,
    Unknown,
    Accepted,
    /// Accepted, its id lost.
    AcceptedWithoutId,
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Twilio,
    Plivo,
    /// The transport alone, with 8 MiB, which fit into no socket's buffer.
    Bulk,
}

/// How long a client waits. What is to happen first has a limit that a busy machine keeps with ease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Patience {
    Long,
    /// Short to connect, long in all: for what never connects.
    Connect,
    /// Shorter in all than to connect: for what connects and then hangs.
    Total,
}

impl Patience {
    pub(crate) fn to_connect(self) -> Duration {
        Duration::from_millis(if self == Self::Connect { 300 } else { 10_000 })
    }

    pub(crate) fn in_all(self) -> Duration {
        Duration::from_secs(if self == Self::Total { 4 } else { 20 })
    }
}

#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) row: u8,
    pub(crate) name: String,
    pub(crate) fault: Fault,
    pub(crate) class: Class,
    /// Another class that is right too, where it is a matter of time.
    pub(crate) or: Option<Class>,
    /// Requests that the server reads for one send; none where either is right.
    pub(crate) read: Option<usize>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) by: Vec<By>,
    pub(crate) patience: Patience,
    /// Sends one after another over the same pool, with this pause between.
    pub(crate) sends: usize,
    pub(crate) pause: Duration,
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) wait: Option<Duration>,
}

impl Case {
    pub(crate) fn new(row: u8, name: impl Into<String>, fault: Fault, class: Class) -> Self {
        let read = match class {
            Class::NotSent => Some(0),
            Class::Unknown => None,
            Class::Rejected | Class::Accepted | Class::AcceptedWithoutId => Some(1),
        };
        Self {
            row,
            name: name.into(),
            fault,
            class,
            or: None,
            read,
            wires: Wire::ALL.to_vec(),
            by: vec![By::Twilio, By::Plivo],
            patience: Patience::Long,
            sends: 1,
            pause: Duration::ZERO,
            kind: None,
            wait: None,
        }
    }

    pub(crate) fn or(mut self, class: Class) -> Self {
        self.or = Some(class);
        self
    }

    pub(crate) fn read(mut self, read: usize) -> Self {
        self.read = Some(read);
        self
    }

    pub(crate) fn on(mut self, fits: impl Fn(&Wire) -> bool) -> Self {
        self.wires.retain(fits);
        self
    }

    pub(crate) fn http1(self) -> Self {
        self.on(|wire| !wire.http2)
    }

    pub(crate) fn http2(self) -> Self {
        self.on(|wire| wire.http2)
    }

    pub(crate) fn tls(self) -> Self {
        self.on(|wire| wire.tls)
    }

    pub(crate) fn plain(self) -> Self {
        self.on(|wire| !wire.tls)
    }

    pub(crate) fn by(mut self, by: By) -> Self {
        self.by = vec![by];
        self
    }

    pub(crate) fn patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Two sends, the second when what the server did after the first is known.
    pub(crate) fn twice(mut self) -> Self {
        (self.sends, self.pause) = (2, Duration::from_millis(200));
        self
    }

    /// Sends at once after each answer, when what the server does then may not be known.
    pub(crate) fn in_a_row(mut self) -> Self {
        (self.sends, self.read, self.or) = (6, None, Some(Class::Unknown));
        self
    }

    pub(crate) fn kind(mut self, kind: ErrorKind) -> Self {
        self.kind = Some(kind);
        self
    }

    pub(crate) fn wait(mut self, seconds: u64) -> Self {
        self.wait = Some(Duration::from_secs(seconds));
        self
    }
}
