//! Ways to show what strangers wrote, and times, numbers and money.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use maud::{Markup, html};

/// Returns a text with its invisible characters made visible: what turns the direction of others, what has
/// no width, and control characters. Line breaks stay, and so do joiners, which emoji are made of.
pub(crate) fn visible(text: &str) -> Markup {
    let mut rest = text;
    html! {
        @while let Some(at) = rest.find(is_hidden) {
            @let (before, from) = rest.split_at(at);
            @let hidden = from.chars().next().unwrap_or_default();
            (before)
            span.hidden title=(name(hidden)) { (code(hidden)) }
            @let () = rest = &from[hidden.len_utf8()..];
        }
        (rest)
    }
}

/// Returns a text for an attribute or a title: as [`visible`], without tags, and of at most so many
/// characters.
pub(crate) fn plain(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == most {
            shown.push('…');
            break;
        }
        match c {
            '\n' | '\r' | '\t' => shown.push(' '),
            c if is_hidden(c) => shown += &code(c),
            c => shown.push(c),
        }
    }
    shown
}

/// Returns the beginning of a text, for one line: at most so many characters.
pub(crate) fn preview(text: &str, most: usize) -> Markup {
    let end = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    html! { (visible(&text[..end])) @if end < text.len() { "…" } }
}

/// Returns `true` for a character that shows nothing, or changes how others show.
fn is_hidden(c: char) -> bool {
    let is_control = c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    is_control
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0001}')
}

fn code(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

fn name(c: char) -> &'static str {
    match c {
        '\u{ad}' => "soft hyphen",
        '\u{61c}' | '\u{200e}' | '\u{200f}' => "direction mark",
        '\u{200b}' => "space without width",
        '\u{202a}'..='\u{202e}' => "changes the direction of what follows",
        '\u{2066}'..='\u{2069}' => "isolates the direction of what follows",
        '\u{feff}' => "byte order mark",
        c if c.is_control() => "control character",
        _ => "invisible character",
    }
}

/// Returns a time as a list shows it: the hour today, else the date too.
pub(crate) fn short(at: Timestamp, now: Timestamp) -> String {
    short_in(&TimeZone::system(), at, now)
}

fn short_in(zone: &TimeZone, at: Timestamp, now: Timestamp) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    if at.date() == now.date() {
        return at.strftime("%H:%M").to_string();
    }
    let format = if at.year() == now.year() { "%-d %b" } else { "%-d %b %Y" };
    at.strftime(format).to_string()
}

/// Returns a time with its date and the distance from UTC, to the millisecond.
pub(crate) fn long(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%-d %b %Y, %H:%M:%S.%3f UTC%:z").to_string()
}

/// Returns the hour of a time, to the millisecond.
pub(crate) fn hour(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%H:%M:%S.%3f").to_string()
}

/// Returns the day of a time.
pub(crate) fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%A, %-d %B %Y").to_string()
}

/// Returns a time as the element that machines read too.
pub(crate) fn time(at: Timestamp, text: &str) -> Markup {
    html! { time datetime=(at) title=(long(at)) { (text) } }
}

/// Returns a time after another, such as `+52 ms` or `+1 h 3 min`; empty if it is not after it.
pub(crate) fn after(at: Timestamp, before: Timestamp) -> String {
    let past = at.duration_since(before);
    let (millis, seconds) = (past.as_millis(), past.as_secs());
    match past {
        past if past <= SignedDuration::ZERO => String::new(),
        _ if millis < 1_000 => format!("+{millis} ms"),
        _ if seconds < 60 => format!("+{seconds}.{} s", millis % 1_000 / 100),
        _ if seconds < 3_600 => format!("+{} min {} s", seconds / 60, seconds % 60),
        _ if seconds < 86_400 => format!("+{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("+{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Returns a count with its noun: `1 message`, `2 messages`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_show_and_tags_do_not_work() {
        let shown = visible("a\u{202e}<b>\u{0}").into_string();
        assert!(!shown.contains('\u{202e}') && !shown.contains("<b>") && !shown.contains('\u{0}'));
        assert!(
            shown.contains("U+202E") && shown.contains("&lt;b&gt;") && shown.contains("U+0000")
        );
        let family = "👨\u{200d}👩\u{200d}👧";
        assert_eq!(visible(family).into_string(), family);
        assert_eq!(plain("a\u{2066}b\nc", 4), "aU+2066b …");
        assert_eq!(preview("👍👍👍", 2).into_string(), "👍👍…");
    }

    #[test]
    fn times_are_short() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-30T12:00:00Z");
        for (time, text) in [
            ("2026-11-30T09:05:00Z", "09:05"),
            ("2026-11-29T09:05:00Z", "29 Nov"),
            ("2025-11-29T09:05:00Z", "29 Nov 2025"),
        ] {
            assert_eq!(short_in(&TimeZone::UTC, at(time), now), text);
        }
        for (seconds, text) in [
            (0.052, "+52 ms"),
            (1.25, "+1.2 s"),
            (63.0, "+1 min 3 s"),
            (3_780.0, "+1 h 3 min"),
            (90_000.0, "+1 d 1 h"),
            (-1.0, ""),
        ] {
            assert_eq!(after(now + SignedDuration::from_secs_f64(seconds), now), text);
        }
    }
}
