//! The inbox as a browser asks for it: plain HTTP against a sandbox.

mod actions;
mod guard;
mod pages;
mod signed;
mod strangers;
mod stream;

use std::time::Duration;

use anysms::{
    Message, MessageId, MessageStatus, PhoneNumber, SmsProvider,
    sandbox::{Sandbox, SandboxHandle},
    twilio::{Twilio, TwilioConfig},
};
use anysms_pages::{INBOX_PATH, inbox};
use reqwest::{Method, StatusCode, header::HeaderMap, redirect::Policy};

const PHONE: &str = "+447700900123";

/// A sandbox with its inbox.
struct Site {
    sandbox: Sandbox,
    client: reqwest::Client,
}

/// An answer of the site.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Site {
    async fn start() -> Self {
        Self::with(inbox).await
    }

    async fn with(pages: impl FnOnce(SandboxHandle) -> axum::Router + Send + 'static) -> Self {
        let sandbox = Sandbox::builder().pages(pages).start().await.unwrap();
        let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { sandbox, client }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.base_url())
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Answer {
        let mut request = self.client.request(method, self.url(path)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        Answer { status, headers, body: answer.text().await.unwrap() }
    }

    /// Asks for a page below the inbox, such as `?phone=1`.
    async fn page(&self, place: &str) -> String {
        let path = format!("{INBOX_PATH}{place}");
        let answer = self.ask(Method::GET, &path, &[], String::new()).await;
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }

    /// Sends a form, and returns the page that it leads to.
    async fn post(&self, action: &str, fields: &[(&str, &str)]) -> String {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let path = format!("{INBOX_PATH}/{action}");
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let answer = self.ask(Method::POST, &path, &[kind], body).await;
        assert_eq!(answer.status, 303, "{action}: {}", answer.body);
        let next = answer.headers["location"].to_str().unwrap().to_owned();
        assert!(next.starts_with(INBOX_PATH), "{next}");
        self.ask(Method::GET, &next, &[], String::new()).await.body
    }

    /// Sends a message as a program does.
    async fn send(&self, to: &str, text: &str) -> MessageId {
        let sms = Twilio::new(&TwilioConfig::sandbox(&self.sandbox)).unwrap();
        let message = Message::new(to.parse::<PhoneNumber>().unwrap(), text);
        sms.send(&message).await.unwrap().id.unwrap()
    }

    /// Sends a message, and waits until it arrived.
    async fn deliver(&self, to: &str, text: &str) -> MessageId {
        let id = self.send(to, text).await;
        self.reach(&id, &MessageStatus::Delivered).await;
        id
    }

    async fn reach(&self, id: &MessageId, status: &MessageStatus) {
        self.sandbox.wait_for(id, status, Duration::from_secs(5)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await; // the pages look at it
    }
}
