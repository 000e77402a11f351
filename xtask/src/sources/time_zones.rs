//! Time zones of area codes and country codes: `time-zones.txt`.

use std::{collections::BTreeMap, path::Path};

use super::{
    packages::{PHONENUMBERS, TZDATA, ZONES_AS_OF, python},
    plans::{Plan, Upstream},
};
use crate::Result;

/// First of the two years in which clocks are compared.
const YEAR: u16 = 2026;

/// Area codes that overlay another, whose zones they have: the older code, and those laid over it.
///
/// Only where libphonenumber gives the newer code fewer zones than the older, or wrong ones. This list is
/// its own source; the North American Numbering Plan Administrator publishes each overlay by itself.
const OVERLAYS: [(u16, &[u16]); 8] = [
    (208, &[986]),
    (250, &[236, 257, 604, 672, 778]),
    (270, &[364]),
    (418, &[367, 468, 581]),
    (541, &[458]),
    (709, &[879]),
    (812, &[930]),
    (850, &[448]),
];

/// Regions that are not in `zone.tab`, and the region whose zones they have.
const WITHOUT_ZONES: [(&str, &str); 3] = [("AC", "SH"), ("TA", "SH"), ("XK", "RS")];

/// Zones with their clocks, by country.
type Countries = BTreeMap<String, Vec<(String, String)>>;

/// Derives the file.
pub(super) fn derive(upstream: &Upstream, tzdata: &Path) -> Result<String> {
    let year = YEAR.to_string();
    let countries: Countries = python(include_str!("scripts/zones.py"), tzdata, &[&year])?;
    Ok(format!(
        "# Time zones of area codes and country codes, as of {ZONES_AS_OF}. Written by `cargo xtask sources`. Sources: of\n\
         # country codes the zones of their countries in zone.tab of the time zone database (tzdata {}), one of those\n\
         # that agree in {YEAR} and {}; of area codes the prefixes of libphonenumber {}, where those that overlay\n\
         # another have its zones.\n\
         [AREAS]\n{}[COUNTRIES]\n{}",
        TZDATA.version,
        YEAR + 1,
        PHONENUMBERS.version,
        areas(&upstream.zones)?,
        of_countries(&upstream.plans, &countries)?,
    ))
}

/// Collects the zones of every area code of +1 from all prefixes within it.
fn areas(zones: &BTreeMap<String, Vec<String>>) -> Result<String> {
    let mut areas: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for (prefix, zones) in zones {
        let code = prefix.strip_prefix('1').and_then(|national| national.get(..3));
        let Some(code) = code else { continue };
        let code = code.parse().map_err(|_| format!("{prefix}: is no prefix"))?;
        areas.entry(code).or_default().extend(zones.iter().map(String::as_str));
    }
    for (older, newer) in OVERLAYS {
        let zones = areas.get(&older).ok_or_else(|| format!("{older}: has no zones"))?.clone();
        areas.extend(newer.iter().map(|code| (*code, zones.clone())));
    }
    for zones in areas.values_mut() {
        zones.sort_unstable();
        zones.dedup();
    }
    Ok(rows(areas.into_iter()))
}

/// Collects the zones of every other country code, one of those that have the same clock.
fn of_countries(plans: &[Plan], countries: &Countries) -> Result<String> {
    let mut codes = Vec::new();
    for plan in plans.iter().filter(|plan| plan.code != 1 && plan.main().name != "001") {
        let mut kept: Vec<(&str, &str)> = Vec::new();
        for region in &plan.regions {
            let listed = WITHOUT_ZONES.iter().find(|(name, _)| *name == region.name);
            let name = listed.map_or(region.name.as_str(), |(_, other)| other);
            let zones = countries.get(name);
            for (zone, clock) in zones.ok_or_else(|| format!("{name}: not in zone.tab; add it"))? {
                if kept.iter().all(|(_, known)| known != clock) {
                    kept.push((zone, clock));
                }
            }
        }
        codes.push((plan.code, kept.into_iter().map(|(zone, _)| zone).collect()));
    }
    Ok(rows(codes.into_iter()))
}

/// Writes a row for every group of codes that have the same zones, in the order of its first code.
fn rows<'a>(codes: impl Iterator<Item = (u16, Vec<&'a str>)>) -> String {
    let mut rows: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
    for (code, zones) in codes {
        match rows.iter_mut().find(|(_, known)| *known == zones) {
            Some((codes, _)) => codes.push(code.to_string()),
            None => rows.push((vec![code.to_string()], zones)),
        }
    }
    let rows =
        rows.iter().map(|(codes, zones)| format!("{} = {}\n", codes.join(" "), zones.join(" ")));
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_has_the_zones_of_its_prefixes_and_one_laid_over_it_has_the_same() {
        let mut zones = BTreeMap::new();
        for (prefix, zone) in
            [("1", "x"), ("1201", "c"), ("12082", "b"), ("12083", "a"), ("1986", "b")]
        {
            zones.insert(prefix.to_owned(), vec![zone.to_owned()]);
        }
        for (older, _) in &OVERLAYS[1..] {
            zones.insert(format!("1{older}"), vec!["z".to_owned()]);
        }
        let rows = areas(&zones).unwrap();
        let rows: Vec<_> = rows.lines().take(2).collect();
        assert_eq!(rows, ["201 = c", "208 986 = a b"]);
        zones.remove("1250");
        assert_eq!(areas(&zones), Err("250: has no zones".to_owned()));
    }
}
