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
    let variable = |name| env::var_os(name).map(PathBuf::from);
    folder(variable("XDG_STATE_HOME"), variable("HOME")).ok_or_else(|| {
        Failure::usage(
            "--intents",
            "is not given, and neither XDG_STATE_HOME nor HOME names a folder",
        )
    })
}

/// The user's folder for it. Relative paths are not looked at, as the XDG Base Directory Specification asks.
fn folder(state: Option<PathBuf>, home: Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let below = |home: PathBuf| home.join(".local/state");
    let state = state.filter(absolute).or_else(|| home.filter(absolute).map(below))?;
    Some(state.join("anysms/intents"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_state_folder_comes_from_the_environment() {
        let path = |text: &str| Some(PathBuf::from(text)).filter(|path| path.as_os_str() != "");
        for (state, home, expected) in [
            ("/s", "/h", "/s/anysms/intents"),
            ("", "/h", "/h/.local/state/anysms/intents"),
            ("s", "/h", "/h/.local/state/anysms/intents"),
            ("/s", "", "/s/anysms/intents"),
            ("", "h", ""),
            ("", "", ""),
        ] {
            assert_eq!(folder(path(state), path(home)), path(expected), "{state} {home}");
        }
    }
}
