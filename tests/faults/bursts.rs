//! HTTP/2 connections that many messages share.

use std::time::{Duration, Instant};

use tokio::{task::JoinSet, time::sleep};

use crate::{
    campaign::{class_found, send, transport},
    case::{By, Class, Patience},
    fault::{Fault, Reply, Say, Then, When, Wire},
    http2::{self, ANY, NO_ERROR, REFUSED_STREAM, go_away, reset},
    rows::YES,
    server::Server,
};

const WIRES: [Wire; 2] = [Wire { http2: true, tls: false }, Wire { http2: true, tls: true }];

/// What the server says to the stream of this id, and when.
type Words = (When, fn(u32) -> Vec<u8>);

const KINDS: [Words; 5] = [
    (When::During, |id| if id % 4 == 1 { reset(id, REFUSED_STREAM) } else { yes(id) }),
    (When::During, |id| if id == 15 { go_away(13, NO_ERROR) } else { yes(id) }),
    (When::After, |id| match id {
        0..15 => yes(id),
        _ => [yes(id), go_away(id, NO_ERROR)].concat(),
    }),
    (When::After, |id| match id {
        15 => [yes(id), go_away(ANY, NO_ERROR)].concat(),
        _ => yes(id),
    }),
    (When::After, |id| match id {
        15 => [go_away(ANY, NO_ERROR), yes(id), go_away(id, NO_ERROR)].concat(),
        _ => yes(id),
    }),
];

fn yes(id: u32) -> Vec<u8> {
    http2::encode(id, &Reply::new(201, YES)).concat()
}

/// A server looks at some of 24 messages. Each is not sent, and was not read; or was accepted, and was
/// read once, whatever connections it took.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_share_a_connection_do_not_share_their_outcome() {
    let mut counts = [0; 3];
    let clients = WIRES.map(|wire| transport(wire, Patience::Long, None));
    for round in 0..5 * crate::repeats() {
        for ((when, words), at) in KINDS.iter().flat_map(|kind| [(*kind, 0), (*kind, 1)]) {
            let (wire, transport) = (WIRES[at], &clients[at]);
            let fault = Fault::frames(when, words, Then::Next);
            let server = Server::start(&fault, wire).await.unwrap();
            let by = if round % 2 == 0 { By::Twilio } else { By::Plivo };
            let mut sending = JoinSet::new();
            for number in 100..124 {
                let (base, transport) = (server.base(wire), transport.clone());
                sending.spawn(async move {
                    (number, send(by, &base, &transport, &format!("number {number}")).await)
                });
            }
            let results = sending.join_all().await;
            sleep(Duration::from_millis(20)).await; // for what may still be read
            for (number, result) in results {
                let (class, read) = (class_found(&result), server.seen.read_of(number));
                let (at, right) = match class {
                    Class::NotSent => (0, read == 0),
                    Class::Unknown => (1, read <= 1),
                    _ => (2, read == usize::from(when == When::After)),
                };
                assert!(right, "{class:?}, read {read} times on {wire}: {result:?}");
                counts[at] += 1;
            }
        }
    }
    let [not_sent, unknown, accepted] = counts;
    println!("in bursts: {not_sent} not sent, {unknown} unknown, {accepted} accepted");
    assert!(not_sent > 0 && accepted > not_sent);
}

/// A server that is gone without a word takes one message with it, not all that follow.
#[tokio::test]
async fn a_connection_that_dies_in_silence_is_given_up() {
    let [wire, _] = WIRES;
    let silence = Fault::new(When::After, Say::Nothing, Then::Hang);
    let server = Server::start(&silence, wire).await.unwrap();
    let transport = transport(wire, Patience::Long, None);
    let (base, start) = (server.base(wire), Instant::now());
    let lost = send(By::Twilio, &base, &transport, "Hello").await;
    assert_eq!(class_found(&lost), Class::Unknown);
    assert!(start.elapsed() < Patience::Long.in_all(), "{:?}", start.elapsed());
    let next = tokio::spawn(async move { send(By::Twilio, &base, &transport, "Hello").await });
    sleep(Duration::from_millis(500)).await;
    assert_eq!(server.seen.read(), 2, "the next message went over the dead connection");
    next.abort();
}
