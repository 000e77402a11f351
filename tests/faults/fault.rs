//! What a server can do wrong, as data.

use std::{fmt, sync::Arc};

use crate::http2;

/// How the two sides talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Wire {
    pub(crate) http2: bool,
    pub(crate) tls: bool,
}

impl Wire {
    pub(crate) const ALL: [Self; 4] = [
        Self { http2: false, tls: false },
        Self { http2: false, tls: true },
        Self { http2: true, tls: false },
        Self { http2: true, tls: true },
    ];
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.http2 { "h2" } else { "h1" })?;
        f.write_str(if self.tls { "+tls" } else { "" })
    }
}

#[derive(Clone)]
pub(crate) enum Fault {
    /// A host that has no address.
    NoHost,
    /// A port that nobody listens on.
    Closed,
    /// A port whose queue of connections is full.
    Full,
    /// Takes the connection and neither reads nor writes.
    Mute,
    /// A handshake of TLS that fails.
    Tls(Handshake),
    /// A proxy that answers these bytes to CONNECT and closes; none where it is not there at all.
    Proxy(Option<&'static str>),
    /// A connection that is up, and goes wrong later.
    Exchange(Exchange),
    /// Answers with the status that the message's text asks for.
    Statuses,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handshake {
    Close,
    Reset,
    Garbage,
    Untrusted,
    WrongName,
    WrongProtocol,
}

/// At some point of the request the server says something and then does something.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) when: When,
    pub(crate) say: Say,
    pub(crate) then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing has been read.
    Before,
    /// A part has been read: some bytes, or the head of an HTTP/2 request.
    During,
    /// All of it has been read.
    After,
}

#[derive(Clone)]
pub(crate) enum Say {
    Nothing,
    Bytes(Vec<u8>),
    Reply(Reply),
    /// Frames of HTTP/2, given the stream's id.
    Frames(Arc<dyn Fn(u32) -> Vec<u8> + Send + Sync>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Serves the next request.
    Next,
    /// Ends the stream, in TLS too.
    Fin,
    /// Ends the TCP stream under a TLS that goes on.
    Cut,
    Reset,
    Hang,
}

#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) interim: Vec<u16>,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) rest: Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Whole,
    /// In small pieces, with pauses.
    Slow,
    /// Promises more than it sends.
    Short,
    /// Chunked, and ends within a chunk.
    Chunk,
}

impl Fault {
    pub(crate) fn new(when: When, say: Say, then: Then) -> Self {
        Self::Exchange(Exchange { when, say, then })
    }

    /// Reads the request and says these bytes.
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        Self::new(When::After, Say::Bytes(bytes.into()), then)
    }

    pub(crate) fn frames(
        when: When,
        frames: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static,
        then: Then,
    ) -> Self {
        Self::new(when, Say::Frames(Arc::new(frames)), then)
    }

    /// Resets the stream.
    pub(crate) fn reset(when: When, code: u32) -> Self {
        Self::frames(when, move |id| http2::reset(id, code), Then::Next)
    }
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let (interim, headers) = (Vec::new(), Vec::new());
        Self { interim, status, headers, body: body.into(), rest: Rest::Whole }
    }

    pub(crate) fn interim(mut self, status: u16) -> Self {
        self.interim.push(status);
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn rest(mut self, rest: Rest) -> Self {
        self.rest = rest;
        self
    }

    /// Reads the request and says this.
    pub(crate) fn then(self, then: Then) -> Fault {
        Fault::new(When::After, Say::Reply(self), then)
    }

    /// The body as it is sent, piece by piece.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let size = if self.rest == Rest::Slow { self.body.len() / 6 + 1 } else { 16_000 };
        self.body.chunks(size)
    }
}
