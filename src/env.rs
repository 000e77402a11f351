//! Reads settings from environment variables and reports all problems in one error.

use crate::{
    error::{Error, ErrorKind, Result},
    message::Sender,
    provider_id::ProviderId,
};

/// Reader of environment variables that collects problems: the name and the broken rule, never the value.
pub(crate) struct Vars<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl<'a> Vars<'a> {
    pub(crate) fn new(get: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { get, problems: Vec::new() }
    }

    /// Returns the variable's value; `None` if it is not set or empty.
    pub(crate) fn optional(&mut self, name: &str) -> Option<String> {
        let value = (self.get)(name).filter(|value| !value.is_empty())?;
        if value.trim() != value || value.contains(|c: char| c.is_control()) {
            self.problem(name, "has white space around it or a control character in it");
        }
        Some(value)
    }

    /// Returns the variable's value; records a problem if it is missing.
    pub(crate) fn required(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.problem(name, "is not set");
            String::new()
        })
    }

    /// Returns the default sender that either variable gives; records a problem if it is not a sender, or if both
    /// give one and they differ.
    pub(crate) fn sender(&mut self, names: [&str; 2]) -> Option<Sender> {
        let senders = names.map(|name| self.sender_of(name));
        if let [Some(one), Some(other)] = &senders
            && one != other
        {
            self.problem(names[1], format_args!("differs from {}", names[0]));
        }
        senders.into_iter().flatten().next()
    }

    fn sender_of(&mut self, name: &str) -> Option<Sender> {
        match self.optional(name)?.parse() {
            Ok(sender) => Some(sender),
            Err(error) => {
                self.problem(name, format_args!("is not a valid {error}"));
                None
            }
        }
    }

    /// Records a problem. Only the first problem of a variable is kept.
    pub(crate) fn problem(&mut self, name: &str, rule: impl std::fmt::Display) {
        if !self.problems.iter().any(|known| known.starts_with(&format!("{name} "))) {
            self.problems.push(format!("{name} {rule}"));
        }
    }

    /// Returns one error for all problems, or `Ok` if there are none.
    pub(crate) fn finish(self, provider: &ProviderId) -> Result<()> {
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(Error::not_sent(ErrorKind::Config)
            .with_provider(provider.clone())
            .with_detail(self.problems.join("; ")))
    }
}

/// Reads a variable of the process's environment. A value that is not UTF-8 counts as malformed.
pub(crate) fn process(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.into_string().unwrap_or_else(|_| "\u{0}".into()))
}
