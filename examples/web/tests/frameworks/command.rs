//! The binary: what it needs, what it prints, and how it stops.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use super::requests::{Plain, status};

fn server(framework: &str, tokens: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webhook-server"));
    command.args(["--framework", framework, "--port", "0"]);
    command.args(["--public-url", "https://example.com"]);
    for name in ["TWILIO_AUTH_TOKEN", "PLIVO_AUTH_TOKEN"] {
        command.env_remove(name);
    }
    command.envs(tokens.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts a server and reads where it listens.
fn start(framework: &str, tokens: &[(&str, &str)]) -> (Child, SocketAddr) {
    let mut child = server(framework, tokens).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let address = line.strip_prefix("listening on ").expect("where it listens");
    (child, address.parse().unwrap())
}

#[test]
fn without_a_token_it_names_both_and_does_not_start() {
    for framework in ["axum", "hyper", "rocket"] {
        let refused = server(framework, &[("TWILIO_AUTH_TOKEN", "")]).output().unwrap();
        assert!(!refused.status.success());
        let stderr = String::from_utf8(refused.stderr).unwrap();
        let line = "TWILIO_AUTH_TOKEN and PLIVO_AUTH_TOKEN: both are missing";
        assert!(stderr.contains(line), "{stderr}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn it_prints_verified_events_and_stops_cleanly() {
    let tokens = [("TWILIO_AUTH_TOKEN", "token"), ("PLIVO_AUTH_TOKEN", "token")];
    let (mut child, address) = start("axum", &tokens);
    for provider in ["twilio", "plivo"] {
        let target = format!("/hooks/{provider}");
        for (token, expected) in [("token", 200), ("another", 403)] {
            let request = Plain::signed(provider, token, &target, status(provider));
            assert_eq!(request.send(address).await.status, expected, "{provider}, {token}");
        }
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut events = String::new();
    child.stdout.unwrap().read_to_string(&mut events).unwrap();
    assert_eq!(events.lines().count(), 2, "{events}");
    for line in events.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["event"], "status", "{event}");
    }
}

#[tokio::test]
async fn the_other_frameworks_start_by_name() {
    for framework in ["actix", "hyper", "poem", "warp"] {
        let (mut child, address) = start(framework, &[("TWILIO_AUTH_TOKEN", "token")]);
        let request = Plain::signed("twilio", "token", "/hooks/twilio", status("twilio"));
        assert_eq!(request.send(address).await.status, 200, "{framework}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
