//! Twilio's error codes and the kind of error that each is.

use super::{Table, lines, unreadable};
use crate::Result;

pub(super) const TWILIO: Table = Table {
    file: "src/twilio/error.rs",
    source: "tests/data/twilio/error_codes.csv",
    from: "        20001 | 20002 | 20004",
    to: "        // Ranges, for codes that are newer than the table.",
    render,
};

/// Kinds in the order of the table, with the classes of the source.
const KINDS: [(&str, &[&str]); 22] = [
    ("InvalidRequest", &["bad_request"]),
    ("InvalidRecipient", &["invalid_recipient"]),
    ("InvalidSender", &["invalid_sender"]),
    ("UnregisteredSender", &["unregistered_sender"]),
    ("InvalidContent", &["content_invalid"]),
    ("ContentFiltered", &["content_filtered"]),
    ("OptedOut", &["opted_out"]),
    ("Blocked", &["blocked_recipient"]),
    ("PolicyBlocked", &["blocked_policy"]),
    ("GeoPermission", &["geo_permission"]),
    ("Unreachable", &["unreachable"]),
    ("Expired", &["expired"]),
    ("Credentials", &["auth"]),
    ("Account", &["account"]),
    ("RateLimited", &["rate_limited"]),
    ("QueueFull", &["queue_full"]),
    ("Unavailable", &["transient"]),
    ("NotFound", &["not_found"]),
    ("Conflict", &[]),
    ("Unsupported", &["unsupported"]),
    ("Webhook", &["webhook", "inbound"]),
    ("Other", &["unknown"]),
];

/// Codes that say of a resource that it is in a state that does not fit: conflicts, whatever their class.
const CONFLICTS: [&str; 3] = ["20009", "20409", "30409"];

fn render(source: &str) -> Result<String> {
    let mut codes: Vec<(u32, &str)> = Vec::new();
    for (at, line) in lines(source).skip(1) {
        let (code, class) = line.split_once(',').ok_or_else(|| unreadable(at))?;
        let kind = KINDS.iter().find(|(_, classes)| classes.contains(&class));
        let (kind, _) = kind.ok_or_else(|| format!("line {at} has an unknown class"))?;
        let kind = if CONFLICTS.contains(&code) { "Conflict" } else { kind };
        codes.push((code.parse().map_err(|_| unreadable(at))?, kind));
    }
    codes.sort_unstable();
    let mut text = String::new();
    for (kind, _) in KINDS {
        let own: Vec<_> = codes.iter().filter(|(_, own)| *own == kind).collect();
        let own: Vec<_> = own.iter().map(|(code, _)| code.to_string()).collect();
        if !own.is_empty() {
            text += &format!("        {} => ErrorKind::{kind},\n", own.join(" | "));
        }
    }
    Ok(text)
}
