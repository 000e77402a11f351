//! The stream of changes.

use std::time::{Duration, Instant};

use anysms_pages::INBOX_PATH;

use crate::{PHONE, Site};

/// Reads a stream until it has said this.
async fn until(stream: &mut reqwest::Response, text: &str) {
    let mut said = String::new();
    let read = async {
        while !said.contains(text) {
            let chunk = stream.chunk().await.unwrap().expect("the stream goes on");
            said += std::str::from_utf8(&chunk).unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(5), read).await.expect(text);
}

#[tokio::test]
async fn it_names_what_changed_at_once() {
    let site = Site::start().await;
    let mut stream =
        site.client.get(site.url(&format!("{INBOX_PATH}/stream"))).send().await.unwrap();
    assert_eq!(stream.headers()["content-type"], "text/event-stream");
    assert_eq!(stream.headers()["cache-control"], "no-store");
    until(&mut stream, "data: all\n\n").await;
    let begun = Instant::now();
    site.send(PHONE, "Hello").await;
    until(&mut stream, "data: list\n\ndata: phone-447700900123\n\n").await;
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
    site.post("fault", &[("fault", "429")]).await;
    until(&mut stream, "data: bar\n\n").await;
    site.sandbox.clear_faults();
    until(&mut stream, "data: bar\n\n").await;
    site.sandbox.clear_messages();
    until(&mut stream, "data: all\n\n").await;
}

#[tokio::test]
async fn a_message_that_is_read_in_one_page_is_read_in_all() {
    let site = Site::start().await;
    site.deliver(PHONE, "Hello").await;
    let mut stream =
        site.client.get(site.url(&format!("{INBOX_PATH}/stream"))).send().await.unwrap();
    until(&mut stream, "data: all\n\n").await;
    site.page("?phone=447700900123").await;
    until(&mut stream, "data: list\n\n").await;
}
