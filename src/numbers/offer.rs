//! [`NumberSearch`] and [`AvailableNumber`]: numbers that can be bought.

use std::{fmt, str::FromStr};

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Money, Text},
    number::{PhoneNumber, Region},
    numbers::{NumberPrice, Purchase},
};

/// Category of a number, by which providers keep and price them.
///
/// `Display` and serde write the name in lower case: `local`, `toll_free`.
///
/// ```
/// use anysms::numbers::NumberCategory;
///
/// assert_eq!("toll-free".parse(), Ok(NumberCategory::TollFree));
/// assert_eq!(NumberCategory::TollFree.to_string(), "toll_free");
/// # Ok::<(), anysms::Error>(())
/// ```
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NumberCategory {
    /// Number of a town or an area.
    Local,
    /// Number of a mobile network.
    Mobile,
    /// Number that is free to call.
    TollFree,
    /// Number of a whole country.
    National,
}

impl NumberCategory {
    /// Returns the name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Mobile => "mobile",
            Self::TollFree => "toll_free",
            Self::National => "national",
        }
    }

    /// Reads a provider's word, by its letters alone; `None` for one that is not known.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect();
        Some(match letters.to_ascii_lowercase().as_str() {
            "local" | "fixed" => Self::Local,
            "mobile" => Self::Mobile,
            "tollfree" => Self::TollFree,
            "national" => Self::National,
            _ => return None,
        })
    }
}

impl fmt::Display for NumberCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for NumberCategory {
    type Err = NumberCategoryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::of_word(text).filter(|_| text != "fixed").ok_or(NumberCategoryError)
    }
}

/// A text that is no category of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("category: must be local, mobile, toll_free or national")]
#[non_exhaustive]
pub struct NumberCategoryError;

/// Capabilities of a number: those that are wanted in a search, those that a provider names in an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct NumberCapabilities {
    /// `true` for text messages.
    pub sms: bool,
    /// `true` for messages with media.
    pub mms: bool,
    /// `true` for calls.
    pub voice: bool,
}

impl NumberCapabilities {
    /// Text messages alone.
    pub const SMS: Self = Self { sms: true, mms: false, voice: false };
    /// Text messages, and messages with media.
    pub const MMS: Self = Self { sms: true, mms: true, voice: false };

    /// Adds calls.
    #[must_use]
    pub const fn and_voice(mut self) -> Self {
        self.voice = true;
        self
    }
}

/// Search of numbers that can be bought in a country.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NumberSearch {
    /// Country.
    pub country: Region,
    /// Category.
    pub category: NumberCategory,
    /// Area code, or the first digits after the country code: 1 to 10 digits. Twilio has area codes in the United
    /// States and Canada alone.
    pub area: Option<Text>,
    /// Pattern anywhere in the number: 2 to 16 digits, letters as on a keypad, and `*` for one digit. Twilio's
    /// alone.
    pub contains: Option<Text>,
    /// State or region.
    pub region: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Capabilities that the number must have.
    pub capabilities: NumberCapabilities,
    /// Most numbers of the answer: 1 to 1,000.
    pub limit: usize,
}

impl NumberSearch {
    /// Searches numbers for text messages, at most 20.
    #[must_use]
    pub const fn new(country: Region, category: NumberCategory) -> Self {
        Self {
            country,
            category,
            area: None,
            contains: None,
            region: None,
            city: None,
            capabilities: NumberCapabilities::SMS,
            limit: 20,
        }
    }

    /// Names the area code, or the first digits after the country code.
    #[must_use]
    pub fn in_area(mut self, digits: impl Into<Text>) -> Self {
        self.area = Some(digits.into());
        self
    }

    /// Names a pattern that the number must have.
    #[must_use]
    pub fn containing(mut self, pattern: impl Into<Text>) -> Self {
        self.contains = Some(pattern.into());
        self
    }

    /// Names a state or region.
    #[must_use]
    pub fn in_region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Names a town.
    #[must_use]
    pub fn in_city(mut self, city: impl Into<String>) -> Self {
        self.city = Some(city.into());
        self
    }

