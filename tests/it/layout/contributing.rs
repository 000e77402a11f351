//! What CONTRIBUTING.md says about a new provider is true: it names every place that a vendor is named in.

use std::{collections::BTreeSet, fs};

use super::source::{libraries, of_folder, root, vendors, without_comments};

/// The heading of the list.
const HEADING: &str = "### Places outside the folder";

/// The paths that the list names.
fn listed() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let (_, list) = text.split_once(HEADING).expect("CONTRIBUTING.md has the list");
    let list = list.split("\n#").next().unwrap();
    let rows = list.lines().filter_map(|line| line.strip_prefix("- `"));
    rows.filter_map(|row| Some(row.split_once('`')?.0.to_owned())).collect()
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
    let missing: Vec<_> = named.difference(&listed).collect();
    assert!(missing.is_empty(), "not in CONTRIBUTING.md, {HEADING:?}: {missing:#?}");
    for path in &listed {
        assert!(root().join(path).exists(), "CONTRIBUTING.md lists {path}, which is not there");
    }
    // Tests and documentation are listed by hand; everything else is where a vendor is named.
    let by_hand = |path: &&String| {
        path.starts_with("tests/") || path.ends_with(".md") || path.contains("examples/")
    };
    let idle: Vec<_> = listed.difference(&named).filter(|path| !by_hand(path)).collect();
    assert!(idle.is_empty(), "listed though no vendor is named there: {idle:#?}");
}
