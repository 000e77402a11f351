//! Sends 200 messages, at most 16 at a time and 100 a second, and counts how they ended.
//! It needs no account: a sandbox on this machine plays Twilio.
//!
//! ```text
//! cargo run --example bulk --features sandbox
//! ```
//!
//! The command `anysms bulk` does this for a CSV file, and continues after an interrupt.

use anysms::{
    Message, Outcome, PhoneNumber, SmsProviderExt,
    layers::{LayerExt, Quota, RetryPolicy},
    sandbox::{Fault, Sandbox, When},
    twilio::{Twilio, TwilioConfig},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::start().await?;
    sandbox.inject(When::Every(50), Fault::TakeAndHangUp); // its outcome stays unknown
    let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?
        .rate_limit([Quota::messages(100)])
        .retry(RetryPolicy::default())
        .into_dyn();

    let mut messages = Vec::new();
    for guest in 0..200 {
        let to: PhoneNumber = format!("+447700900{guest:03}").parse()?;
        messages.push(Message::new(to, format!("Your table is ready, guest {guest}")));
    }

    // Results come in the order in which messages end. Read them: unread results delay new sends.
    let mut results = sms.send_each(messages).with_concurrency(16);
    while let Some(sent) = results.next().await {
        match sent.result {
            Ok(_) => {}
            Err(error) if error.outcome() == Outcome::NotSent => {
                println!("message {}: not sent, it may be sent again: {error}", sent.index);
            }
            Err(error) => println!("message {}: may have left: {error}", sent.index),
        }
    }
    let summary = results.summary();
    println!("{} sent, {} segments", summary.sent, summary.segments);
    Ok(())
}