    /// Sets the capabilities that the number must have.
    ///
    /// ```
    /// use anysms::number::Region;
    /// use anysms::numbers::{NumberCapabilities, NumberCategory, NumberSearch};
    ///
    /// let search = NumberSearch::new(Region::US, NumberCategory::Local)
    ///     .in_area("415")
    ///     .able_to(NumberCapabilities::MMS.and_voice());
    /// assert!(search.capabilities.voice && search.limit == 20);
    /// ```
    #[must_use]
    pub const fn able_to(mut self, capabilities: NumberCapabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Sets the most numbers of the answer.
    #[must_use]
    pub const fn at_most(mut self, numbers: usize) -> Self {
        self.limit = numbers;
        self
    }

    /// Fails for what no provider could search by.
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |rule: &'static str| {
            Err(Error::not_sent(ErrorKind::InvalidRequest).with_detail(rule).without_message())
        };
        if self.country == Region::WORLD {
            return refuse("country: must be a country, two letters; 001 is none");
        }
        if !(1..=1_000).contains(&self.limit) {
            return refuse("limit: must be 1 to 1,000");
        }
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if self.area.as_deref().is_some_and(|area| !(1..=10).contains(&area.len()) || !digits(area))
        {
            return refuse("area: must be 1 to 10 digits, without a plus sign");
        }
        let fits = |pattern: &str| {
            (2..=16).contains(&pattern.len())
                && pattern.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'*')
        };
        if self.contains.as_deref().is_some_and(|pattern| !fits(pattern)) {
            return refuse("contains: must be 2 to 16 digits, letters and *");
        }
        let named = |text: &Option<String>| {
            text.as_ref().is_some_and(|text| text.trim().is_empty() || text.len() > 100)
        };
        if named(&self.region) || named(&self.city) {
            return refuse("region, city: must be 1 to 100 bytes; leave out what does not matter");
        }
        Ok(())
    }
}

/// Number that can be bought.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AvailableNumber {
    /// Number.
    pub number: PhoneNumber,
    /// Country that it was found in.
    pub country: Region,
    /// Category.
    pub category: NumberCategory,
    /// State or region; `None` if the provider names none.
    pub region: Option<String>,
    /// Town; `None` if the provider names none.
    pub city: Option<String>,
    /// Capabilities.
    pub capabilities: NumberCapabilities,
    /// Price, as far as the provider tells it.
    pub price: NumberPrice,
    /// Requirements in the provider's words, such as `address: local`; empty if it names none.
    pub requirements: Vec<String>,
}

impl AvailableNumber {
    pub(crate) fn new(number: PhoneNumber, country: Region, category: NumberCategory) -> Self {
        Self {
            number,
            country,
            category,
            region: None,
            city: None,
            capabilities: NumberCapabilities::default(),
            price: NumberPrice::default(),
            requirements: Vec::new(),
        }
    }

    /// Makes the purchase of this number: setup and the first month together cost at most so much.
    #[must_use]
    pub fn purchase(&self, at_most: Money) -> Purchase {
        Purchase::new(self.number, at_most).in_country(self.country).of_category(self.category)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_that_no_provider_could_answer_is_refused_and_says_why() {
        let search = || NumberSearch::new(Region::US, NumberCategory::Local);
        for (search, field) in [
            (search().at_most(0), "limit"),
            (search().at_most(1_001), "limit"),
            (search().in_area("+1"), "area"),
            (search().in_area(""), "area"),
            (search().in_area("12345678901"), "area"),
            (search().containing("1"), "contains"),
            (search().containing("12345678901234567"), "contains"),
            (search().containing("12 34"), "contains"),
            (search().in_city(" "), "region, city"),
            (search().in_region("x".repeat(101)), "region, city"),
            (NumberSearch::new(Region::WORLD, NumberCategory::Mobile), "country"),
        ] {
            let error = search.check().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.detail().starts_with(&format!("{field}: ")), "{error}");
        }
        for search in [
            search(),
            search().in_area("1").at_most(1_000),
            search().containing("**"),
            search().containing("CLUB*55").in_city("Fakenham"),
        ] {
            search.check().unwrap();
        }
    }

    #[test]
    fn words_of_providers_are_read_by_their_letters() {
        for (word, category) in [
            ("toll free", Some(NumberCategory::TollFree)),
            ("toll_free", Some(NumberCategory::TollFree)),
            ("TollFree", Some(NumberCategory::TollFree)),
            ("fixed", Some(NumberCategory::Local)),
            ("National", Some(NumberCategory::National)),
            ("shortcode", None),
            ("", None),
        ] {
            assert_eq!(NumberCategory::of_word(word), category, "{word}");
        }
        for category in ["local", "mobile", "toll_free", "national"] {
            assert_eq!(category.parse::<NumberCategory>().unwrap().as_str(), category);
        }
        assert!("fixed".parse::<NumberCategory>().is_err());
    }
}
