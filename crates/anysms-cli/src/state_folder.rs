//! The folder in which commands keep what they are about to do for money.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Returns the folder of `--intents`, or else `anysms/intents` below the user's folder for states:
/// `XDG_STATE_HOME`, or `.local/state` below `HOME`.
pub(crate) fn intents(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        return Ok(given.to_owned());
    }
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let states = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")));
    let states = states.ok_or_else(|| {
        Failure::usage("--intents", "is not given, and neither XDG_STATE_HOME nor HOME is set")
    })?;
    Ok(states.join("anysms/intents"))
}
