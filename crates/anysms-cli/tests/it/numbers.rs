//! `anysms numbers clean`.

use serde_json::Value;

use crate::run_with_input;

#[test]
fn every_line_has_its_answer() {
    let lines = "GB\t(0)7700 900123\nFR\t06 12 34 56 78\nGB\t07700 90012\n";
    let cleaned = run_with_input(&["numbers", "clean"], lines);
    assert_eq!((cleaned.code, cleaned.stdout.lines().count()), (Some(0), 3), "{cleaned:?}");
    let lines: Vec<&str> = cleaned.stdout.lines().collect();
    assert!(lines[1].contains("\"e164\":\"+33612345678\""), "{cleaned:?}");
    assert!(lines[1].contains("\"type\":\"MOBILE\",\"valid\":true"), "{cleaned:?}");
    assert!(lines[2].contains("needs 10 digits after +44, has 9"), "{cleaned:?}");
    let first: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!((&first["e164"], &first["number_region"]), (&"+447700900123".into(), &"GB".into()));
    assert_eq!(first["error"], Value::Null);
}

#[test]
fn a_line_that_is_none_is_answered_too() {
    let lines = "GB 07700 900123\nXX\t1\r\nZZ\t+44 (0)7700 900123\n\n";
    let cleaned = run_with_input(&["numbers", "clean"], lines);
    assert_eq!((cleaned.code, cleaned.stdout.lines().count()), (Some(0), 4), "{cleaned:?}");
    let answers: Vec<Value> =
        cleaned.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers[0]["error"], "line: needs REGION, a tab, and the number");
    assert!(answers[1]["e164"].is_null() && answers[1]["error"].is_string());
    assert_eq!(answers[2]["e164"], "+447700900123");
    assert_eq!(answers[2]["mended"].as_array().unwrap().len(), 1);
    assert_eq!(answers[3]["valid"], false);
}
