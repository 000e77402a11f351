//! The seeds of the fuzz targets: one text file a target, a seed a line, as hexadecimal digits.

use std::{
    collections::BTreeSet,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use crate::{Result, root};

fn packed() -> PathBuf {
    root().join("fuzz/corpus")
}

fn unpacked() -> PathBuf {
    root().join("target/corpus")
}

/// Writes every seed into a file of its own, where cargo-fuzz looks for them.
pub(crate) fn unpack() -> Result {
    for path in entries(&packed())? {
        let Some(target) = path.file_stem().filter(|_| path.extension() == Some("hex".as_ref()))
        else {
            continue;
        };
        let folder = unpacked().join(target);
        fs::create_dir_all(&folder).map_err(|error| said(&folder, &error))?;
        let text = fs::read_to_string(&path).map_err(|error| said(&path, &error))?;
        for (at, line) in text.lines().enumerate() {
            let seed =
                bytes(line).ok_or_else(|| format!("{}:{}: no hex", path.display(), at + 1))?;
            let file = folder.join(format!("seed-{at:04}"));
            fs::write(&file, seed).map_err(|error| said(&file, &error))?;
        }
    }
    Ok(())
}

/// Writes the seeds that are unpacked into one file a target, sorted and each once.
pub(crate) fn pack() -> Result {
    for folder in entries(&unpacked())? {
        let mut lines = BTreeSet::new();
        for file in entries(&folder)? {
            let seed = fs::read(&file).map_err(|error| said(&file, &error))?;
            lines.insert(digits(&seed));
        }
        let target = folder.file_name().unwrap_or_default();
        let path = packed().join(target).with_extension("hex");
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::create_dir_all(packed()).map_err(|error| said(&packed(), &error))?;
        fs::write(&path, text).map_err(|error| said(&path, &error))?;
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let found = fs::read_dir(folder).map_err(|error| said(folder, &error))?;
    found.map(|entry| entry.map(|entry| entry.path()).map_err(|e| said(folder, &e))).collect()
}

fn said(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes(line: &str) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let pairs = line.as_bytes().chunks(2);
    pairs.map(|two| if two.len() == 2 { pair(two) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_survives_being_packed() {
        for seed in [&b""[..], b"\0\xff\n", b"STOP"] {
            assert_eq!(bytes(&digits(seed)).as_deref(), Some(seed));
        }
        assert_eq!((bytes("0"), bytes("0g")), (None, None));
    }
}
