//! Memory of ten thousand accounts: at most 64 MiB over one transport.
//!
//! ```text
//! cargo bench -p anysms-benches --bench accounts
//! ```
//!
//! `cargo test --benches` builds a hundred of them.

use std::sync::Arc;

use allocation_counter::measure;
use anysms::{
    Accounts, TenantId,
    plivo::{Plivo, PlivoConfig},
    transport::ReqwestTransport,
    twilio::{Twilio, TwilioConfig},
};

/// Most bytes that ten thousand accounts may take.
const LIMIT: i64 = 64 * 1_024 * 1_024;

fn main() {
    let count: usize =
        if std::env::args().any(|argument| argument == "--bench") { 10_000 } else { 100 };
    let transport = Arc::new(ReqwestTransport::new().expect("a transport"));
    let mut kept = None;
    let taken = measure(|| {
        let accounts = Accounts::new();
        for n in 0..count {
            let tenant = TenantId::new(&format!("tenant-{n}")).expect("a tenant");
            if n % 2 == 0 {
                let config = TwilioConfig::new(format!("AC{n:032x}"), format!("{n:032x}"));
                accounts.put(
                    tenant,
                    Twilio::with_transport(&config, transport.clone()).expect("an account"),
                );
            } else {
                let config = PlivoConfig::new(format!("MA{n:018}"), format!("{n:040}"));
                accounts.put(
                    tenant,
                    Plivo::with_transport(&config, transport.clone()).expect("an account"),
                );
            }
        }
        kept = Some(accounts);
    });
    assert_eq!(kept.as_ref().map(Accounts::len), Some(count));
    let each = taken.bytes_current / i64::try_from(count).expect("few accounts");
    println!("{count} accounts: {} bytes each, {} KiB in all", each, taken.bytes_current / 1_024);
    assert!(each * 10_000 <= LIMIT, "{each} bytes each are over 64 MiB for ten thousand");
}
