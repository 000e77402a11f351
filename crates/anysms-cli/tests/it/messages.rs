//! `anysms messages`.

use crate::run;

fn messages(provider: &str, arguments: &[&str]) -> crate::Run {
    run(&[&["messages", "--provider", provider, "--sandbox"], arguments].concat())
}

#[test]
fn list_prints_one_line_of_json_a_message() {
    for (provider, id) in [("twilio", "\"id\":\"twilio:SM"), ("plivo", "\"id\":\"plivo:")] {
        for arguments in [&["list"][..], &["list", "--page-size", "1"]] {
            let listed = messages(provider, arguments);
            assert_eq!(listed.code, Some(0), "{listed:?}");
            assert_eq!(listed.stdout.lines().filter(|line| line.contains(id)).count(), 3);
        }
    }
    let listed = messages("twilio", &["list", "--to", "+447700900999"]);
    assert_eq!((listed.code, listed.stdout.as_str()), (Some(0), ""));
    let listed = run(&["messages", "list", "--provider", "plivo", "--sandbox"]);
    assert_eq!((listed.code, listed.stdout.lines().count()), (Some(0), 3), "{listed:?}");
}

#[test]
fn every_command_works_on_the_sample() {
    for (provider, command, part) in [
        ("twilio", "fetch", "\"status\":\"delivered\""),
        ("twilio", "show", "\"status\":\"delivered\""),
        ("twilio", "cancel", "{\"cancelled\":\"twilio:SM"),
        ("twilio", "redact", "{\"redacted\":\"twilio:SM"),
        ("twilio", "delete", "{\"deleted\":\"twilio:SM"),
        ("twilio", "media", "\"content_type\""),
        ("plivo", "fetch", "\"status\":\"delivered\""),
        ("plivo", "media", "\"content_type\""),
    ] {
        let done = messages(provider, &[command, "sample"]);
        assert_eq!((done.code, done.stdout.lines().count()), (Some(0), 1), "{command}: {done:?}");
        assert!(done.stdout.contains(part), "{provider} {command}: {done:?}");
    }
    let account = messages("twilio", &["account"]);
    assert!(account.code == Some(0) && account.stdout.contains("\"state\":\"active\""));
}

#[test]
fn a_provider_that_cannot_refuses() {
    for command in ["cancel", "redact", "delete"] {
        let refused = messages("plivo", &[command, "sample"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
        assert!(refused.stderr.starts_with("error: kind=unsupported"), "{refused:?}");
    }
}

#[test]
fn mistakes_are_exit_code_2() {
    for arguments in [&["fetch"][..], &[], &["fetch", "x/y"], &["list", "--to", "077"]] {
        let refused = messages("twilio", arguments);
        assert_eq!((refused.code, refused.stderr.lines().count()), (Some(2), 1), "{refused:?}");
    }
    let missing = messages("twilio", &["fetch", "SM00000000000000000000000000000099"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
}
