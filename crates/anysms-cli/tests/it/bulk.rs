//! `anysms bulk`: killed again and again, it sends nobody the same message twice.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anysms::{
    sandbox::{Carried, Sandbox},
    twilio::TwilioSandbox,
};

use crate::{data, run};

/// An empty folder for this test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn command(sandbox: &Sandbox, folder: &Path, rate: u32) -> Command {
    let mut command = crate::command(&["bulk", "--provider", "twilio"]);
    command
        .args(["--base-url", &sandbox.base_url(), "--rate", &rate.to_string(), "--results"])
        .args([folder.join("results.csv"), folder.join("to.csv")])
        .env("TWILIO_ACCOUNT_SID", TwilioSandbox::ACCOUNT_SID)
        .env("TWILIO_AUTH_TOKEN", TwilioSandbox::AUTH_TOKEN)
        .env("TWILIO_FROM", TwilioSandbox::NUMBER);
    command
}

/// Number of rows in each state, read from the result file.
fn results(folder: &Path) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    let mut reader = csv::Reader::from_path(folder.join("results.csv")).unwrap();
    for record in reader.records() {
        *counts.entry(record.unwrap()[1].to_owned()).or_default() += 1;
    }
    counts
}

/// Most messages that one number got.
fn most_to_one(messages: &[Carried]) -> usize {
    let mut counts: HashMap<_, usize> = HashMap::new();
    messages.iter().for_each(|message| *counts.entry(message.to).or_default() += 1);
    counts.into_values().max().unwrap_or_default()
}

#[test]
fn everybody_in_the_file_gets_the_text() {
    let folder = folder("bulk-all");
    let results_path = folder.join("results.csv");
    let sent = run(&[
        "bulk",
        "--provider=plivo",
        "--sandbox",
        "--rate=100",
        "--results",
        results_path.to_str().unwrap(),
        &data("bulk/recipients.csv"),
    ]);
    assert_eq!((sent.code, sent.stdout.as_str()), (Some(0), "{\"accepted\":20}\n"), "{sent:?}");
    let written = fs::read_to_string(&results_path).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("row,state,id,error"));
    for number in 1..=20 {
        let line = lines.next().unwrap();
        assert!(line.starts_with(&format!("{number},accepted,plivo:")), "{line}");
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn a_wrong_file_is_exit_code_2() {
    let folder = folder("bulk-wrong");
    let (csv, results) = (folder.join("to.csv"), folder.join("results.csv"));
    let (csv, results) = (csv.to_str().unwrap(), results.to_str().unwrap());
    let bulk =
        |results: &str| run(&["bulk", "--provider=plivo", "--sandbox", "--results", results, csv]);
    let missing = bulk(results);
    assert!(missing.code == Some(2) && missing.stderr.contains("to.csv: "), "{missing:?}");
    fs::write(csv, "number,text\n+447700900123,Hello\n").unwrap();
    let wrong = bulk(results);
    assert!(wrong.code == Some(2) && wrong.stderr.contains("has no column `to`"), "{wrong:?}");
    fs::write(csv, "to,text\n+447700900123,Hello\n").unwrap();
    let over_itself = bulk(csv);
    assert!(over_itself.code == Some(2) && over_itself.stderr.contains("--results: "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_killed_goes_on_and_sends_nobody_twice() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), folder("bulk-killed"));
    let rows: String = (0..300).map(|n| format!("+44770090{n:04},Hello {n}\n")).collect();
    fs::write(folder.join("to.csv"), format!("to,text\n{rows}")).unwrap();
    let mut kills = 0;
    for n in 0..40_u64 {
        let mut child = command(&sandbox, &folder, 1_000).spawn().unwrap();
        let time = Duration::from_millis(20 + n * 7 % 90);
        tokio::time::sleep(time).await;
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 2, "{kills}");
    let output = command(&sandbox, &folder, 1_000).output().unwrap();
    let (messages, results) = (sandbox.messages(), results(&folder));
    assert_eq!(most_to_one(&messages), 1, "nobody twice");
    let of = |state: &str| results.get(state).copied().unwrap_or_default();
    assert_eq!(of("accepted") + of("unknown"), 300, "{results:?} {output:?}");
    assert!(of("unknown") <= kills * 16, "{results:?}");
    assert!((of("accepted")..=300).contains(&messages.len()), "{} {results:?}", messages.len());
    assert_eq!(output.status.code(), Some(i32::from(of("unknown") > 0)));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_ends_what_has_begun_and_nothing_is_unknown() {
    let (sandbox, folder) = (Sandbox::start().await.unwrap(), folder("bulk-interrupted"));
    let rows: String = (0..50).map(|n| format!("07700 9000{n:02},Hello\n")).collect();
    fs::write(folder.join("to.csv"), format!("to,text\n{rows}not a number,Hello\n")).unwrap();
    let child = command(&sandbox, &folder, 40).args(["--region", "GB"]).spawn().unwrap();
    let begun = async {
        while sandbox.messages().len() < 5 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), begun).await.expect("nothing is sent");
    crate::signal("-INT", child.id());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let first = results(&folder);
    assert_eq!(first["accepted"], sandbox.messages().len());
    assert_eq!((first["accepted"] + first["waiting"], first["invalid"]), (50, 1), "{first:?}");
    let output = command(&sandbox, &folder, 1_000).args(["--region", "GB"]).output().unwrap();
    let second = results(&folder);
    assert_eq!((second["accepted"], second["invalid"]), (50, 1), "{output:?}");
    assert_eq!((sandbox.messages().len(), most_to_one(&sandbox.messages())), (50, 1));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("\"accepted\":50"), "{shown}");
    // Longer than what an id has by chance.
    for number in ["77009000", "7700 9000"] {
        assert!(!shown.contains(number), "{shown}");
        assert!(!fs::read_to_string(folder.join("results.csv")).unwrap().contains(number));
    }
}
