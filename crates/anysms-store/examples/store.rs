//! A message from the queue to its delivery report, against a sandbox on this machine: no account needed.
//!
//! ```text
//! cargo run -p anysms-store --example store --features axum
//! ```

use std::{error::Error, sync::Arc, time::Duration};

use anysms::{
    Account, Message, PhoneNumber, SmsProviderExt,
    sandbox::Sandbox,
    twilio::{Twilio, TwilioConfig},
    webhook::PublicUrl,
};
use anysms_store::{DeliveryState, Ingest, MessageStore, RecordExt, Runner};
use tokio::{net::TcpListener, time::sleep};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start().await?;
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    let folder = tempfile::tempdir()?;
    let store = MessageStore::sqlite(folder.path().join("messages.db")).await?;

    // Webhooks come in at /hooks/twilio/{token}.
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let hooks = [("twilio", twilio.webhook(PublicUrl::parse(&url)?)?)];
    let router = anysms_store::axum::router(Ingest::new(store.clone()), hooks);
    let app = axum::Router::new().nest("/hooks", router);
    tokio::spawn(async move { axum::serve(listener, app).await });

    // What is queued is sent in the background.
    let to: PhoneNumber = "+447700900123".parse()?;
    let message = Message::new(to, "Your table is ready").with_key("order-17".parse()?);
    store.enqueue(std::slice::from_ref(&message), None).await?.remove(0)?;
    let twilio = Arc::new(twilio).into_dyn();
    let stack =
        twilio.clone().recorded(&store)?.with_callback(format!("{url}/hooks/twilio").parse()?);
    let runner = Runner::new(store.clone(), stack)?.with_lookup(twilio);

    let delivered = async {
        let mut shown = None;
        while shown != Some(DeliveryState::Delivered) {
            if let Ok(Some(history)) = store.history(None, message.key()).await {
                let state = history.entry.state();
                if state != shown {
                    println!("{}", state.map_or("", DeliveryState::as_str));
                    shown = state;
                }
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    runner.run_until(delivered).await;
    Ok(())
}
