//! A text with its segments: each in a colour and with its number, the characters that cost, and the sum.

use anysms::{
    sandbox::Carried,
    text::{CheckOptions, check},
};
use maud::{Markup, html};

use crate::{inbox::parts::parts, show};

/// Most findings that are listed.
const MOST_FINDINGS: usize = 6;

/// Returns the text of a message, coloured by segment.
pub(super) fn segmented(message: &Carried) -> Markup {
    let report = check(&message.text, &CheckOptions::default());
    let (before, after) = (report.before, report.after);
    let parts = parts(&message.text);
    let several = parts.len() > 1;
    let findings = report.findings();
    html! {
        p.muted {
            (show::count(before.count(), "segment")) " of " (before.encoding()) ", "
            (show::count(before.units(), "unit")) ", " (before.remaining()) " left"
            @if !message.media.is_empty() { "; a message with pictures is not cut" }
        }
        @if !message.text.is_empty() {
            p.segments dir="auto" {
                @for (place, part) in parts.iter().enumerate() {
                    span.segment.{ "s" (place % 4) } {
                        @if several {
                            span.cut { span.away { "Segment " } (place + 1) span.away { ", " } span.units { (part.units) span.away { " units: " } } }
                        }
                        (show::visible(part.text))
                    }
                }
            }
        }
        @if after.count() < before.count() {
            p.tip { "In GSM-7 it would be " (show::count(after.count(), "segment")) "." }
        }
        @if !findings.is_empty() {
            ul.findings {
                @for finding in findings.iter().take(MOST_FINDINGS) {
                    li { (show::plain(&finding.to_string(), 200)) }
                }
                @if findings.len() > MOST_FINDINGS {
                    li { "and " (findings.len() - MOST_FINDINGS) " more" }
                }
            }
        }
    }
}
