//! `Retry-After`, in both its forms.

use std::time::Duration;

use http::{
    HeaderMap,
    header::{DATE, RETRY_AFTER},
};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

/// Returns the wait that a server asks for: seconds, or a date, which is held against the answer's own
/// `Date` rather than the local clock. `None` for anything negative or unreadable.
///
/// ```
/// use std::time::Duration;
///
/// use anysms::{http::Response, transport::retry_after};
///
/// let answer = Response::builder()
///     .header("date", "Sat, 21 Nov 2026 08:00:00 GMT")
///     .header("retry-after", "Sat, 21 Nov 2026 08:00:30 GMT")
///     .body(())?;
/// assert_eq!(retry_after(answer.headers()), Some(Duration::from_secs(30)));
/// # Ok::<(), anysms::http::Error>(())
/// ```
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let then = http_date(text)?;
    let now = http_date(headers.get(DATE)?.to_str().ok()?)?;
    Duration::try_from(then.duration_since(now)).ok()
}

fn http_date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(retry_after: &str, date: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        headers.insert(DATE, date.parse().unwrap());
        super::retry_after(&headers)
    }

    #[test]
    fn reads_both_forms() {
        let date = "Sat, 21 Nov 2026 08:00:00 GMT";
        assert_eq!(wait("120", date), Some(Duration::from_secs(120)));
        assert_eq!(wait("Sat, 21 Nov 2026 08:00:30 GMT", date), Some(Duration::from_secs(30)));
        for text in ["-1", "soon", "", "1.5", "Sat, 21 Nov 2026 07:59:59 GMT", "99999999999"] {
            assert_eq!(wait(text, date), None, "{text}");
        }
        assert_eq!(wait("Sat, 21 Nov 2026 08:00:30 GMT", "yesterday"), None);
    }
}
