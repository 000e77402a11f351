//! [`Region`]: countries and territories, and the region to which a number belongs.

use std::{fmt, str::FromStr};

use super::PhoneNumber;

/// Country or territory with phone numbers, named by its two-letter ISO 3166-1 code; or
/// [`Region::WORLD`], for country codes that belong to no country, such as +800.
///
/// `FromStr` accepts both cases; serde reads and writes the code.
///
/// Tell regions of one country code apart:
///
/// ```
/// use anysms::{PhoneNumber, number::Region};
///
/// let jersey: PhoneNumber = "+447797123456".parse()?;
/// assert_eq!(jersey.region(), "JE".parse().ok());
/// assert_eq!(Region::GB.country_code(), 44);
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region([u8; 3]); // two letters and a 0, or `001`

impl Region {
    /// The United Kingdom, without the Crown dependencies.
    pub const GB: Self = Self(*b"GB\0");
    /// Guernsey.
    pub const GG: Self = Self(*b"GG\0");
    /// The Isle of Man.
    pub const IM: Self = Self(*b"IM\0");
    /// Jersey.
    pub const JE: Self = Self(*b"JE\0");
    /// The United States.
    pub const US: Self = Self(*b"US\0");
    /// Canada.
    pub const CA: Self = Self(*b"CA\0");
    /// No country: international freephone, satellite and network numbers. Written `001`, the UN M.49 code
    /// of the world.
    pub const WORLD: Self = Self(*b"001");

    /// Returns the code: two capital letters, or `001`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let code = self.0.strip_suffix(&[0]).unwrap_or(&self.0);
        std::str::from_utf8(code).unwrap_or_default() // ASCII, as `FromStr` and the tables make it
    }

    /// Returns the country code of the region's numbers, such as 44; 0 for [`Region::WORLD`], which has
    /// several.
    ///
    /// Show the code beside a country in a form:
    ///
    /// ```
    /// use anysms::number::Region;
    ///
    /// let france: Region = "fr".parse()?;
    /// assert_eq!((france.as_str(), france.country_code()), ("FR", 33));
    /// # Ok::<(), anysms::number::RegionError>(())
    /// ```
    #[must_use]
    pub fn country_code(self) -> u16 {
        self.place().map_or(0, |place| CODES[place])
    }

    /// Returns the place of the region among all pairs of letters, below [`Region::PAIRS`]; `None` for
    /// [`Region::WORLD`].
    pub(super) const fn place(self) -> Option<usize> {
        match self.0 {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z', 0] => Some(pair(a, b)),
            _ => None,
        }
    }

    /// Number of pairs of letters.
    pub(super) const PAIRS: usize = 26 * 26;

    /// Returns `true` if the region's numbers follow the plan of +44.
    pub(super) fn is_uk(self) -> bool {
        [Self::GB, Self::GG, Self::IM, Self::JE].contains(&self)
    }

    /// Returns the region of a number; `None` if its country code is not assigned.
    pub(super) fn of(number: PhoneNumber) -> Option<Self> {
        let code = number.country_code();
        if WORLD_CODES.contains(&code) {
            return Some(Self::WORLD);
        }
        if let Ok(at) = ONE_REGION.binary_search_by_key(&code, |(code, _)| *code) {
            return Some(Self::known(ONE_REGION[at].1));
        }
        let (_, main, others) = SHARED.iter().find(|(shared, ..)| *shared == code)?;
        let buffer = &mut [0; PhoneNumber::MAX_DIGITS + 1];
        let national = number.national_digits(buffer);
        if code == 1 && national.len() == 7 {
            return Some(Self::CA); // 310-xxxx, one number for all of Canada
        }
        let begins =
            |prefixes: &&str| prefixes.split_ascii_whitespace().any(|p| national.starts_with(p));
        let other = others.iter().find(|(_, prefixes)| begins(prefixes));
        Some(Self::known(other.map_or(main, |(region, _)| region)))
    }

    /// Returns the region of a country code, or the main one of several.
    pub(crate) fn main(code: u16) -> Option<Self> {
        if let Ok(at) = ONE_REGION.binary_search_by_key(&code, |(code, _)| *code) {
            return Some(Self::known(ONE_REGION[at].1));
        }
        SHARED.iter().find(|(shared, ..)| *shared == code).map(|(_, main, _)| Self::known(main))
    }

    /// Builds a region from a code in the tables.
    fn known(code: &str) -> Self {
        match *code.as_bytes() {
            [a, b] => Self([a, b, 0]),
            _ => Self::WORLD, // unreachable: a test checks that both tables hold two letters
        }
    }
}

