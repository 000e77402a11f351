//! The sources of the workspace, as the other modules read them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The root of the workspace.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A Rust file of a package, with its place in it.
pub(super) struct Source {
    /// Path from the root of the workspace.
    pub(super) path: String,
    /// Room: the package for `src/lib.rs` and `src/main.rs`, else the first folder or file of `src`. Rooms of
    /// other packages than the root have the package's name before them.
    pub(super) room: String,
    pub(super) text: String,
}

impl Source {
    /// The file without its unit tests.
    pub(super) fn without_tests(&self) -> &str {
        let end = self.text.find("\n#[cfg(test)]\nmod tests {");
        end.map_or(&self.text, |end| &self.text[..end + 1])
    }

    /// The documentation comments: each as its lines, without slashes, and the number of the first.
    pub(super) fn doc_comments(&self) -> Vec<(usize, Vec<&str>)> {
        let mut comments: Vec<(usize, Vec<&str>)> = Vec::new();
        let mut kind = "";
        for (at, line) in self.without_tests().lines().enumerate() {
            let line = line.trim_start();
            let now = ["//!", "///"].into_iter().find(|slashes| line.starts_with(slashes));
            match now.filter(|_| !line.starts_with("////")) {
                None => kind = "",
                Some(slashes) => {
                    if kind != slashes {
                        comments.push((at + 1, Vec::new()));
                        kind = slashes;
                    }
                    let text = &line[slashes.len()..];
                    comments.last_mut().unwrap().1.push(text.strip_prefix(' ').unwrap_or(text));
                }
            }
        }
        comments
    }
}

/// The library files of all packages: `src` and `crates/*/src`.
pub(super) fn libraries() -> Vec<Source> {
    let mut sources = of_package("src", "");
    for package in folders(&root().join("crates")) {
        let name = package.file_name().unwrap().to_str().unwrap();
        sources.extend(of_package(&format!("crates/{name}/src"), name));
    }
    assert!(sources.len() >= 200, "{}", sources.len());
    sources
}

/// The files under a folder, all of them in one room.
pub(super) fn of_folder(folder: &str, room: &str) -> Vec<Source> {
    let sources = of_package(folder, "").into_iter();
    sources.map(|source| Source { room: room.into(), ..source }).collect()
}

fn of_package(folder: &str, package: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    files(&root().join(folder), &mut paths);
    let source = |path: PathBuf| {
        let inside = path.strip_prefix(root().join(folder)).unwrap();
        let first = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let room = match (package, first) {
            ("", first) => first.to_owned(),
            (package, "lib" | "main") => package.to_owned(),
            (package, first) => format!("{package}/{first}"),
        };
        let path = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        Source { text: fs::read_to_string(root().join(&path)).unwrap(), path, room }
    };
    paths.into_iter().map(source).collect()
}

/// The vendors: the folders of `src` that have a folder `sms`.
pub(super) fn vendors() -> Vec<String> {
    let folders =
        folders(&root().join("src")).into_iter().filter(|folder| folder.join("sms").is_dir());
    let names: Vec<_> =
        folders.map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(names.len() >= 2, "{names:?}");
    names
}

pub(super) fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

pub(super) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The code with its comments and what its literals hold left out.
pub(super) fn without_comments_and_texts(source: &str) -> String {
    let (mut code, mut rest) = (String::with_capacity(source.len()), source);
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(raw) = raw_start(rest, &code) {
            let close = format!("\"{}", "#".repeat(raw - 2));
            rest[raw..].find(&close).map_or(rest.len(), |end| raw + end + close.len())
        } else if c == '"' {
            literal(rest, '"')
        } else if c == '\'' && is_char(rest) {
            literal(rest, '\'')
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    code
}

/// The length of `r##"`, if a raw text starts here.
fn raw_start(rest: &str, before: &str) -> Option<usize> {
    let in_word =
        before.ends_with(|c: char| c.is_alphanumeric() || c == '_') && !before.ends_with('b');
    let hashes = rest.strip_prefix('r').filter(|_| !in_word)?;
    let text = hashes.trim_start_matches('#');
    text.starts_with('"').then_some(2 + hashes.len() - text.len())
}

/// Whether this is a character, not a lifetime.
fn is_char(rest: &str) -> bool {
    let mut chars = rest.chars().skip(1);
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// The length of a literal, its quotes included.
fn literal(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The code with its comments left out and its literals kept.
pub(super) fn without_comments(source: &str) -> String {
    let (mut code, mut rest) = (String::with_capacity(source.len()), source);
    while let Some(c) = rest.chars().next() {
        let (skipped, kept) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), false)
        } else if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |end| end + 2), false)
        } else if c == '"' || c == '\'' && is_char(rest) {
            (literal(rest, c), true)
        } else {
            (c.len_utf8(), true)
        };
        code.push_str(if kept { &rest[..skipped] } else { "" });
        rest = &rest[skipped..];
    }
    code
}
