//! The command `anysms` as a user runs it: its output, its exit codes and what it sends.

mod bulk;
mod doctor;
mod help;
mod messages;
mod numbers;
mod price;
mod register;
mod sandbox;
mod send;
mod text;
mod usage;
mod verify;

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

/// A run that has ended.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// The command with these arguments, in an environment without accounts.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anysms"));
    for (name, _) in std::env::vars() {
        if ["ANYSMS_", "TWILIO_", "PLIVO_"].iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end.
fn end(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `anysms` with these arguments.
fn run(arguments: &[&str]) -> Run {
    end(&mut command(arguments))
}

/// Runs `anysms` with these arguments and this standard input.
fn run_with_input(arguments: &[&str], input: &str) -> Run {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A file of the workspace's test data.
fn data(path: &str) -> String {
    let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data"));
    data.join(path).to_str().unwrap().to_owned()
}

/// Sends a signal to a running command.
#[cfg(unix)]
fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([name, &process.to_string()]).status();
    assert!(sent.unwrap().success());
}
