//! Packages of the registries that the data comes from, in one table: their versions, how they are
//! fetched, and how a script reads them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{Result, root};

/// Package at one version, with the hash under which its registry has it.
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    hash: &'static str,
}

/// Numbering plans and time zones of prefixes: libphonenumber for Python, under its version. On PyPI.
pub(super) const PHONENUMBERS: Package = Package {
    name: "phonenumbers",
    version: "9.0.43",
    hash: "sha256:349bc799f15e010e35bd2c7d28149950ae74479cb1e11fb054ed9a95ecb4b437",
};

/// Time zone database: zones of the countries, and their clocks. On PyPI.
pub(super) const TZDATA: Package = Package {
    name: "tzdata",
    version: "2026.6",
    hash: "sha256:0a10eec6e13ef16b627fabed9a5f2ba61a62b1c67f327305f4e7e412a70b4aec",
};

/// Unicode Character Database 10.0.0. On npm.
pub(super) const UNICODE: Package = Package {
    name: "@unicode/unicode-10.0.0",
    version: "2.0.7",
    hash: "sha512-P1K2jeTBHiXlTkwrnQNaC8f2qm1YN+GLRqMR+fhg1OQnD+Vf/zsLLdmZMzRBV7T6G6fiZPL+RQYhpN//awR1Xg==",
};

/// Substitutes of Smart Encoding. On npm.
pub(super) const SEGMENTS: Package = Package {
    name: "sms-segments-calculator",
    version: "1.3.0",
    hash: "sha512-5tHGOW3WS0fwMfgCmWqWnOxDQdCZhtGct8J8+EuzXx1j6JBABOlvxwUrtjbKEQbRqajMREqz8mBwa+i1hu7VAQ==",
};

/// Month of the release of [`PHONENUMBERS`], for the data's first lines.
pub(super) const PHONENUMBERS_RELEASED: &str = "November 2026";

/// Day on which both [`PHONENUMBERS`] and [`TZDATA`] were the newest.
pub(super) const ZONES_AS_OF: &str = "2026-11-21";

fn folder() -> PathBuf {
    root().join("target/sources")
}

/// Downloads wheels into `target/sources` and returns their paths.
pub(super) fn wheels<const N: usize>(packages: [&Package; N]) -> Result<[PathBuf; N]> {
    let folder = folder();
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let line = |package: &Package| {
        format!("{}=={} --hash={}\n", package.name, package.version, package.hash)
    };
    let requirements = folder.join("requirements.txt");
    fs::write(&requirements, packages.map(line).concat())
        .map_err(|error| format!("{}: {error}", requirements.display()))?;
    let download = "-m pip download --quiet --no-deps --require-hashes --only-binary :all: -r";
    let mut pip = Command::new("python3");
    pip.args(download.split(' ')).arg(&requirements).arg("--dest").arg(&folder);
    output(&mut pip)?;
    Ok(packages.map(|package| {
        folder.join(format!("{}-{}-py2.py3-none-any.whl", package.name, package.version))
    }))
}

/// Entry of what `npm pack --json` prints.
#[derive(Deserialize)]
struct Packed {
    filename: String,
    integrity: String,
}

/// Downloads and unpacks a package of npm, and returns its folder.
pub(super) fn unpacked(package: &Package) -> Result<PathBuf> {
    let wanted = format!("{}@{}", package.name, package.version);
    let folder = folder().join(package.name.replace('/', "-"));
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.args(["pack", "--json", "--ignore-scripts", &wanted, "--pack-destination"]).arg(&folder);
    let packed: Vec<Packed> = read(&mut npm)?;
    let [packed] = &packed[..] else {
        return Err(format!("{wanted}: npm packed none, or several"));
    };
    if packed.integrity != package.hash {
        let found = &packed.integrity;
        return Err(format!("{wanted}: has the hash {found}; compare it with xtask/src/sources"));
    }
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(folder.join(&packed.filename)).arg("-C").arg(&folder);
    output(&mut tar)?;
    Ok(folder.join("package"))
}

/// Runs a script in Python and reads the JSON that it prints.
pub(super) fn python<T: DeserializeOwned>(
    script: &str,
    package: &Path,
    more: &[&str],
) -> Result<T> {
    read(Command::new("python3").args(["-B", "-c", script]).arg(package).args(more))
}

/// Runs a module in Node and reads the JSON that it prints.
pub(super) fn node<T: DeserializeOwned>(module: &str, package: &Path) -> Result<T> {
    read(Command::new("node").args(["--input-type=module", "--eval", module]).arg(package))
}

fn read<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    let name = command.get_program().to_string_lossy().into_owned();
    serde_json::from_slice(&output(command)?).map_err(|error| format!("{name}: {error}"))
}

fn output(command: &mut Command) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.current_dir(root()).output();
    let output = output.map_err(|error| format!("{name}: {error}; install it"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("{name}: failed\n{}", String::from_utf8_lossy(&output.stderr).trim_end()))
}
