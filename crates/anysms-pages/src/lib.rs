//! Web pages of anysms, made on the server and served from the program's own port.
//!
//! [`inbox()`] shows the messages that a sandbox carries: the numbers a program wrote to, each
//! conversation as the phone shows it, and the details of a message. Its reader answers as the phone,
//! and rehearses failures.
//!
//! ```
//! use anysms::sandbox::Sandbox;
//! use anysms_pages::inbox;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::builder().pages(inbox).start().await?;
//! println!("inbox: {}{}", sandbox.base_url(), anysms_pages::INBOX_PATH);
//! # Ok(())
//! # }
//! ```
//!
//! The pages work without a script; one small script keeps them up to date. They ask nothing of any
//! other host, and answer only requests that name this machine and come from their own pages.
//!
//! Belongs here: what the pages share (`assets`, `guard`, `show`) and a folder for each page (`inbox`).

mod assets;
mod guard;
mod inbox;
mod show;

pub use inbox::{INBOX_PATH, Inbox, inbox};
