//! The server's HTTP/2, frame by frame: no library would break the protocol in all these ways.

use std::{
    collections::{HashMap, HashSet},
    io,
};

use tokio::io::AsyncReadExt;

use crate::{
    fault::{Exchange, Reply, Rest, Say, Then, When},
    server::{Io, Seen, end, exchange_for, write},
};

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;

const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
/// The flags of a head that is whole and has no body.
pub(crate) const LAST: u8 = END_HEADERS | END_STREAM;

pub(crate) const NO_ERROR: u32 = 0;
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;
/// The last stream of a GOAWAY that announces another one.
pub(crate) const ANY: u32 = 0x7fff_ffff;

pub(crate) async fn serve(
    io: &mut impl Io,
    told: Option<&Exchange>,
    seen: &Seen,
) -> io::Result<()> {
    io.read_exact(&mut [0; 24]).await?; // the preface
    write(io, &[frame(SETTINGS, 0, 0, &[])]).await?;
    let during = told.is_some_and(|told| told.when == When::During);
    let (mut done, mut last, mut bodies) = (HashSet::new(), ANY, HashMap::<_, Vec<_>>::new());
    loop {
        let (kind, flags, id, payload) = read_frame(io).await?;
        match kind {
            SETTINGS if flags & ACK == 0 => write(io, &[frame(SETTINGS, ACK, 0, &[])]).await?,
            PING if flags & ACK == 0 => write(io, &[frame(PING, ACK, 0, &payload)]).await?,
            HEADERS => seen.a_start(),
            DATA => bodies.entry(id).or_default().extend(payload),
            _ => {}
        }
        let ended = flags & END_STREAM != 0 && !during;
        let acts = match kind {
            HEADERS => during || ended,
            DATA => ended,
            _ => false,
        };
        // What came too late for a GOAWAY is thrown away, and so is the rest of what was reset.
        if !acts || id > last || done.contains(&id) {
            continue;
        }
        done.insert(id);
        let body = bodies.remove(&id).unwrap_or_default();
        if !during {
            seen.a_request(&body);
        }
        let exchange = exchange_for(told, &body);
        match &exchange.say {
            Say::Nothing => {}
            Say::Bytes(bytes) => write(io, std::slice::from_ref(bytes)).await?,
            Say::Frames(frames) => {
                let frames = frames(id);
                if frames.windows(5).any(|bytes| bytes == literal(8, "", "201")) {
                    seen.an_answer(201);
                }
                last = last_looked_at(&frames).unwrap_or(last);
                write(io, &[frames]).await?;
            }
            Say::Reply(reply) => {
                seen.an_answer(reply.status);
                write(io, &encode(id, reply)).await?;
            }
        }
        if exchange.then != Then::Next {
            return end(io, exchange.then).await;
        }
    }
}

async fn read_frame(io: &mut impl Io) -> io::Result<(u8, u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    io.read_exact(&mut head).await?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & ANY;
    let mut payload = vec![0; length as usize];
    io.read_exact(&mut payload).await?;
    Ok((head[3], head[4], id, payload))
}

/// The last stream that a GOAWAY at the end of these frames speaks of.
fn last_looked_at(frames: &[u8]) -> Option<u32> {
    let at = frames.len().checked_sub(go_away(0, 0).len())?;
    let id = frames.get(at + 9..at + 13)?.try_into().ok()?;
    (frames[at + 3] == GOAWAY).then(|| u32::from_be_bytes(id))
}

pub(crate) fn frame(kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(id.to_be_bytes());
    frame.extend(payload);
    frame
}

pub(crate) fn reset(id: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, id, &code.to_be_bytes())
}

/// The server goes away, having looked at the streams up to `last`.
pub(crate) fn go_away(last: u32, code: u32) -> Vec<u8> {
    let payload = [&last.to_be_bytes()[..], &code.to_be_bytes(), b"words"].concat();
    frame(GOAWAY, 0, 0, &payload)
}

/// A head of an answer, with flags of one's own.
pub(crate) fn head(id: u32, flags: u8, status: &str, headers: &[(&str, String)]) -> Vec<u8> {
    let mut block = literal(8, "", status); // 8 is `:status` in the static table
    for (name, value) in headers {
        block.extend(literal(0, name, value));
    }
    frame(HEADERS, flags, id, &block)
}

/// A header that goes into no table, its name by index or in letters.
fn literal(index: u8, name: &str, value: &str) -> Vec<u8> {
    let mut block = vec![index];
    let texts = if index == 0 { &[name, value][..] } else { &[value] };
    for text in texts {
        match text.len() {
            length @ 0..127 => block.push(length as u8),
            length => {
                block.push(127);
                let mut rest = length - 127;
                while rest >= 128 {
                    block.push((rest % 128 + 128) as u8);
                    rest /= 128;
                }
                block.push(rest as u8);
            }
        }
        block.extend(text.bytes());
    }
    block
}

/// The head with the first piece of the body, and the other pieces.
pub(crate) fn encode(id: u32, reply: &Reply) -> Vec<Vec<u8>> {
    let mut start = Vec::new();
    for status in &reply.interim {
        start.extend(head(id, END_HEADERS, &status.to_string(), &[]));
    }
    let whole = matches!(reply.rest, Rest::Whole | Rest::Slow);
    let alone = if whole && reply.body.is_empty() { END_STREAM } else { 0 };
    start.extend(head(id, END_HEADERS | alone, &reply.status.to_string(), &reply.headers));
    let count = reply.pieces().count();
    let mut pieces = vec![start];
    for (at, piece) in reply.pieces().enumerate() {
        let flags = if whole && at + 1 == count { END_STREAM } else { 0 };
        pieces.push(frame(DATA, flags, id, piece));
    }
    if reply.rest != Rest::Slow {
        pieces = vec![pieces.concat()];
    }
    pieces
}