/// Returns `true` if the country code is assigned to a country or an international service.
pub(super) fn has_country_code(code: u16) -> bool {
    WORLD_CODES.contains(&code)
        || ONE_REGION.binary_search_by_key(&code, |(code, _)| *code).is_ok()
        || SHARED.iter().any(|(shared, ..)| *shared == code)
}

impl FromStr for Region {
    type Err = RegionError;

    /// Reads a two-letter code in either case, or `001`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let region = match *text.as_bytes() {
            [a, b] => Self([a.to_ascii_uppercase(), b.to_ascii_uppercase(), 0]),
            [b'0', b'0', b'1'] => return Ok(Self::WORLD),
            _ => return Err(RegionError),
        };
        if region.country_code() == 0 { Err(RegionError) } else { Ok(region) }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

serde_as_text!(Region);

/// Error of reading a [`Region`]: the text is not the code of a country or territory with phone numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("region: unknown code; use the two letters of a country with phone numbers, or 001")]
#[non_exhaustive]
pub struct RegionError;

// Source of the tables: Google's libphonenumber 9.0.43 (November 2026).

/// Country codes of international services.
const WORLD_CODES: [u16; 9] = [800, 808, 870, 878, 881, 882, 883, 888, 979];

/// Country codes of one region each.
#[rustfmt::skip]
const ONE_REGION: [(u16, &str); 194] = [
    (20, "EG"), (27, "ZA"), (30, "GR"), (31, "NL"), (32, "BE"), (33, "FR"), (34, "ES"), (36, "HU"),
    (40, "RO"), (41, "CH"), (43, "AT"), (45, "DK"), (46, "SE"), (48, "PL"), (49, "DE"), (51, "PE"),
    (52, "MX"), (53, "CU"), (54, "AR"), (55, "BR"), (56, "CL"), (57, "CO"), (58, "VE"), (60, "MY"),
    (62, "ID"), (63, "PH"), (64, "NZ"), (65, "SG"), (66, "TH"), (81, "JP"), (82, "KR"), (84, "VN"),
    (86, "CN"), (90, "TR"), (91, "IN"), (92, "PK"), (93, "AF"), (94, "LK"), (95, "MM"), (98, "IR"),
    (211, "SS"), (213, "DZ"), (216, "TN"), (218, "LY"), (220, "GM"), (221, "SN"), (222, "MR"),
    (223, "ML"), (224, "GN"), (225, "CI"), (226, "BF"), (227, "NE"), (228, "TG"), (229, "BJ"),
    (230, "MU"), (231, "LR"), (232, "SL"), (233, "GH"), (234, "NG"), (235, "TD"), (236, "CF"),
    (237, "CM"), (238, "CV"), (239, "ST"), (240, "GQ"), (241, "GA"), (242, "CG"), (243, "CD"),
    (244, "AO"), (245, "GW"), (246, "IO"), (247, "AC"), (248, "SC"), (249, "SD"), (250, "RW"),
    (251, "ET"), (252, "SO"), (253, "DJ"), (254, "KE"), (255, "TZ"), (256, "UG"), (257, "BI"),
    (258, "MZ"), (260, "ZM"), (261, "MG"), (263, "ZW"), (264, "NA"), (265, "MW"), (266, "LS"),
    (267, "BW"), (268, "SZ"), (269, "KM"), (291, "ER"), (297, "AW"), (298, "FO"), (299, "GL"),
    (350, "GI"), (351, "PT"), (352, "LU"), (353, "IE"), (354, "IS"), (355, "AL"), (356, "MT"),
    (357, "CY"), (359, "BG"), (370, "LT"), (371, "LV"), (372, "EE"), (373, "MD"), (374, "AM"),
    (375, "BY"), (376, "AD"), (377, "MC"), (378, "SM"), (380, "UA"), (381, "RS"), (382, "ME"),
    (383, "XK"), (385, "HR"), (386, "SI"), (387, "BA"), (389, "MK"), (420, "CZ"), (421, "SK"),
    (423, "LI"), (500, "FK"), (501, "BZ"), (502, "GT"), (503, "SV"), (504, "HN"), (505, "NI"),
    (506, "CR"), (507, "PA"), (508, "PM"), (509, "HT"), (591, "BO"), (592, "GY"), (593, "EC"),
    (594, "GF"), (595, "PY"), (596, "MQ"), (597, "SR"), (598, "UY"), (670, "TL"), (672, "NF"),
    (673, "BN"), (674, "NR"), (675, "PG"), (676, "TO"), (677, "SB"), (678, "VU"), (679, "FJ"),
    (680, "PW"), (681, "WF"), (682, "CK"), (683, "NU"), (685, "WS"), (686, "KI"), (687, "NC"),
    (688, "TV"), (689, "PF"), (690, "TK"), (691, "FM"), (692, "MH"), (850, "KP"), (852, "HK"),
    (853, "MO"), (855, "KH"), (856, "LA"), (880, "BD"), (886, "TW"), (960, "MV"), (961, "LB"),
    (962, "JO"), (963, "SY"), (964, "IQ"), (965, "KW"), (966, "SA"), (967, "YE"), (968, "OM"),
    (970, "PS"), (971, "AE"), (972, "IL"), (973, "BH"), (974, "QA"), (975, "BT"), (976, "MN"),
    (977, "NP"), (992, "TJ"), (993, "TM"), (994, "AZ"), (995, "GE"), (996, "KG"), (998, "UZ"),
];

