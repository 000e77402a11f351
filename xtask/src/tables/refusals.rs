//! Countries that refuse alphanumeric senders.

use super::{Table, lines};
use crate::Result;

pub(super) const COUNTRIES: Table = Table {
    file: "src/message/sender/refusals.rs",
    source: "xtask/data/alphanumeric-refusals.txt",
    from: "const AS_OF",
    to: "\n\npub(super) fn find",
    render,
};

fn render(source: &str) -> Result<String> {
    let as_of = lines(source).find_map(|(_, line)| line.strip_prefix("as of "));
    let as_of = as_of.ok_or("no line says as of when")?;
    let of = |word: &str| -> Vec<&str> {
        lines(source).filter_map(|(_, line)| line.strip_suffix(word)?.strip_suffix(' ')).collect()
    };
    let (confirmed, reported) = (of("confirmed"), of("reported"));
    Ok(format!(
        "const AS_OF: &str = {as_of:?};\n\n\
         /// Said by both vendors; by Plivo in \"Sender ID usage\".\n\
         const CONFIRMED: [&str; {}] = {confirmed:?};\n\n\
         /// Commonly listed as refusing; Twilio's support article 223133767 is the page to look at.\n\
         const REPORTED: [&str; {}] = {reported:?};",
        confirmed.len(),
        reported.len(),
    ))
}
