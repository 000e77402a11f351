//! Runs a sandbox with its inbox, until Ctrl-C.
//!
//! ```sh
//! cargo run -p anysms-pages --example inbox -- 4010
//! ```
//!
//! The argument is the port; without one a free port is taken. Prints one line of JSON with the address.

use anysms::sandbox::Sandbox;
use anysms_pages::{INBOX_PATH, inbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let sandbox = Sandbox::builder().port(port).pages(inbox).start().await?;
    let base = sandbox.base_url();
    println!(r#"{{"base_url":"{base}","inbox_url":"{base}{INBOX_PATH}"}}"#);
    tokio::signal::ctrl_c().await?;
    Ok(())
}
