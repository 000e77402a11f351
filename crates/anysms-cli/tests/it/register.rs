//! `anysms register`.

use std::path::Path;

use anysms::sandbox::{Fault, Sandbox, When};
use serde_json::Value;

use crate::{command, end, run, run_with_input};

const KINDS: [&str; 3] = ["brand", "campaign", "toll-free"];

fn example(kind: &str) -> String {
    let printed = run(&["register", "--example", kind]);
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{printed:?}");
    printed.stdout
}

/// The example with one field set.
fn with(kind: &str, field: &str, value: Value) -> String {
    let mut form: Value = serde_json::from_str(&example(kind)).unwrap();
    form[field] = value;
    form.to_string()
}

#[test]
fn examples_pass_the_check_and_are_submitted_in_the_sandbox() {
    for kind in KINDS {
        let form = example(kind);
        let checked = run_with_input(&["register", "check", "-"], &form);
        assert_eq!(checked.code, Some(0), "{checked:?}");
        for provider in ["twilio", "plivo"] {
            let arguments =
                ["register", "--provider", provider, "--sandbox", "submit", "-", "--yes", "--json"];
            let made = run_with_input(&arguments, &form);
            assert_eq!(made.code, Some(0), "{provider} {made:?}");
            let made: Value = serde_json::from_str(&made.stdout).unwrap();
            assert_eq!(
                (&made["state"], &made["provider"]),
                (&"submitted".into(), &provider.into())
            );
            assert!(made["id"].as_str().unwrap().starts_with(&kind.replace('-', "_")));
        }
    }
}

#[test]
fn findings_are_a_table_or_lines_of_json_and_exit_code_1() {
    let form = with("campaign", "samples", Value::Array(Vec::new()));
    let checked = run_with_input(&["register", "check", "-"], &form);
    assert_eq!((checked.code, checked.stdout.lines().count()), (Some(1), 1), "{checked:?}");
    assert!(checked.stdout.starts_with("error    samples  needs 2 to 5 messages, has 0  "));
    let form = with("campaign", "has_links", true.into());
    let checked = run_with_input(&["register", "check", "-", "--json"], &form);
    let finding: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!((checked.code, &finding["field"]), (Some(1), &"has_links".into()));
    // It is not submitted, and nobody is asked.
    let arguments = ["register", "--provider", "twilio", "--sandbox", "submit", "-", "--yes"];
    let refused = run_with_input(&arguments, &form);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.starts_with("error    has_links"), "{refused:?}");
}

#[test]
fn nothing_is_submitted_without_a_yes_and_mistakes_are_exit_code_2() {
    let arguments = ["register", "--provider", "twilio", "--sandbox", "submit", "-"];
    let refused = run_with_input(&arguments, &example("brand"));
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    assert!(refused.stderr.contains("--yes: is not given"), "{refused:?}");
    for (arguments, form) in [
        (&["register"][..], ""),
        (&["register", "check", "/no/such/file"], ""),
        (&["register", "check", "-"], "{"),
        (&["register", "check", "-"], r#"{"kind":"dog"}"#),
        (&["register", "check", "-"], r#"{"kind":"brand","name":"a","nmae":"b"}"#),
        (&["register", "submit", "-", "--yes"], "{}"),
        (&["register", "--example", "dog"], ""),
        (&["register", "--provider", "plivo", "--sandbox", "status", "brand"], ""),
        (&["register", "--provider", "plivo", "--sandbox", "status", "dog:1"], ""),
    ] {
        let refused = run_with_input(arguments, form);
        assert_eq!((refused.code, refused.stderr.lines().count()), (Some(2), 1), "{refused:?}");
    }
}

#[test]
fn the_state_is_asked_for_by_name_by_id_and_for_all() {
    for provider in ["twilio", "plivo"] {
        let status = |rest: &[&str]| {
            run(&[&["register", "--provider", provider, "--sandbox", "status"], rest].concat())
        };
        let all = status(&[]);
        assert_eq!((all.code, all.stdout.lines().count()), (Some(0), 1), "{all:?}");
        assert!(all.stdout.starts_with("brand:") && all.stdout.contains("  acme  "), "{all:?}");
        let one = status(&["brand:acme", "--json"]);
        let one: Value = serde_json::from_str(&one.stdout).unwrap();
        assert_eq!((&one["name"], &one["provider"]), (&"acme".into(), &provider.into()));
        let missing = status(&["campaign:MG1/QE1"]);
        assert_eq!(missing.code, Some(1), "{missing:?}");
    }
}

/// Runs a command against a sandbox of the test's, with this folder.
async fn at(sandbox: &Sandbox, folder: &Path, rest: &[&str]) -> crate::Run {
    let base = sandbox.base_url();
    let folder = folder.to_str().unwrap().to_owned();
    let arguments: Vec<String> =
        ["register", "--provider", "plivo", "--base-url", &base, "--intents", &folder]
            .iter()
            .chain(rest)
            .map(|argument| (*argument).to_owned())
            .collect();
    let ended = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = command(&arguments);
        command.env("PLIVO_AUTH_ID", anysms::plivo::PlivoSandbox::AUTH_ID);
        command.env("PLIVO_AUTH_TOKEN", anysms::plivo::PlivoSandbox::AUTH_TOKEN);
        end(&mut command)
    });
    ended.await.unwrap()
}

#[tokio::test]
async fn a_run_never_submits_twice_and_a_person_withdraws() {
    use anysms::plivo::{Plivo, PlivoConfig, PlivoProfile};

    let sandbox = Sandbox::start().await.unwrap();
    let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    let profile = plivo.create_profile(&PlivoProfile::new("acme", "Acme")).await.unwrap();
    let folder = std::env::temp_dir().join(format!("anysms-register-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("brand.form");
    std::fs::write(&file, with("brand", "profile", profile.into())).unwrap();
    let form = file.to_str().unwrap();

    // The list is read, then the brand is submitted: the second fails, and nobody can know.
    sandbox.inject_at("/10dlc/Brand", When::Every(2), Fault::Refuse(500));
    let failed = at(&sandbox, &folder, &["submit", form, "--yes"]).await;
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.stderr.contains("outcome=unknown"), "{failed:?}");
    sandbox.clear_faults();
    let again = at(&sandbox, &folder, &["submit", form, "--yes"]).await;
    assert_eq!((again.code, again.stdout.as_str()), (Some(1), ""), "{again:?}");
    assert!(again.stderr.starts_with("unconfirmed: "), "{again:?}");
    let status = at(&sandbox, &folder, &["status"]).await;
    assert!(status.stderr.contains("unconfirmed: brand:acme"), "{status:?}");
    let asked = at(&sandbox, &folder, &["withdraw", form]).await;
    assert_eq!(asked.code, Some(2), "{asked:?}");
    let withdrawn = at(&sandbox, &folder, &["withdraw", form, "--yes"]).await;
    assert_eq!((withdrawn.code, withdrawn.stdout.as_str()), (Some(0), "brand acme: withdrawn\n"));
    for _ in 0..2 {
        let made = at(&sandbox, &folder, &["submit", form, "--yes"]).await;
        assert_eq!((made.code, made.stdout.lines().count()), (Some(0), 1), "{made:?}");
    }
    sandbox.skip(std::time::Duration::from_secs(3 * 86_400));
    let status = at(&sandbox, &folder, &["status", "all"]).await;
    assert!(status.stdout.ends_with("  acme  approved (COMPLETED)\n"), "{status:?}");
    assert_eq!(status.stdout.lines().count(), 1);
    std::fs::remove_dir_all(folder).unwrap();
}
