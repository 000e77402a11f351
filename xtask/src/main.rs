//! Tasks of the project: `cargo xtask check`, `tables`, `sources`, `corpora`.

mod check;
mod corpora;
mod sources;
mod tables;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

const HELP: &str = "\
cargo xtask check            formatting, lints, unit and integration tests, documentation
cargo xtask check STEP…      only these steps: fmt, clippy, test, doc
cargo xtask tables           writes every generated table from its source
cargo xtask tables --check   fails if a committed table differs from its source
cargo xtask sources          derives xtask/data from pinned packages of PyPI and npm; needs the network
cargo xtask sources --check  fails if a file of xtask/data differs from what they give
cargo xtask corpora          unpacks fuzz/corpus/*.hex into target/corpus
cargo xtask corpora --pack   packs target/corpus into fuzz/corpus/*.hex";

/// Result of a task; the error is a sentence for the terminal.
type Result<T = ()> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match *arguments {
        ["check", ref steps @ ..] => check::run(steps),
        ["tables"] => tables::write(),
        ["tables", "--check"] => tables::check(),
        ["sources"] => sources::write(),
        ["sources", "--check"] => sources::check(),
        ["corpora"] => corpora::unpack(),
        ["corpora", "--pack"] => corpora::pack(),
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(format!("unknown task\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the root of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// Reads a file of the workspace.
fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))
}
