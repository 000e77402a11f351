//! Both vendors hold the contract, against the sandbox and through every pointer.

use std::sync::Arc;

use anysms::{
    PhoneNumber, SmsProvider, SmsProviderExt,
    plivo::{Plivo, PlivoConfig, PlivoSandbox},
    provider::LogOnly,
    sandbox::Sandbox,
    testing::conformance::{self, Setup},
    twilio::{Twilio, TwilioConfig, TwilioSandbox},
};

const TO: &str = "+447700900123";

fn number(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

fn counted(sandbox: &Arc<Sandbox>, mut setup: Setup) -> Setup {
    let sandbox = Arc::clone(sandbox);
    setup.submissions = Some(Arc::new(move || sandbox.messages().len()));
    setup
}

fn twilio(sandbox: &Arc<Sandbox>) -> (Twilio, Setup) {
    let mut setup = Setup::new(number(TwilioSandbox::NUMBER).into(), number(TO));
    setup.refused = Some(number("+15005550001"));
    setup.pool = Some("MG00000000000000000000000000000001".parse().unwrap());
    setup.secrets = vec![TwilioSandbox::AUTH_TOKEN.into()];
    (Twilio::new(&TwilioConfig::sandbox(sandbox)).unwrap(), counted(sandbox, setup))
}

fn plivo(sandbox: &Arc<Sandbox>) -> (Plivo, Setup) {
    let mut setup = Setup::new(number(PlivoSandbox::NUMBER).into(), number(TO));
    setup.refused = Some(number("+999999999999999")); // Plivo takes at most 14 digits
    setup.secrets = vec![PlivoSandbox::AUTH_TOKEN.into()];
    (Plivo::new(&PlivoConfig::sandbox(sandbox)).unwrap(), counted(sandbox, setup))
}

/// The provider on one page, which is an example too.
#[path = "../../examples/custom_provider.rs"]
#[allow(dead_code)] // its `main`
mod custom;

#[tokio::test]
async fn the_custom_provider_holds_the_contract() {
    let acme = custom::Acme::default();
    let taken = Arc::clone(&acme.taken);
    let mut setup = Setup::new(number("+15555550100").into(), number(TO));
    setup.submissions = Some(Arc::new(move || taken.load(std::sync::atomic::Ordering::SeqCst)));
    let unknown_to_it = [
        "a refused recipient is not failed over",
        "another provider's id is refused",
        "a cursor of elsewhere is refused",
    ];
    holds(&acme, &setup, &unknown_to_it).await;
}

#[tokio::test]
async fn the_provider_that_only_logs_holds_the_contract() {
    let setup = Setup::new(number("+15555550100").into(), number(TO));
    let unknown_to_it = [
        "a refused recipient is not failed over",
        "one call is one submission",
        "another provider's id is refused",
        "a cursor of elsewhere is refused",
    ];
    holds(&LogOnly::new(), &setup, &unknown_to_it).await;
}

async fn holds(provider: &(impl SmsProvider + ?Sized), setup: &Setup, skipped: &[&str]) {
    let report = conformance::run(provider, setup).await;
    report.assert();
    assert_eq!(report.skipped.iter().map(|(case, _)| *case).collect::<Vec<_>>(), skipped);
    assert_eq!(report.passed.len() + skipped.len(), 13);
}

#[tokio::test]
async fn twilio_holds_the_contract() {
    let sandbox = Arc::new(Sandbox::start().await.unwrap());
    let (provider, setup) = twilio(&sandbox);
    holds(&provider, &setup, &[]).await;
}

#[tokio::test]
async fn plivo_holds_the_contract() {
    let sandbox = Arc::new(Sandbox::start().await.unwrap());
    let (provider, setup) = plivo(&sandbox);
    holds(&provider, &setup, &[]).await;
}

#[tokio::test]
async fn a_pointer_holds_what_it_points_to() {
    let sandbox = Arc::new(Sandbox::start().await.unwrap());
    let (provider, setup) = twilio(&sandbox);
    holds(&Box::new(provider.clone()), &setup, &[]).await;
    let dynamic: Arc<dyn SmsProvider> = provider.into_dyn();
    assert!(dynamic.capabilities().cancel);
    holds(&dynamic, &setup, &[]).await;
    holds(&*dynamic, &setup, &[]).await;
}
