//! `anysms text check`.

use crate::{data, run, run_with_input};

fn check(arguments: &[&str]) -> crate::Run {
    run(&[&["text", "check"], arguments].concat())
}

#[test]
fn a_text_without_findings_is_exit_code_0() {
    let checked = check(&["--marketing", "--price", "0.04", &data("text/ready.txt")]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let line = "1 segment of GSM-7, 60 units, 100 left, costs 0.04";
    assert!(checked.stdout.contains(line), "{checked:?}");
}

#[test]
fn a_text_with_findings_is_exit_code_1() {
    let checked = check(&["--marketing", &data("text/marketing.txt")]);
    assert_eq!(checked.code, Some(1), "{checked:?}");
    assert!(checked.stdout.contains("2:15: a link of bit.ly"), "{checked:?}");
}

#[test]
fn an_unreadable_file_is_exit_code_2_and_the_others_are_checked() {
    let checked = check(&["no-such-file.txt"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(2), ""), "{checked:?}");
    assert!(checked.stderr.starts_with("no-such-file.txt: "), "{checked:?}");
    let checked = check(&["no-such-file.txt", &data("text/ready.txt")]);
    assert!(checked.code == Some(2) && checked.stdout.contains("1 segment"), "{checked:?}");
    assert_eq!(check(&[]).code, Some(2));
    assert_eq!(check(&["--rule", "other", "file"]).code, Some(2));
}

#[test]
fn every_line_of_json_has_its_answer() {
    let lines = "{\"text\": \"€\"}\n{}\n";
    let counted = run_with_input(&["text", "check", "--jsonl"], lines);
    assert_eq!(counted.code, Some(2), "{counted:?}");
    let expected = "{\"encoding\": \"GSM-7\", \"units\": 2, \"segments\": 1}\n\
                    {\"error\":\"not a JSON object with a text\"}\n";
    assert_eq!(counted.stdout, expected);
    let counted = run_with_input(&["text", "check", "--jsonl"], "{\"text\": \"ж\"}\n");
    assert_eq!(counted.code, Some(0), "{counted:?}");
    assert_eq!(counted.stdout, "{\"encoding\": \"UCS-2\", \"units\": 1, \"segments\": 1}\n");
}
