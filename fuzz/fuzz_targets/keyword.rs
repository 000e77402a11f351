//! Keywords: no panic, none but whole messages, and none hidden by what stands around it.
//!
//! ```text
//! cargo fuzz run -s none keyword
//! ```

#![no_main]

use anysms::text::{Keyword, Keywords};
use libfuzzer_sys::fuzz_target;

/// What texts are made of: keywords and their parts, and all that may stand around and between.
const PARTS: [&str; 64] = [
    "stop",
    "STOP",
    "all",
    "opt",
    "out",
    "OPT",
    "end",
    "quit",
    "cancel",
    "unsubscribe",
    "arret",
    "ARRÊT",
    "arre\u{302}t",
    "start",
    "unstop",
    "help",
    "info",
    "aide",
    "ｓｔｏｐ",
    "𝐒𝐓𝐎𝐏",
    "İ",
    "ı",
    "i\u{307}",
    "ß",
    "ẞ",
    "ς",
    "Σ",
    "s",
    "t",
    "o",
    "p",
    "a",
    "1",
    " ",
    "\u{a0}",
    "\n",
    "-",
    "_",
    "—",
    ".",
    "!",
    "'",
    "’",
    "\"",
    "(",
    "🛑",
    "🙏🏽",
    "ℹ️",
    "™",
    "1️⃣",
    "\u{200b}",
    "\u{ad}",
    "\u{fe0f}",
    "\u{301}",
    "\u{302}",
    "\u{345}",
    "´",
    "½",
    "ﾟ",
    "ᄀ",
    "don't",
    "texting",
    "me",
    "please",
];

fuzz_target!(|data: &[u8]| {
    let built: String = data.iter().map(|byte| PARTS[usize::from(*byte) % PARTS.len()]).collect();
    hold(&built);
    hold(&String::from_utf8_lossy(data));
});

fn hold(text: &str) {
    if text.len() > 8_000 {
        return; // with signs around it, it might be too long to be read
    }
    let keywords = Keywords::standard();
    let found = keywords.find(text);
    // Signs around it change nothing.
    let decorated = format!("\u{feff}“(\n{text}!🛑\u{200d} ");
    assert_eq!(keywords.find(&decorated), found);
    // One more word does.
    assert_eq!(keywords.find(&format!("{text} xyz")), None);
    assert!(found.is_none() || !keywords.may_be_opt_out(text));
    // A text that can be a keyword is found as one, in the form in which it is compared too.
    let Ok(custom) = Keywords::none().with(text, Keyword::Help) else { return };
    assert_eq!(custom.find(text), Some(Keyword::Help));
    let words: Vec<_> = custom.iter().map(|(word, _)| word.to_owned()).collect();
    assert_eq!(words.len(), 1);
    assert_eq!(custom.find(&words[0]), Some(Keyword::Help));
    assert_eq!(keywords.find(&words[0]), found);
    let again = Keywords::none().with(&words[0], Keyword::Help);
    assert!(again.is_ok_and(|again| again.iter().eq(custom.iter())));
}
