//! What CONTRIBUTING.md says about a new provider is true: it names every place that a vendor is named in.

use std::{collections::BTreeSet, fs, path::Path};

use super::source::{libraries, of_folder, root, vendors, without_comments};

/// The heading of the lists.
const HEADING: &str = "## Add a provider";

/// The paths that the list names.
fn listed() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let (_, list) = text.split_once(HEADING).expect("CONTRIBUTING.md has the list");
    let list = list.split("\n#").next().unwrap();
    // A row is one path or several, and behind a colon what is done there.
    let rows = list.lines().filter(|line| line.starts_with("- `"));
    let heads = rows.map(|row| row.split_once("`: ").map_or(row, |(head, _)| head));
    heads.flat_map(|head| head.split('`').skip(1).step_by(2).map(str::to_owned)).collect()
}

/// The files outside the vendors' folders whose code names a vendor.
fn naming() -> BTreeSet<String> {
    let vendors = vendors();
    let own = |path: &str| vendors.iter().any(|vendor| path.starts_with(&format!("src/{vendor}/")));
    let mut sources = libraries();
    sources.extend(of_folder("xtask/src", "xtask"));
    let mut named = BTreeSet::new();
    for source in sources.iter().filter(|source| !own(&source.path)) {
        let code = without_comments(source.without_tests()).to_lowercase();
        if vendors.iter().any(|vendor| code.contains(vendor.as_str())) {
            named.insert(source.path.clone());
        }
    }
    for path in ["Cargo.toml", "tests/Cargo.toml", "fuzz/Cargo.toml", ".ci/run"] {
        let text = fs::read_to_string(root().join(path)).unwrap().to_lowercase();
        let mut lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        if lines.any(|line| vendors.iter().any(|vendor| line.contains(vendor.as_str()))) {
            named.insert(path.to_owned());
        }
    }
    named
}

#[test]
fn contributing_names_every_place_that_a_new_vendor_touches() {
    let (listed, named) = (listed(), naming());
    // A folder stands for all that is in it.
    let is_listed = |path: &String| listed.iter().any(|place| Path::new(path).starts_with(place));
    let missing: Vec<_> = named.iter().filter(|path| !is_listed(path)).collect();
    assert!(missing.is_empty(), "not in CONTRIBUTING.md, {HEADING:?}: {missing:#?}");
    // `acme` stands for the vendor: what a new one has to have, those that are here have.
    for (path, vendor) in
        listed.iter().flat_map(|path| vendors().into_iter().map(move |v| (path, v)))
    {
        let path = path.replace("acme", &vendor);
        assert!(root().join(&path).exists(), "CONTRIBUTING.md lists {path}, which is not there");
    }
}
