//! Derivation of `xtask/data` from what others publish. Each file here turns packages of the registries
//! into the text of a data file, which `cargo xtask tables` turns into Rust.
//!
//! It needs the network, `python3` with pip, `node`, `npm` and `tar`, and is no part of the checks.

mod clusters;
mod countries;
mod packages;
mod pattern;
mod plans;
mod smart_encoding;
mod time_zones;
mod uk_ranges;

use crate::{Result, read, root};

/// File of `xtask/data` and the text that its upstream gives.
type Derived = (&'static str, String);

/// Writes every data file that has an upstream.
pub(crate) fn write() -> Result {
    for (file, text) in derived()? {
        let changed = read(file).ok().as_ref() != Some(&text);
        std::fs::write(root().join(file), text).map_err(|error| format!("{file}: {error}"))?;
        println!("sources: {file}: {}", if changed { "changed" } else { "as before" });
    }
    Ok(())
}

/// Fails if a data file differs from what its upstream gives.
pub(crate) fn check() -> Result {
    let derived = derived()?;
    let mut differing = Vec::new();
    for (file, text) in &derived {
        if read(file)? != *text {
            differing.push(*file);
        }
    }
    if differing.is_empty() {
        println!("sources: {} files are those of their upstream", derived.len());
        return Ok(());
    }
    Err(format!("not as upstream: {}; run `cargo xtask sources`", differing.join(", ")))
}

fn derived() -> Result<Vec<Derived>> {
    let [phonenumbers, tzdata] = packages::wheels([&packages::PHONENUMBERS, &packages::TZDATA])?;
    let upstream = plans::read(&phonenumbers)?;
    Ok(vec![
        ("xtask/data/grapheme-cluster-break.txt", clusters::derive()?),
        ("xtask/data/national-prefixes.txt", countries::national_prefixes(&upstream.plans)),
        ("xtask/data/regions.txt", countries::regions(&upstream.plans)?),
        ("xtask/data/smart-encoding.txt", smart_encoding::derive()?),
        ("xtask/data/time-zones.txt", time_zones::derive(&upstream, &tzdata)?),
        ("xtask/data/uk-ranges.txt", uk_ranges::derive(&upstream.plans)?),
    ])
}
