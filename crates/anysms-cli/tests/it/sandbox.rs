//! `anysms sandbox`.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, ChildStdout},
};

use anysms::{
    Message, PhoneNumber, Query, SmsProvider,
    plivo::{Plivo, PlivoConfig},
    twilio::{Twilio, TwilioConfig},
};
use serde_json::Value;

use crate::{command, run};

/// Starts a sandbox and reads its line. The reader must live as long as the sandbox.
fn start(arguments: &[&str]) -> (Child, Value, BufReader<ChildStdout>) {
    let mut child = command(&[&["sandbox"], arguments].concat()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap(), lines)
}

#[cfg(unix)]
#[tokio::test]
async fn it_serves_both_providers_until_it_is_stopped() {
    for stop in ["-INT", "-TERM"] {
        let (mut child, running, mut rest) = start(&["--port", "0"]);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let base_url = text(&running["base_url"]);
        let (twilio, plivo) = (&running["twilio"], &running["plivo"]);
        let (account, token) = (text(&twilio["account_sid"]), text(&twilio["auth_token"]));
        let config = TwilioConfig::new(account, token).with_base_url(&base_url);
        let config = config.with_sender(text(&twilio["number"]).parse().unwrap());
        let twilio = Twilio::new(&config).unwrap();
        let (account, token) = (text(&plivo["auth_id"]), text(&plivo["auth_token"]));
        let config = PlivoConfig::new(account, token).with_base_url(&base_url);
        let config = config.with_sender(text(&plivo["number"]).parse().unwrap());
        let plivo = Plivo::new(&config).unwrap();
        for provider in [&twilio as &dyn SmsProvider, &plivo] {
            let to: PhoneNumber = "+447700900123".parse().unwrap();
            let receipt = provider.send(&Message::new(to, "Hello")).await.unwrap();
            let listed = provider.list(&Query::new()).await.unwrap().items;
            assert_eq!(listed.len(), 1, "{listed:?}");
            assert_eq!(Some(&listed[0].id), receipt.id.as_ref());
        }
        crate::signal(stop, child.id());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{stop}");
        let mut more = String::new();
        rest.read_to_string(&mut more).unwrap();
        assert_eq!(more, "", "one line and no more");
    }
}

#[tokio::test]
async fn its_inbox_is_served_and_its_file_outlives_it() {
    let file = std::env::temp_dir().join(format!("anysms-cli-{}.json", std::process::id()));
    for run in 1..=2 {
        let (mut child, running, _lines) = start(&["--data", file.to_str().unwrap()]);
        let url = running["inbox_url"].as_str().unwrap();
        assert_eq!(url, format!("{}/_anysms/inbox", running["base_url"].as_str().unwrap()));
        let page = get(url);
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        let config = TwilioConfig::new(
            running["twilio"]["account_sid"].as_str().unwrap(),
            running["twilio"]["auth_token"].as_str().unwrap(),
        );
        let config = config.with_base_url(running["base_url"].as_str().unwrap());
        let twilio = Twilio::new(&config).unwrap();
        let sender = running["twilio"]["number"].as_str().unwrap().parse().unwrap();
        let message = Message::new("+447700900123".parse::<PhoneNumber>().unwrap(), "Hello");
        twilio.send(&message.with_sender(sender)).await.unwrap();
        assert_eq!(twilio.list(&Query::new()).await.unwrap().items.len(), run);
        crate::signal("-TERM", child.id());
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    std::fs::remove_file(file).unwrap();
}

/// Reads a page over HTTP.
fn get(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

#[test]
fn a_port_can_be_chosen_and_is_taken_once() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    let refused = run(&["sandbox", "--port", &port]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    drop(free);
    let (mut child, running, _lines) = start(&["--port", &port]);
    assert_eq!(running["base_url"], format!("http://127.0.0.1:{port}"));
    child.kill().unwrap();
    child.wait().unwrap();
}
