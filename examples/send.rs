//! Sends one message through the provider that the environment names, and says whether it left.
//!
//! ```text
//! export TWILIO_ACCOUNT_SID=AC... TWILIO_AUTH_TOKEN=... TWILIO_FROM=+15555550100
//! cargo run --example send -- +447700900123 "Your table is ready"
//! ```
//!
//! With an account at Plivo, set `PLIVO_AUTH_ID`, `PLIVO_AUTH_TOKEN` and `PLIVO_FROM` instead.

use std::env;

use anysms::{Message, Outcome, PhoneNumber, SmsProvider, registry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [to, text] = &arguments[..] else { return Err("usage: send TO TEXT".into()) };
    let to: PhoneNumber = to.parse()?;

    let sms = registry::from_env()?;
    match sms.send(&Message::new(to, text)).await {
        // Accepted is not delivered: a webhook or `sms.fetch(&id)` tells the rest.
        Ok(receipt) => println!("accepted by {}: {}", receipt.provider, receipt.status),
        // Nothing left: it is safe to send the message again, here or elsewhere.
        Err(error) if error.outcome() == Outcome::NotSent => println!("not sent: {error}"),
        // The connection broke before the answer came: do not send it again by yourself.
        Err(error) => println!("may have been sent: {error}"),
    }
    Ok(())
}
