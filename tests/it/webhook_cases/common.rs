//! The fixed inputs of the cases, and requests made of them.

use std::net::IpAddr;

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{
        Event, InboundMessage, Proof, PublicUrl, StatusUpdate, Verified, Webhook, WebhookError,
        WebhookErrorKind, WebhookExt, WebhookRequest,
    },
};

pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const U: &str = "https://hooks.example.com/twilio/status";
pub(crate) const S: [(&str, &str); 6] = [
    ("AccountSid", "AC00000000000000000000000000000001"),
    ("ApiVersion", "2010-04-01"),
    ("From", "+15017122661"),
    ("MessageSid", "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("MessageStatus", "delivered"),
    ("To", "+15558675310"),
];
/// Of `U` and `S`.
pub(crate) const SIGNATURE: &str = "sXHbcncRt9pbuff0E/72yN8K868=";

/// Twilio's published example, which its libraries test with the token `12345`.
pub(crate) const PUBLISHED: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
pub(crate) const PUBLISHED_FORM: &str = "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309\
    &To=%2B18005551212&Caller=%2B14158675309";
pub(crate) const PUBLISHED_SIGNATURE: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

pub(crate) const PLIVO_TOKEN: &str = "PLIVOTOKENPLIVOTOKENPLIVOTOKENPLIVOTOKEN";
pub(crate) const V: &str = "https://hooks.example.com/plivo/status";
pub(crate) const NONCE: &str = "05429567804466091622";
pub(crate) const PS: [(&str, &str); 6] = [
    ("From", "15017122661"),
    ("MessageUUID", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"),
    ("Status", "delivered"),
    ("To", "15558675310"),
    ("TotalAmount", "0.00350"),
    ("Units", "1"),
];

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// A verifier for one whole address.
pub(crate) fn twilio(url: &str) -> TwilioWebhook {
    TwilioWebhook::new(TOKEN, url.parse().unwrap()).unwrap()
}

/// A verifier for one whole address, called by GET.
pub(crate) fn twilio_get(url: &str) -> TwilioWebhook {
    TwilioWebhook::new(TOKEN, by_get(url)).unwrap()
}

/// The verifier of the published examples.
pub(crate) fn published(url: &str) -> TwilioWebhook {
    TwilioWebhook::new("12345", url.parse().unwrap()).unwrap()
}

/// A verifier for one whole address.
pub(crate) fn plivo(url: &str) -> PlivoWebhook {
    PlivoWebhook::new(PLIVO_TOKEN, url.parse().unwrap()).unwrap()
}

/// A verifier for one whole address, called by GET.
pub(crate) fn plivo_get(url: &str) -> PlivoWebhook {
    PlivoWebhook::new(PLIVO_TOKEN, by_get(url)).unwrap()
}

pub(crate) fn by_get(url: &str) -> PublicUrl {
    url.parse::<PublicUrl>().unwrap().by_get()
}

pub(crate) fn form(params: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish()
}

/// The form of `S` and more.
pub(crate) fn s_and(more: &[(&str, &str)]) -> String {
    form(&[&S, more].concat())
}

/// The form of `S` with another value under one name.
pub(crate) fn s_but(name: &str, value: &str) -> String {
    form(&S.map(|(known, own)| (known, if known == name { value } else { own })))
}

/// A request that a case changes piece by piece.
#[derive(Clone)]
pub(crate) struct Call {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    peer: Option<IpAddr>,
}

impl Call {
    /// A form sent to an address, of which the request shows path and query.
    pub(crate) fn post(url: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("Content-Type".to_owned(), FORM.into())];
        let call = Self {
            method: "POST".into(),
            target: String::new(),
            headers,
            body: body.into(),
            peer: None,
        };
        call.to(url)
    }

    pub(crate) fn get(url: &str) -> Self {
        Self::post(url, "").by("GET").without("Content-Type")
    }

    /// The form of `S`, sent to `U` with its signature.
    pub(crate) fn status() -> Self {
        Self::post(U, form(&S)).signed(SIGNATURE)
    }

    /// The form of `PS` sent to an address, signed by V3.
    pub(crate) fn plivo(url: &str) -> Self {
        Self::post(url, form(&PS)).v3_of(&plivo(url))
    }

    pub(crate) fn by(mut self, method: &str) -> Self {
        self.method = method.into();
        self
    }

    pub(crate) fn to(mut self, url: &str) -> Self {
        let at = url.find("://").map_or(0, |at| at + 3);
        let path = url[at..].find(['/', '?']).map_or("/", |path| &url[at + path..]);
        let slash = if path.starts_with('/') { "" } else { "/" };
        self.target = [slash, path.split('#').next().unwrap()].concat();
        self
    }

    pub(crate) fn saying(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn behind(mut self, peer: &str) -> Self {
        self.peer = Some(peer.parse().unwrap());
        self
    }

    /// Has this header and no other of its name.
    pub(crate) fn with(self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.without(name).also(name, value)
    }

    /// Has one more header.
    pub(crate) fn also(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    pub(crate) fn signed(self, signature: &str) -> Self {
        self.with("X-Twilio-Signature", signature)
    }

    /// Signed by Twilio's rules, for the address as it is given.
    pub(crate) fn signed_by(self, webhook: &TwilioWebhook, url: &str) -> Self {
        let body = if self.method == "GET" { Vec::new() } else { self.body.clone() };
        let signature = webhook.sign(url, &body).unwrap();
        self.signed(&signature)
    }

    pub(crate) fn v2(self, signature: &str, nonce: &str) -> Self {
        self.with("X-Plivo-Signature-V2", signature).with("X-Plivo-Signature-V2-Nonce", nonce)
    }

    pub(crate) fn v3(self, signature: &str, nonce: &str) -> Self {
        self.with("X-Plivo-Signature-V3", signature).with("X-Plivo-Signature-V3-Nonce", nonce)
    }

    /// Signed by V3, as it stands, under the host of the cases.
    pub(crate) fn v3_of(self, webhook: &PlivoWebhook) -> Self {
        let url = format!("https://hooks.example.com{}", self.target);
        let signature = webhook.sign_v3(&self.method, &url, &self.body, NONCE).unwrap();
        self.v3(&signature, NONCE)
    }

    pub(crate) fn request<R>(&self, f: impl FnOnce(WebhookRequest<'_>) -> R) -> R {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let request = WebhookRequest::new(&self.method, &self.target, &headers, &self.body);
        f(match self.peer {
            Some(peer) => request.with_peer(peer),
            None => request,
        })
    }

    /// What the check proves.
    pub(crate) fn proof<R>(&self, webhook: &dyn Webhook, f: impl FnOnce(&Proof<'_>) -> R) -> R {
        self.request(|request| f(Verified::check(webhook, request).unwrap().proof()))
    }

    /// Which key matched, or why the check refuses.
    pub(crate) fn check(&self, webhook: &dyn Webhook) -> Result<usize, WebhookErrorKind> {
        let checked = self.request(|request| {
            Verified::check(webhook, request).map(|verified| verified.proof().key)
        });
        checked.map_err(|error| error.kind())
    }

    pub(crate) fn passes(&self, webhook: &dyn Webhook) -> bool {
        self.check(webhook).is_ok()
    }

    pub(crate) fn receive(&self, webhook: &dyn Webhook) -> Result<Event, WebhookError> {
        self.request(|request| webhook.receive(request))
    }

    pub(crate) fn error(&self, webhook: &dyn Webhook) -> WebhookError {
        self.receive(webhook).expect_err("must be refused")
    }

    pub(crate) fn update(&self, webhook: &dyn Webhook) -> StatusUpdate {
        match self.receive(webhook).unwrap() {
            Event::Status(update) => update,
            event => panic!("not a status: {event:?}"),
        }
    }

    pub(crate) fn message(&self, webhook: &dyn Webhook) -> InboundMessage {
        match self.receive(webhook).unwrap() {
            Event::Inbound(message) => message,
            event => panic!("not a message: {event:?}"),
        }
    }
}
