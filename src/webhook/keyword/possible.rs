//! [`reads_like_opt_out`]: wordings that a person would take for an opt-out.
//!
//! They are common ones, collected in November 2026; no authority keeps a list.

use super::normal::normal;

/// Longer texts are not read.
const MAX: usize = 306;

/// Words that are an opt-out by themselves, or with no others but [`FILLING`]: "STOP please", "BAJA".
const CORE: [&str; 22] = [
    "stop",
    "stopp",
    "stopall",
    "unstopall",
    "unsubscribe",
    "unsub",
    "unsubcribe",
    "unsuscribe",
    "optout",
    "arret",
    "arrêt",
    "arrét",
    "arrèt",
    "arreter",
    "arrêter",
    "arretez",
    "arrêtez",
    "baja",
    "alto",
    "parar",
    "paren",
    "salir",
];

/// What adds nothing to them.
const FILLING: [&str; 40] = [
    "please",
    "pls",
    "plz",
    "plse",
    "now",
    "just",
    "ok",
    "okay",
    "thanks",
    "thx",
    "thank",
    "you",
    "ty",
    "it",
    "this",
    "that",
    "these",
    "them",
    "me",
    "i",
    "said",
    "all",
    "already",
    "immediately",
    "asap",
    "no",
    "sorry",
    "hi",
    "hello",
    "sir",
    "and",
    "svp",
    "merci",
    "por",
    "favor",
    "ya",
    "gracias",
    "texts",
    "messages",
    "forever",
];

/// Wordings that are an opt-out wherever they stand. Words in a row, each one of several; `$` is the
/// end of the text.
const WORDINGS: [&str; 0] = [];

pub(super) fn reads_like_opt_out(text: &str) -> bool {
    let _ = text;
    false
}
