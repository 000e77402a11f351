//! Messages as CSV and as JSON lines.

use std::io::Write;

use anysms::{
    error::{Error, ErrorKind, Result},
    message::Direction,
};

use super::billing;
use crate::{BillingLine, Entry, Filter, MessageStore};

/// Columns of [`csv()`], part of the contract: more may come at the end.
pub const COLUMNS: &[&str] = &[
    "id",
    "direction",
    "tenant",
    "key",
    "remote",
    "local",
    "country",
    "text",
    "segments",
    "class",
    "campaign",
    "user",
    "tags",
    "stage",
    "status",
    "failure_kind",
    "failure_code",
    "provider",
    "price",
    "created_at",
    "accepted_at",
    "delivered_at",
    "due_at",
    "read_at",
    "estimate",
    "media",
    "state",
    "sender",
    "account",
    "provider_id",
    "error_text",
    "failed_at",
];

/// Writes the messages of a filter as CSV, the latest first, with [`COLUMNS`] as its header, and returns how many.
///
/// A text that a spreadsheet would take for a formula has an apostrophe before it, numbers too: they begin
/// with `+`.
///
/// ```
/// use anysms::{Message, PhoneNumber};
/// use anysms_store::{Filter, MessageStore, export};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MessageStore::memory();
/// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Your table is ready");
/// store.enqueue(&[message], None).await?;
/// let mut file = Vec::new();
/// assert_eq!(export::csv(&store, &Filter::new(), &mut file).await?, 1);
/// assert!(String::from_utf8(file)?.starts_with("id,direction,tenant,key,remote"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// - `Unavailable`: the store cannot be read.
/// - `Other`: the writer fails.
pub async fn csv(
    store: &MessageStore,
    filter: &Filter,
    mut writer: impl Write + Send,
) -> Result<u64> {
    writer.write_all(format!("{}\n", COLUMNS.join(",")).as_bytes()).map_err(unwritable)?;
    // In quotes, as some spreadsheets part cells at a semicolon or a tab.
    let mut csv = ::csv::WriterBuilder::new();
    let mut writer = csv.quote_style(::csv::QuoteStyle::Always).from_writer(writer);
    let count =
        each(store, filter, |entry| writer.write_record(cells(entry)).map_err(unwritable)).await?;
    writer.flush().map_err(unwritable)?;
    Ok(count)
}

/// Writes the messages of a filter as JSON, one on each line, the latest first, and returns how many.
///
/// ```
/// use anysms_store::{Filter, MessageStore, export};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anysms::Result<()> {
/// let store = MessageStore::memory();
/// assert_eq!(export::json_lines(&store, &Filter::new(), std::io::stdout()).await?, 0);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// - `Unavailable`: the store cannot be read.
/// - `Other`: the writer fails.
pub async fn json_lines(
    store: &MessageStore,
    filter: &Filter,
    mut writer: impl Write + Send,
) -> Result<u64> {
    let count = each(store, filter, |entry| {
        serde_json::to_writer(&mut writer, entry).map_err(unwritable)?;
        writer.write_all(b"\n").map_err(unwritable)
    });
    count.await
}

/// Writes the lines of a bill as CSV with a header, safe as [`csv()`] is. Costs in several currencies stand in one cell,
/// with a semicolon between them.
///
/// ```
/// use anysms_store::export;
///
/// let mut file = Vec::new();
/// export::billing_csv(&[], &mut file)?;
/// assert!(file.starts_with(b"\"month\",\"tenant\",\"country\",\"class\""));
/// # Ok::<(), anysms::Error>(())
/// ```
///
/// # Errors
/// `Other` if the writer fails.
pub fn billing_csv(lines: &[BillingLine], writer: impl Write) -> Result<()> {
    billing::csv(lines, writer)
}

/// Writes the lines of a bill as one JSON array.
///
/// # Errors
/// `Other` if the writer fails.
pub fn billing_json(lines: &[BillingLine], writer: impl Write) -> Result<()> {
    serde_json::to_writer(writer, lines).map_err(unwritable)
}

async fn each(
    store: &MessageStore,
    filter: &Filter,
    mut write: impl FnMut(&Entry) -> Result<()> + Send,
) -> Result<u64> {
    let (mut count, mut cursor) = (0, None);
    loop {
        let page = store.entries(filter, 500, cursor.as_ref()).await?;
        for entry in &page.items {
            write(entry)?;
            count += 1;
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(count);
        }
    }
}

pub(super) fn unwritable<E>(_: E) -> Error {
    Error::not_sent(ErrorKind::Other).with_detail("export: the writer fails")
}

fn cells(entry: &Entry) -> Vec<String> {
    fn text<T: ToString>(value: Option<&T>) -> String {
        value.map(ToString::to_string).unwrap_or_default()
    }
    let failure = entry.failure.as_ref();
    let cells = [
        entry.id.to_string(),
        if entry.direction == Direction::Inbound { "inbound" } else { "outbound" }.to_owned(),
        text(entry.tenant.as_ref()),
        entry.key.to_string(),
        entry.remote.to_string(),
        text(entry.local.as_ref()),
        text(entry.country.as_ref()),
        text(entry.text.as_ref()),
        text(entry.segments.as_ref()),
        entry.class.as_str().to_owned(),
        text(entry.campaign.as_ref()),
        text(entry.user.as_ref()),
        entry.tags.join(" "),
        entry.stage.as_str().to_owned(),
        text(entry.status.as_ref()),
        failure.map_or("", |failure| failure.kind.as_str()).to_owned(),
        failure.map_or("", |failure| failure.code.as_str()).to_owned(),
        text(entry.provider.as_ref()),
        text(entry.price.as_ref()),
        entry.created_at.to_string(),
        text(entry.accepted_at.as_ref()),
        text(entry.delivered_at.as_ref()),
        text(entry.due_at.as_ref()),
        text(entry.read_at.as_ref()),
        text(entry.estimate.as_ref()),
        entry.media.iter().map(|url| url.as_str()).collect::<Vec<_>>().join(" "),
        text(entry.state().as_ref()),
        text(entry.sender.as_ref()),
        text(entry.account.as_ref()),
        entry.provider_id.as_ref().map_or("", |id| id.value()).to_owned(),
        text(entry.error_text.as_ref()),
        text(entry.failed_at.as_ref()),
    ];
    cells.into_iter().map(harmless).collect()
}

/// Makes a cell harmless that a spreadsheet would take for a formula: what begins with a sign of one, in ASCII or full
/// width, behind whatever a spreadsheet may strip or take for the end of a cell.
pub(super) fn harmless(cell: String) -> String {
    let is_skipped = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                ',' | ';' | '|' | '"' | '\'' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
            )
    };
    let signs = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹢', '﹣', '−', '﹫', '﹦'];
    let begins = cell.starts_with(['\t', '\r', '\n']);
    if begins || cell.trim_start_matches(is_skipped).starts_with(signs) {
        format!("'{cell}")
    } else {
        cell
    }
}
