//! The server's HTTP/1.1.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{
    fault::{Exchange, Reply, Rest, Say, Then, When},
    server::{Io, Seen, end, exchange_for, write},
};

pub(crate) async fn serve(
    io: &mut impl Io,
    told: Option<&Exchange>,
    seen: &Seen,
) -> io::Result<()> {
    loop {
        let mut body = Vec::new();
        if told.is_some_and(|told| told.when == When::During) {
            io.read_exact(&mut [0; 16]).await?;
            seen.a_start();
        } else {
            let length = content_length(&read_head(io).await?);
            seen.a_start();
            body.resize(length, 0);
            io.read_exact(&mut body).await?;
            seen.a_request(&body);
        }
        let exchange = exchange_for(told, &body);
        match &exchange.say {
            Say::Nothing | Say::Frames(_) => {}
            Say::Bytes(bytes) => write(io, std::slice::from_ref(bytes)).await?,
            Say::Reply(reply) => {
                seen.an_answer(reply.status);
                write(io, &encode(reply)).await?;
            }
        }
        if exchange.then != Then::Next {
            return end(io, exchange.then).await;
        }
    }
}

/// Reads to the empty line, and not a byte further.
pub(crate) async fn read_head(io: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(io.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).to_lowercase())
}

fn content_length(head: &str) -> usize {
    let value = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// The head with the first piece of the body, and the other pieces.
pub(crate) fn encode(reply: &Reply) -> Vec<Vec<u8>> {
    let mut head = String::new();
    for status in &reply.interim {
        head += &format!("HTTP/1.1 {status} Wait\r\n\r\n");
    }
    head += &format!("HTTP/1.1 {} Words\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let length = reply.body.len();
    match reply.rest {
        Rest::Whole | Rest::Slow => head += &format!("content-length: {length}\r\n\r\n"),
        Rest::Short => head += &format!("content-length: {}\r\n\r\n", length + 10),
        Rest::Chunk => {
            head += &format!("transfer-encoding: chunked\r\n\r\n{:x}\r\n", length + 10);
        }
    }
    let mut pieces: Vec<_> = reply.pieces().map(<[u8]>::to_vec).collect();
    match pieces.first_mut() {
        Some(first) => *first = [head.into_bytes(), std::mem::take(first)].concat(),
        None => pieces.push(head.into_bytes()),
    }
    if reply.rest != Rest::Slow {
        pieces = vec![pieces.concat()];
    }
    pieces
}
