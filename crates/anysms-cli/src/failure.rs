//! [`Failure`]: the reason a run ends early, and its exit code.

use std::{fmt, io, process::ExitCode};

use anysms::{Error, ErrorKind};

/// The reason a run ends early: one line on standard error, and an exit code.
pub(crate) enum Failure {
    /// The command line, a file or the configuration is wrong. Exit code 2.
    Usage(String),
    /// The provider refused or could not be reached. Exit code 1.
    Refused(Box<Error>),
}

impl Failure {
    /// A mistake in this option, variable or file.
    pub(crate) fn usage(subject: &str, problem: impl fmt::Display) -> Self {
        Self::Usage(format!("{subject}: {problem}"))
    }

    /// Prints the failure and returns its exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Usage(line) => {
                eprintln!("error: {line}");
                ExitCode::from(2)
            }
            Self::Refused(error) => {
                let outcome = error.outcome().as_str();
                let code = error.code().unwrap_or("none");
                eprintln!("error: kind={} code={code} outcome={outcome}: {error}", error.kind());
                ExitCode::from(1)
            }
        }
    }
}

impl From<Error> for Failure {
    /// Errors found before any request are mistakes of the caller; all others come from the provider.
    fn from(error: Error) -> Self {
        use ErrorKind::{Config, InvalidContent, InvalidRequest, InvalidSender};
        let local =
            matches!(error.kind(), Config | InvalidContent | InvalidRequest | InvalidSender);
        if local && error.status().is_none() {
            Self::Usage(error.to_string())
        } else {
            Self::Refused(Box::new(error))
        }
    }
}

/// Turns a broken pipe into success: the reader has read enough.
pub(crate) fn unless_pipe_closed(result: io::Result<ExitCode>) -> Result<ExitCode, Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Usage(error.to_string()))
        }
        Err(_) => Ok(ExitCode::SUCCESS),
        Ok(code) => Ok(code),
    }
}