/// Regions that share a country code with its main region, each with the first digits of its numbers,
/// separated by spaces.
type Others = &'static [(&'static str, &'static str)];

/// Country codes of several regions: the code, its main region, and the others.
const SHARED: [(u16, &str, Others); 12] = [
    (
        1,
        "US",
        &[
            ("AG", "268"),
            ("AI", "264"),
            ("AS", "684"),
            ("BB", "246"),
            ("BM", "441"),
            ("BS", "242"),
            (
                "CA",
                "204 226 236 249 250 257 263 273 289 306 343 354 365 367 368 382 403 416 418 428 431 \
                 437 438 450 468 474 506 514 519 548 579 581 584 587 600 604 613 622 633 639 647 672 \
                 683 705 709 742 753 778 780 782 807 819 825 867 873 879 902 905 942",
            ),
            ("DM", "767"),
            ("DO", "8001 809 829 849"),
            ("GD", "473"),
            ("GU", "671"),
            ("JM", "658 876"),
            ("KN", "869"),
            ("KY", "345"),
            ("LC", "758"),
            ("MP", "670"),
            ("MS", "664"),
            ("PR", "787 939"),
            ("SX", "721"),
            ("TC", "649"),
            ("TT", "868"),
            ("VC", "784"),
            ("VG", "284"),
            ("VI", "340"),
        ],
    ),
    (7, "RU", &[("KZ", "7")]),
    (39, "IT", &[("VA", "06698")]),
    // 0980 and 0981 are in use on Guernsey alone; 07924, which Ofcom assigned to an operator of the Isle
    // of Man, counts as GB.
    (
        44,
        "GB",
        &[
            ("GG", "1481 7781 7839 79111 79117 980 981"),
            ("IM", "1624 74576 7524 7624"),
            ("JE", "1534 7509 77003 77007 77008 7797 7829 7937"),
        ],
    ),
    (47, "NO", &[("SJ", "79")]),
    (
        61,
        "AU",
        &[
            ("CC", "851002 851031 851060 851089 851118 851176 851223 89162 891703"),
            ("CX", "851001 851030 851059 851088 851117 851146 851175 851222 851235 89164 891958"),
        ],
    ),
    (212, "MA", &[("EH", "")]), // shares the plan of Morocco
    (262, "RE", &[("YT", "2689 269 63 7093 9398 9478 9769")]),
    (290, "SH", &[("TA", "8")]),
    (358, "FI", &[("AX", "18")]),
    (
        590,
        "GP",
        &[
            ("BL", "59027 59029 59051 59052 59087"),
            ("MF", "59000 59007 59009 59013 59030 59043 59050 59056 59058 59077 59079"),
        ],
    ),
    (599, "CW", &[("BQ", "3 4 7")]),
];

