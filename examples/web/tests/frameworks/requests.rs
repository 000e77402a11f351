//! Requests byte by byte, and their answers.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{NONCE, plivo, twilio};

/// The form of a status callback.
pub(super) fn status(provider: &str) -> &'static str {
    match provider {
        "twilio" => {
            "MessageSid=SM00000000000000000000000000000001&MessageStatus=delivered\
             &To=%2B447700900123&From=%2B15555550100"
        }
        _ => {
            "MessageUUID=5b40a428-bfc7-4daf-9d06-726c558bf3b8&Status=delivered\
             &To=447700900123&From=15555550100"
        }
    }
}

/// The form of an inbound message.
pub(super) fn inbound(provider: &str) -> &'static str {
    match provider {
        "twilio" => {
            "MessageSid=SM00000000000000000000000000000002&SmsStatus=received&NumMedia=0\
             &From=%2B447700900123&To=%2B15555550100&Body=caf%C3%A9+%26+100%25"
        }
        _ => {
            "MessageUUID=5b40a428-bfc7-4daf-9d06-726c558bf3b9&Type=sms\
             &From=447700900123&To=15555550100&Text=caf%C3%A9+%26+100%25"
        }
    }
}

/// A request in plain bytes, so that no client tidies it up.
#[derive(Clone)]
pub(super) struct Plain {
    pub(super) method: &'static str,
    pub(super) target: String,
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Plain {
    /// A request that the provider has signed.
    pub(super) fn signed(provider: &str, token: &str, target: &str, body: &str) -> Self {
        let (url, body) = (format!("https://example.com{target}"), body.as_bytes());
        let mut headers = vec![("Content-Type", b"application/x-www-form-urlencoded".to_vec())];
        if provider == "twilio" {
            let signature = twilio(token).sign(&url, body).unwrap();
            headers.push(("X-Twilio-Signature", signature.into()));
        } else {
            let signature = plivo(token).sign_v3("POST", &url, body, NONCE).unwrap();
            headers.push(("X-Plivo-Signature-V3", signature.into()));
            headers.push(("X-Plivo-Signature-V3-Nonce", NONCE.into()));
        }
        Self { method: "POST", target: target.to_owned(), headers, body: body.to_vec() }
    }

    pub(super) fn signature(&mut self) -> &mut Vec<u8> {
        let signature =
            |name: &str| ["Signature", "V2", "V3"].iter().any(|ending| name.ends_with(ending));
        &mut self.headers.iter_mut().find(|(name, _)| signature(name)).unwrap().1
    }

    /// The request line and the headers, without the blank line behind them.
    pub(super) fn head(&self) -> Vec<u8> {
        let line = format!("{} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", self.method, self.target);
        let mut head = line.into_bytes();
        for (name, value) in &self.headers {
            head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        head
    }

    pub(super) async fn send(&self, server: SocketAddr) -> Answer {
        let length = format!("Content-Length: {}\r\n\r\n", self.body.len());
        exchange(server, &[&self.head(), length.as_bytes(), &self.body].concat()).await
    }

    /// Sends the body in chunks, and the last chunk only if the body is to end.
    pub(super) async fn send_chunked(&self, server: SocketAddr, ends: bool) -> Answer {
        let mut bytes = [&self.head()[..], b"Transfer-Encoding: chunked\r\n\r\n"].concat();
        for chunk in self.body.chunks(8 * 1024) {
            bytes.extend([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        }
        bytes.extend_from_slice(if ends { b"0\r\n\r\n" } else { b"" });
        exchange(server, &bytes).await
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) xml: bool,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn is_empty(&self, status: u16) -> bool {
        self.status == status && self.body.is_empty()
    }
}

/// Writes a request and reads one answer; the connection stays open.
pub(super) async fn exchange(server: SocketAddr, bytes: &[u8]) -> Answer {
    timeout(Duration::from_secs(30), async {
        let mut stream = TcpStream::connect(server).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let (answer, _) = tokio::join!(read_answer(&mut reader), writer.write_all(bytes));
        answer
    })
    .await
    .expect("no answer")
}

async fn read_answer(reader: &mut (impl AsyncReadExt + Unpin)) -> Answer {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                let chunked = head.contains("transfer-encoding");
                assert!(!chunked, "an answer of unknown length: {head}");
                return Answer {
                    status: head.split(' ').nth(1).unwrap().parse().unwrap(),
                    xml: head.contains("content-type: application/xml"),
                    body: String::from_utf8(bytes).unwrap().split_off(head.len() + 4),
                };
            }
        }
        match reader.read(&mut chunk).await {
            Ok(count @ 1..) => bytes.extend_from_slice(&chunk[..count]),
            ended => panic!("{ended:?} after {text:?}"),
        }
    }
}
