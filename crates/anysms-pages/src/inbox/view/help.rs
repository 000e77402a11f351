//! The help: keys and words of the search; and the page for an address that is none.

use maud::{Markup, html};

use super::frame;
use crate::inbox::INBOX_PATH;

const KEYS: [(&[&str], &str); 6] = [
    (&["j", "k"], "next, previous"),
    (&["Enter"], "open"),
    (&["Esc"], "back"),
    (&["/"], "search"),
    (&["r"], "reply as the phone"),
    (&["?"], "this help"),
];

const TERMS: [(&str, &str); 10] = [
    ("to:+4477", "part of the recipient's number"),
    ("from:acme", "part of the sender"),
    ("status:delivered", "status"),
    ("code:30003", "error code, or one-time code"),
    ("tag:mms", "sms, mms, channel, pool, provider, in or out"),
    ("after:10m", "the last 10 minutes; also s, h, d"),
    ("before:2026-11-30", "before a day or a time"),
    ("is:unread", "nobody opened it"),
    ("is:failed", "it did not arrive"),
    ("\"your code\"", "text, number or id with these words"),
];

fn content() -> Markup {
    html! {
        h3 { "Keys" }
        dl.keys {
            @for (keys, meaning) in KEYS {
                dt { @for key in keys { kbd { (key) } " " } } dd { (meaning) }
            }
        }
        h3 { "Search" }
        dl.keys {
            @for (term, meaning) in TERMS { dt { code { (term) } } dd { (meaning) } }
        }
    }
}

/// Returns the dialog that the script opens.
pub(super) fn dialog() -> Markup {
    html! {
        dialog id="help" aria-labelledby="help-title" {
            form method="dialog" {
                div.head {
                    h2 id="help-title" { "Help" }
                    button.quiet aria-label="Close" { "✕" }
                }
            }
            (content())
        }
    }
}

/// Returns the help as a page, for browsers without the script.
pub(crate) fn help_page() -> Markup {
    alone("Help", &content())
}

/// Returns the page for an address below the inbox that is none.
pub(crate) fn unknown_page() -> Markup {
    alone("Not found", &html! { p { "There is no page at this address." } })
}

fn alone(title: &str, content: &Markup) -> Markup {
    frame(
        &format!("{title} · anysms"),
        &html! {
            main.alone {
                p { a href=(INBOX_PATH) { "‹ Inbox" } }
                h1 { (title) }
                (content)
            }
        },
    )
}
