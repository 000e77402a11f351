//! Calls of webhooks: the reports of a message's status, and what phones send.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

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
        let mut calls = 0;
        loop {
            calls += 1;
            let call = self.transport.execute(request.clone());
            let answer = tokio::time::timeout(vendor.patience(url), call).await;
            let answer = answer.ok().and_then(std::result::Result::ok);
            let answer = answer.map(|answer| answer.map(std::result::Result::unwrap_or_default));
            let code = answer.as_ref().map(|answer| answer.status().as_u16());
            if let Some((id, status)) = about {
                let (status, request) = (status.clone(), shown.clone());
                let at = self.carrier.now();
                let report = CallbackReport { status, request, answer: code, at };
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
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
    }
    text += "\n";
    text += &String::from_utf8_lossy(request.body());
    text.into()
}