/// Country code of each pair of letters; 0 where there is no such region.
static CODES: [u16; Region::PAIRS] = {
    let mut codes = [0; Region::PAIRS];
    let mut at = 0;
    while at < ONE_REGION.len() {
        let (code, region) = ONE_REGION[at];
        codes[place(region)] = code;
        at += 1;
    }
    at = 0;
    while at < SHARED.len() {
        let (code, main, others) = SHARED[at];
        codes[place(main)] = code;
        let mut other = 0;
        while other < others.len() {
            codes[place(others[other].0)] = code;
            other += 1;
        }
        at += 1;
    }
    codes
};

const fn place(region: &str) -> usize {
    let letters = region.as_bytes();
    assert!(letters.len() == 2, "a region in the tables has two letters");
    pair(letters[0], letters[1])
}

/// Returns the place of two capital letters among all pairs.
const fn pair(a: u8, b: u8) -> usize {
    (a - b'A') as usize * 26 + (b - b'A') as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(number: &str) -> Option<Region> {
        PhoneNumber::parse(number).unwrap().region()
    }

    #[test]
    fn the_tables_are_sorted_and_hold_codes_of_two_letters() {
        assert!(ONE_REGION.is_sorted());
        let shared = SHARED
            .iter()
            .flat_map(|(_, main, others)| others.iter().map(|(region, _)| *region).chain([*main]));
        for code in ONE_REGION.iter().map(|(_, region)| *region).chain(shared) {
            assert_eq!(code.parse::<Region>().unwrap().as_str(), code);
        }
        for (code, region) in ONE_REGION {
            assert_eq!(region.parse::<Region>().unwrap().country_code(), code, "{region}");
        }
        for (code, main, others) in SHARED {
            for region in others.iter().map(|(region, _)| *region).chain([main]) {
                assert_eq!(region.parse::<Region>().unwrap().country_code(), code, "{region}");
            }
            assert!(ONE_REGION.iter().all(|(single, _)| *single != code), "{code}");
        }
    }

    #[test]
    fn a_number_has_the_region_of_its_code_and_first_digits() {
        for (number, expected) in [
            ("+33639980012", "FR"),
            ("+12025550123", "US"),
            ("+14165550123", "CA"),
            ("+18765550123", "JM"),
            ("+77012340012", "KZ"),
            ("+79012340012", "RU"),
            ("+447700900123", "GB"),
            ("+447781123456", "GG"),
            ("+441624700129", "IM"),
            ("+441534400129", "JE"),
            ("+5993181234", "BQ"),
            ("+80012340012", "001"),
        ] {
            assert_eq!(region(number).unwrap().as_str(), expected, "{number}");
        }
        assert_eq!(region("+99912340012"), None);
    }

    #[test]
    fn reads_codes() {
        assert_eq!("gb".parse(), Ok(Region::GB));
        assert_eq!("001".parse(), Ok(Region::WORLD));
        for text in ["", "G", "GBR", "ZZ", "€", "002"] {
            assert_eq!(text.parse::<Region>(), Err(RegionError), "{text}");
        }
        assert_eq!("KZ".parse::<Region>().unwrap().country_code(), 7);
        assert_eq!(Region::WORLD.country_code(), 0);
    }
}
