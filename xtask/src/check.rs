//! The three-minute loop: everything that a change is likely to break, and nothing slow.
//!
//! Left to `.ci/run`: processes that are killed, features alone, crate counts, the README's commands, PostgreSQL and
//! Redis, the number engines, interleavings, fuzzing and benches.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use crate::{Result, root};

/// Time that the loop may take on two cores once everything is compiled.
const LIMIT: Duration = Duration::from_secs(180);

/// Tests that run at a time: most of the slow ones wait for a clock, not for a core.
const TESTS_AT_A_TIME: &str = "6";

/// The commands of a step: arguments of cargo.
const STEPS: [(&str, &[&str]); 4] = [
    ("fmt", &["fmt --all --check"]),
    ("clippy", &["clippy --locked --workspace --all-targets --all-features -- -D warnings"]),
    (
        "test",
        &[
            "test --locked --quiet --workspace --all-features --lib --bins --tests -- --skip killed_",
        ],
    ),
    ("doc", &["doc --locked --quiet --no-deps --workspace --all-features"]),
];

/// Runs all steps, or those that are named, and says how long each took.
pub(crate) fn run(asked: &[&str]) -> Result {
    if let Some(unknown) = asked.iter().find(|name| STEPS.iter().all(|(step, _)| step != *name)) {
        return Err(format!("unknown step: {unknown}"));
    }
    let begun = Instant::now();
    for (step, commands) in STEPS {
        if !asked.is_empty() && !asked.contains(&step) {
            continue;
        }
        let step_begun = Instant::now();
        for command in commands {
            cargo(command)?;
        }
        println!("{step}: {:.0} s", step_begun.elapsed().as_secs_f32());
    }
    if asked.is_empty() {
        crate::tables::check()?;
    }
    let took = begun.elapsed();
    let note = if took > LIMIT { ", over the 180 s of a warm run" } else { "" };
    println!("all: {:.0} s{note}", took.as_secs_f32());
    Ok(())
}

fn cargo(arguments: &str) -> Result {
    let status = Command::new(env!("CARGO"))
        .args(arguments.split(' '))
        .current_dir(root())
        .env("RUSTDOCFLAGS", "-D warnings")
        .env("RUST_TEST_THREADS", TESTS_AT_A_TIME)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("failed: cargo {arguments}")),
        Err(error) => Err(format!("cargo: {error}")),
    }
}
