//! Numbers and pools of both vendors: one table of promises, purchases that happen once, and a campaign that cuts them.

mod buyer;
mod campaign;
mod pools;
mod promises;
mod refusals;

use std::sync::Arc;

use anysms::{
    PhoneNumber,
    message::Money,
    number::Region,
    numbers::{NumberCategory, Numbers, Pools, ShortCodes},
    plivo::{Plivo, PlivoConfig},
    sandbox::Sandbox,
    transport::{HttpTransport, ReqwestTransport},
    twilio::{Twilio, TwilioConfig},
};

/// A vendor in a sandbox, and what it has on offer there.
struct Subject {
    name: &'static str,
    numbers: Arc<dyn Numbers>,
    pools: Arc<dyn Pools>,
    short_codes: Arc<dyn ShortCodes>,
    /// A country and a category that it has, and the first digits of such a number.
    offer: (Region, NumberCategory, &'static str),
    /// The price of a month of these.
    monthly: &'static str,
    /// Part of the paths of purchases and of those of numbers that are the account's.
    paths: (&'static str, &'static str),
}

fn plain() -> Arc<dyn HttpTransport> {
    Arc::new(ReqwestTransport::new().unwrap())
}

/// The vendors, over this transport to this sandbox.
fn subjects(sandbox: &Sandbox, transport: &Arc<dyn HttpTransport>) -> [Subject; 2] {
    let twilio =
        Twilio::with_transport(&TwilioConfig::sandbox(sandbox), transport.clone()).unwrap();
    let plivo = Plivo::with_transport(&PlivoConfig::sandbox(sandbox), transport.clone()).unwrap();
    let us = |digits| (Region::US, NumberCategory::Local, digits);
    [
        Subject {
            name: "twilio",
            numbers: Arc::new(twilio.clone()),
            pools: Arc::new(twilio.clone()),
            short_codes: Arc::new(twilio),
            offer: us("555"),
            monthly: "1.15 USD",
            paths: ("/IncomingPhoneNumbers.json", "/IncomingPhoneNumbers"),
        },
        Subject {
            name: "plivo",
            numbers: Arc::new(plivo.clone()),
            pools: Arc::new(plivo.clone()),
            short_codes: Arc::new(plivo),
            offer: us("555555"),
            monthly: "1.15 USD",
            paths: ("/PhoneNumber/", "/Number/"),
        },
    ]
}

async fn both() -> (Sandbox, [Subject; 2]) {
    let sandbox = Sandbox::start().await.unwrap();
    let subjects = subjects(&sandbox, &plain());
    (sandbox, subjects)
}

/// A mobile number that both vendors have on offer in the sandbox: 100 to 199.
fn mobile(n: u32) -> PhoneNumber {
    format!("+447700900{n}").parse().unwrap()
}

fn usd(text: &str) -> Money {
    format!("{text} USD").parse().unwrap()
}
