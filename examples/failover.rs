//! Sends through Twilio, and through Plivo when Twilio refuses. A message that may have left is never
//! sent a second time. It needs no account: a sandbox on this machine plays both providers.
//!
//! ```text
//! cargo run --example failover --features sandbox
//! ```

use std::time::Duration;

use anysms::{
    Message, Outcome, PhoneNumber, SmsProvider,
    layers::{Failover, LayerExt, RetryPolicy},
    plivo::{Plivo, PlivoConfig},
    sandbox::{Fault, Sandbox, When},
    twilio::{Twilio, TwilioConfig},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?.retry(RetryPolicy::default());
    let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox))?.retry(RetryPolicy::default());
    let sms = Failover::new(twilio).or(plivo)?.timeout(Duration::from_secs(60));
    let to: PhoneNumber = "+447700900123".parse()?;

    // All is well: Twilio sends.
    let receipt = sms.send(&Message::new(to, "Your table is ready")).await?;
    println!("sent by {}", receipt.provider);

    // Twilio refuses three times, as it is asked too often. Nothing left, so Plivo sends.
    sandbox.inject(When::Next(3), Fault::Refuse(429));
    let receipt = sms.send(&Message::new(to, "Your table is still ready")).await?;
    println!("sent by {}", receipt.provider);

    // Twilio takes the message and hangs up before it answers. The message may be on its way, so
    // neither Twilio nor Plivo gets it again.
    sandbox.inject(When::Next(1), Fault::TakeAndHangUp);
    match sms.send(&Message::new(to, "Your table was given away")).await {
        Err(error) if error.outcome() == Outcome::Unknown => println!("may have left: {error}"),
        other => println!("unexpected: {other:?}"),
    }
    assert_eq!(sandbox.messages().len(), 3);
    Ok(())
}
