//! Numbering plans of all country codes, as libphonenumber has them.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use super::{
    packages::{PHONENUMBERS, PHONENUMBERS_RELEASED, python},
    pattern::Pattern,
};
use crate::Result;

/// Data of libphonenumber that the files are made of.
#[derive(Deserialize)]
pub(super) struct Upstream {
    /// Plans in the order of their codes.
    pub(super) plans: Vec<Plan>,
    /// Time zones by the first digits of a number, country code included.
    pub(super) zones: BTreeMap<String, Vec<String>>,
}

/// Country code and its regions, the main one first.
#[derive(Deserialize)]
pub(super) struct Plan {
    pub(super) code: u16,
    pub(super) regions: Vec<RegionPlan>,
}

/// Region's part of a plan.
#[derive(Deserialize)]
pub(super) struct RegionPlan {
    pub(super) name: String,
    /// Lengths of the region's national numbers.
    pub(super) lengths: Vec<usize>,
    /// Pattern of how all national numbers of the region begin, and none of another.
    pub(super) leading_digits: Option<String>,
    pub(super) national_prefix: Option<String>,
    /// Kinds of numbers, each with the pattern of its national numbers.
    kinds: Vec<(String, String)>,
}

impl RegionPlan {
    /// Returns the pattern of the numbers of one kind; `None` if the region has none.
    pub(super) fn kind(&self, name: &str) -> Option<&str> {
        self.kinds.iter().find(|(kind, _)| kind == name).map(|(_, pattern)| pattern.as_str())
    }

    /// Returns the names of the kinds that the region has.
    pub(super) fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|(kind, _)| kind.as_str())
    }

    /// Returns patterns of the numbers that belong to the region unless one before it has them, as
    /// libphonenumber decides that.
    fn claims(&self) -> Vec<String> {
        match &self.leading_digits {
            Some(leading) => vec![format!(r"(?:{leading})\d*")],
            None => self.kinds.iter().map(|(_, pattern)| pattern.clone()).collect(),
        }
    }
}

impl Plan {
    /// Returns the main region, which comes first.
    pub(super) fn main(&self) -> &RegionPlan {
        &self.regions[0]
    }

    /// Returns, for every region but the main one, the shortest first digits that only its numbers have.
    ///
    /// Lengths that the main region has not are left out: they need no prefix to be told apart.
    pub(super) fn others(&self) -> Result<Vec<(&str, Vec<String>)>> {
        let mut others = Vec::new();
        for (at, region) in self.regions.iter().enumerate().skip(1) {
            let prefixes = if let Some(leading) = &region.leading_digits {
                Pattern::any([leading.as_str()])?.beginnings()
            } else {
                let own = region.claims();
                let before: Vec<_> =
                    self.regions[..at].iter().flat_map(RegionPlan::claims).collect();
                let own = Pattern::any(own.iter().map(String::as_str))?;
                let before = Pattern::any(before.iter().map(String::as_str))?;
                own.prefixes_beside(&before, &self.main().lengths)
            };
            others.push((region.name.as_str(), prefixes));
        }
        Ok(others)
    }
}

/// Reads the plans out of the package.
pub(super) fn read(wheel: &Path) -> Result<Upstream> {
    python(include_str!("scripts/plans.py"), wheel, &[])
}

/// Names the release, for the first line of a data file.
pub(super) fn release() -> String {
    format!("libphonenumber {} ({PHONENUMBERS_RELEASED})", PHONENUMBERS.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str, leading: Option<&str>, patterns: &[&str]) -> RegionPlan {
        RegionPlan {
            name: name.to_owned(),
            lengths: vec![4],
            leading_digits: leading.map(str::to_owned),
            national_prefix: None,
            kinds: patterns
                .iter()
                .map(|pattern| ("mobile".to_owned(), (*pattern).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn a_region_has_what_none_before_it_has() {
        let regions = vec![
            region("A", None, &[r"1[0-4]\d\d", r"9\d{3}"]),
            region("B", Some("2[34]"), &[r"2[3-5]\d\d"]),
            region("C", None, &[r"1[3-6]\d\d", r"2\d{3}", r"9\d{3}", r"9\d{9}"]),
        ];
        let plan = Plan { code: 999, regions };
        let others = plan.others().unwrap();
        let prefixes = |at: usize| others[at].1.join(" ");
        assert_eq!((others[0].0, prefixes(0)), ("B", "23 24".to_owned()));
        assert_eq!((others[1].0, prefixes(1)), ("C", "15 16 20 21 22 25 26 27 28 29".to_owned()));
    }

    #[test]
    fn leading_digits_of_the_main_region_leave_nothing_to_one_that_shares_its_plan() {
        let regions =
            vec![region("A", Some("[5-8]"), &[r"6\d{3}"]), region("B", None, &[r"6\d{3}"])];
        assert_eq!(Plan { code: 999, regions }.others().unwrap(), [("B", vec![])]);
    }
}
