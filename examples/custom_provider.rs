//! A provider of your own, checked by the conformance suite. It accepts every message and sends none.
//!
//! ```text
//! cargo run --example custom_provider --features testing
//! ```

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use anysms::{
    Capabilities, Message, MessageId, ProviderId, Receipt, Result, SmsProvider,
    provider::{AccountState, AccountStatus},
    testing::conformance::{self, Setup},
};
use async_trait::async_trait;

const ACME: ProviderId = ProviderId::from_static("acme");

#[derive(Debug, Default)]
pub(crate) struct Acme {
    pub(crate) taken: Arc<AtomicUsize>,
}

#[async_trait]
impl SmsProvider for Acme {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.check = true; // every other call is refused by the default methods
        capabilities
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        message.validate()?;
        let number = self.taken.fetch_add(1, SeqCst);
        let id = MessageId::new(ACME, &number.to_string()).ok();
        Ok(Receipt::new(ACME, id, message.key().clone()))
    }

    async fn check(&self) -> Result<AccountStatus> {
        Ok(AccountStatus::new(AccountState::Active))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let acme = Acme::default();
    let taken = Arc::clone(&acme.taken);
    let mut setup = Setup::new("+15555550100".parse()?, "+447700900123".parse()?);
    setup.submissions = Some(Arc::new(move || taken.load(SeqCst)));
    let report = conformance::run(&acme, &setup).await;
    println!("{report:#?}");
    report.assert();
    Ok(())
}
