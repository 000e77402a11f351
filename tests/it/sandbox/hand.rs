//! A client by hand: requests to the vendors' addresses at the sandbox, and a webhook that answers as it is told.

use std::sync::{Arc, Mutex};

use anysms::{
    plivo::PlivoSandbox,
    sandbox::{Sandbox, SandboxAccount},
    twilio::TwilioSandbox,
};
use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use serde_json::Value;
use tokio::sync::mpsc;

/// Path of the sandbox's account in Twilio's API of 2010.
pub(super) fn account() -> String {
    format!("/2010-04-01/Accounts/{}", TwilioSandbox::ACCOUNT_SID)
}

/// Credentials of a client.
#[derive(Clone)]
pub(super) struct Hand {
    base: String,
    user: String,
    token: String,
}

/// Answer of the sandbox: its status and its body.
pub(super) type Answer = (u16, Value);

impl Hand {
    pub(super) fn twilio(sandbox: &Sandbox) -> Self {
        Self::with(sandbox, TwilioSandbox::ACCOUNT_SID, TwilioSandbox::AUTH_TOKEN)
    }

    pub(super) fn plivo(sandbox: &Sandbox) -> Self {
        Self::with(sandbox, PlivoSandbox::AUTH_ID, PlivoSandbox::AUTH_TOKEN)
    }

    pub(super) fn of(sandbox: &Sandbox, account: &SandboxAccount) -> Self {
        Self::with(sandbox, account.id.as_str(), &account.token)
    }

    pub(super) fn with(sandbox: &Sandbox, user: &str, token: &str) -> Self {
        Self { base: sandbox.base_url(), user: user.to_owned(), token: token.to_owned() }
    }

    fn ask(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let client = reqwest::Client::new();
        client.request(method.parse().unwrap(), url).basic_auth(&self.user, Some(&self.token))
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        answer(self.ask("GET", path)).await
    }

    pub(super) async fn get_at(&self, host: &str, path: &str) -> Answer {
        answer(self.ask("GET", path).header("host", host)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        answer(self.ask("DELETE", path)).await
    }

    pub(super) async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        let request = self.ask("POST", path).body(form.finish());
        answer(request.header("content-type", "application/x-www-form-urlencoded")).await
    }

    pub(super) async fn json(&self, path: &str, body: Value) -> Answer {
        answer(self.ask("POST", path).body(body.to_string())).await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
}

/// Request that a webhook got: method, path and query, and the form of its body.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) form: Vec<(String, String)>,
    headers: axum::http::HeaderMap,
}

impl Heard {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A webhook that answers one after another, and for ever the last.
pub(super) async fn webhook(
    answers: Vec<(u16, &'static str, String)>,
) -> (String, mpsc::UnboundedReceiver<Heard>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heard, hears) = mpsc::unbounded_channel();
    let answers = Arc::new(Mutex::new(answers));
    let app = Router::new().fallback(async move |request: axum::extract::Request| {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 65_536).await.unwrap();
        let query = parts.uri.query().unwrap_or_default().as_bytes().to_vec();
        let all = [query, b"&".to_vec(), body.to_vec()].concat();
        let form = form_urlencoded::parse(&all).into_owned().collect();
        let path = parts.uri.path().to_owned();
        let method = parts.method.to_string();
        heard.send(Heard { method, path, form, headers: parts.headers }).unwrap();
        let mut answers = answers.lock().unwrap();
        let (status, kind, body) =
            if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        (StatusCode::from_u16(status).unwrap(), [(CONTENT_TYPE, kind)], body).into_response()
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, hears)
}
