//! Calls of webhooks: the reports of a message's status, and what phones send.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header::AUTHORIZATION};

use crate::{
    error::{Error, ErrorKind, Result},
    message::{MessageId, MessageStatus, Text, WebUrl},
    provider_id::ProviderId,
    sandbox::{Callback, CallbackReport, Carried, Inbound, Origin, SandboxVendor, server::Shared},
    transport::HttpTransport,
};

/// Most webhooks that one message is handed to, each by the answer of the one before.
const MOST_DOCUMENTS: usize = 50;

impl Shared {
    /// Sends a message from a phone: hands it to the webhook at this address, or else to the one of its
    /// number, and does what that answers. Returns the message and the status of the last answer; `None`
    /// if no webhook was called.
    pub(super) async fn receive(
        &self,
        provider: &ProviderId,
        message: &Inbound,
        webhook: Option<Callback>,
    ) -> Result<(Carried, Option<u16>)> {
        let vendor = self.vendor(provider).ok_or_else(|| {
            Error::unsupported(provider.clone(), "sandbox: does not speak this vendor")
        })?;
        let message = vendor.take_in(message, &self.carrier);
        let mut next = webhook.or_else(|| vendor.webhook(&message, &self.carrier));
        let mut last = None;
        for _ in 0..MOST_DOCUMENTS {
            let Some(webhook) = next.take() else { break };
            let Some(request) = vendor.inbound(&message, &webhook, &self.carrier) else { break };
            let called = self
                .call(vendor, &webhook.url, Some((&message.id, &message.status)), &request)
                .await;
            let answer = called.ok_or_else(|| Error::not_sent(ErrorKind::Webhook))?;
            last = Some(answer.status().as_u16());
            if answer.status().is_success() {
                next = vendor.obey(&message, &webhook, &answer, &self.carrier);
            }
        }
        Ok((message, last))
    }

    /// Calls a webhook, as often as the vendor does, and keeps each call with the message that it is about. Returns the last answer; `None` if
    /// there was none.
    pub(super) async fn call(
        &self,
        vendor: &dyn SandboxVendor,
        url: &WebUrl,
        about: Option<(&MessageId, &MessageStatus)>,
        request: &Request<Bytes>,
    ) -> Option<Response<Bytes>> {
        let shown = shown(request);
        let signed: Option<Text> = vendor.signed_text(request).map(Text::from);
        let mut calls = 0;
        loop {
            calls += 1;
            let call = self.transport.execute(request.clone());
            let answer = tokio::time::timeout(vendor.patience(url), call).await;
            let answer = answer.ok().and_then(std::result::Result::ok);
            let answer = answer.map(|answer| answer.map(std::result::Result::unwrap_or_default));
            let code = answer.as_ref().map(|answer| answer.status().as_u16());
            if let Some((id, status)) = about {
                let (status, request, signed) = (status.clone(), shown.clone(), signed.clone());
                let at = self.carrier.now();
                let response = answer.as_ref().map(answered);
                let report = CallbackReport { status, request, signed, answer: code, response, at };
                self.carrier.reported(id, report);
            }
            let Some(wait) = vendor.again(url, calls, code) else { return answer };
            self.wait(wait).await;
        }
    }

    /// Waits so long by the clock of the sandbox.
    pub(super) async fn wait(&self, time: Duration) {
        let until = self.carrier.now().saturating_add(time).unwrap_or(jiff::Timestamp::MAX);
        self.carrier.clock().reach(until).await;
    }
}

impl Carried {
    /// Returns `true` if a phone sent it.
    #[must_use]
    pub fn is_inbound(&self) -> bool {
        self.origin == Origin::Phone
    }
}

/// Returns a request as text: its line, headers and body.
fn shown(request: &Request<Bytes>) -> Text {
    let line = format!("{} {}", request.method(), request.uri());
    as_text(&line, request.headers(), request.body())
}

/// Returns an answer as text: its line, headers and the start of its body.
fn answered(answer: &Response<Bytes>) -> Text {
    const MOST: usize = 4_096;
    let body = answer.body();
    as_text(&answer.status().to_string(), answer.headers(), &body[..body.len().min(MOST)])
}

/// Returns what went over the line as text, without credentials.
pub(super) fn as_text(line: &str, headers: &HeaderMap, body: &[u8]) -> Text {
    let mut text = format!("{line}\n");
    for (name, value) in headers.iter().filter(|(name, _)| **name != AUTHORIZATION) {
        text += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
    }
    text += "\n";
    text += &String::from_utf8_lossy(body);
    text.into()
}
