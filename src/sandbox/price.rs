//! [`Prices`]: what things cost in a sandbox. The figures are its own, of the order of the vendors'.

use rust_decimal::Decimal;

use crate::number::PhoneNumber;

/// Price list of one country, in US dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prices {
    /// Country, by ISO 3166-1: two letters, such as `GB`.
    pub country: &'static str,
    /// The same in three letters.
    pub country3: &'static str,
    /// Its English name.
    pub name: &'static str,
    /// Its calling code.
    pub calling_code: u16,
    /// A segment sent to it.
    pub outbound: Decimal,
    /// A segment received in it.
    pub inbound: Decimal,
    /// A local number, by the month; `None` if there are none.
    pub local: Option<Decimal>,
    /// A mobile number, by the month; `None` if there are none.
    pub mobile: Option<Decimal>,
    /// A toll-free number, by the month; `None` if there are none.
    pub toll_free: Option<Decimal>,
}

/// Ten-thousandths of a dollar.
const fn price(ten_thousandths: u32) -> Decimal {
    Decimal::from_parts(ten_thousandths, 0, 0, false, 4)
}

const fn monthly(cents: u32) -> Option<Decimal> {
    if cents == 0 { None } else { Some(Decimal::from_parts(cents, 0, 0, false, 2)) }
}

type Line = (&'static str, &'static str, &'static str, u16, [u32; 2], [u32; 3]);

const fn list((country, country3, name, calling_code, sms, numbers): Line) -> Prices {
    Prices {
        country,
        country3,
        name,
        calling_code,
        outbound: price(sms[0]),
        inbound: price(sms[1]),
        local: monthly(numbers[0]),
        mobile: monthly(numbers[1]),
        toll_free: monthly(numbers[2]),
    }
}

/// By country: a segment out and in, in ten-thousandths of a dollar; a local, a mobile and a toll-free number,
/// in cents.
const LISTS: [Prices; 22] = [
    list(("AU", "AUS", "Australia", 61, [515, 75], [300, 650, 1_600])),
    list(("BE", "BEL", "Belgium", 32, [1_050, 75], [125, 2_500, 0])),
    list(("BR", "BRA", "Brazil", 55, [625, 75], [425, 0, 0])),
    list(("CA", "CAN", "Canada", 1, [79, 79], [115, 0, 215])),
    list(("CH", "CHE", "Switzerland", 41, [755, 75], [0, 800, 2_500])),
    list(("DE", "DEU", "Germany", 49, [1_120, 75], [115, 1_500, 0])),
    list(("DK", "DNK", "Denmark", 45, [505, 75], [0, 1_500, 0])),
    list(("ES", "ESP", "Spain", 34, [870, 75], [115, 0, 0])),
    list(("FI", "FIN", "Finland", 358, [845, 75], [0, 500, 0])),
    list(("FR", "FRA", "France", 33, [798, 75], [115, 1_500, 0])),
    list(("GB", "GBR", "United Kingdom", 44, [524, 75], [115, 115, 215])),
    list(("IE", "IRL", "Ireland", 353, [815, 75], [225, 300, 0])),
    list(("IN", "IND", "India", 91, [832, 75], [0, 0, 0])),
    list(("IT", "ITA", "Italy", 39, [927, 75], [0, 2_500, 0])),
    list(("JP", "JPN", "Japan", 81, [720, 75], [450, 0, 2_500])),
    list(("MX", "MEX", "Mexico", 52, [630, 75], [625, 0, 0])),
    list(("NL", "NLD", "Netherlands", 31, [1_035, 75], [0, 600, 0])),
    list(("NZ", "NZL", "New Zealand", 64, [1_050, 75], [315, 0, 0])),
    list(("PL", "POL", "Poland", 48, [485, 75], [0, 500, 0])),
    list(("SE", "SWE", "Sweden", 46, [575, 75], [115, 300, 0])),
    list(("US", "USA", "United States", 1, [79, 79], [115, 0, 215])),
    list(("ZA", "ZAF", "South Africa", 27, [280, 75], [0, 0, 0])),
];

/// Price of what goes to a country without a list.
const ELSEWHERE: Prices = list(("", "", "", 0, [1_000, 75], [0, 0, 0]));

/// Returns the price lists of all countries that have one, in the order of their two letters.
///
/// ```
/// use anysms::sandbox::Prices;
///
/// let list = Prices::of("GB").expect("the United Kingdom has a list");
/// assert_eq!((list.name, list.outbound.to_string().as_str()), ("United Kingdom", "0.0524"));
/// assert!(anysms::sandbox::prices().contains(list));
/// ```
#[must_use]
pub fn prices() -> &'static [Prices] {
    &LISTS
}

impl Prices {
    /// Returns the list of a country; `None` if it has none.
    #[must_use]
    pub fn of(country: &str) -> Option<&'static Self> {
        LISTS.iter().find(|list| list.country.eq_ignore_ascii_case(country))
    }

    /// Returns the list that a number's country has, or one for everywhere else.
    #[must_use]
    pub fn to(number: PhoneNumber) -> &'static Self {
        let region = number.region();
        let of_region = region.as_ref().and_then(|region| Self::of(region.as_str()));
        let of_code = || {
            let code = number.country_code();
            // The United States come before Canada: a number whose area is unknown is theirs.
            LISTS.iter().rev().find(|list| list.calling_code == code)
        };
        of_region.or_else(of_code).unwrap_or(&ELSEWHERE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_costs_what_its_country_lists() {
        let to = |number: &str| Prices::to(number.parse().unwrap());
        assert_eq!(
            (to("+447700900123").country, to("+447700900123").name),
            ("GB", "United Kingdom")
        );
        assert_eq!(to("+15555550123").outbound.to_string(), "0.0079");
        assert_eq!(to("+88210123456").outbound.to_string(), "0.1000");
        assert!(LISTS.is_sorted_by_key(|list| list.country));
    }
}
