//! The countries known to refuse alphanumeric senders. Dated data.

use crate::number::Region;

/// Refusal of alphanumeric senders by a country, and how well it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlphanumericRefusal {
    /// `true` if both vendors say so; else it is commonly reported.
    pub confirmed: bool,
    /// When it was looked up, as year and month: `2026-11`.
    pub as_of: &'static str,
}

/// When the table was looked up.
const AS_OF: &str = "2026-11";

/// Said by both vendors; by Plivo in "Sender ID usage".
const CONFIRMED: [&str; 2] = ["CA", "US"];

/// Commonly listed as refusing; Twilio's support article 223133767 is the page to look at.
const REPORTED: [&str; 23] = [
    "AR", "BR", "CL", "CN", "CO", "CR", "DO", "EC", "GT", "HN", "HU", "KR", "MX", "NI", "NZ", "PA",
    "PE", "PR", "SV", "TW", "UY", "VE", "ZA",
];

pub(super) fn find(region: Region) -> Option<AlphanumericRefusal> {
    let confirmed = CONFIRMED.contains(&region.as_str());
    let known = confirmed || REPORTED.contains(&region.as_str());
    known.then_some(AlphanumericRefusal { confirmed, as_of: AS_OF })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_is_said_from_what_is_reported() {
        assert!(find(Region::US).is_some_and(|refusal| refusal.confirmed));
        assert!(find("NZ".parse().unwrap()).is_some_and(|refusal| !refusal.confirmed));
        assert_eq!(find(Region::GB), None);
        for code in CONFIRMED.iter().chain(&REPORTED) {
            assert!(code.parse::<Region>().is_ok(), "{code}");
        }
    }
}
