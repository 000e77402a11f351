//! The CSV file of recipients.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use anysms::{
    Message, PhoneNumber, PhoneNumberError,
    message::MessageKey,
    number::{self, Region},
};
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// One row of the file: a message, or the reason it is none.
pub(super) struct Row {
    /// Position in the file; 1 is the first row after the header.
    pub(super) number: usize,
    pub(super) message: Result<Message, String>,
}

/// Reads the file. Numbers in national form are read as of this region.
pub(super) fn read(path: &Path, region: Option<&str>) -> Result<Vec<Row>, Failure> {
    let name = path.display().to_string();
    let wrong = |error: csv::Error| Failure::usage(&name, error);
    let region: Option<Region> = region
        .map(|region| region.parse().map_err(|error| Failure::usage("--region", error)))
        .transpose()?;
    let mut reader = csv::Reader::from_path(path).map_err(wrong)?;
    let headers = reader.headers().map_err(wrong)?.clone();
    for column in ["to", "text"] {
        if !headers.iter().any(|header| header == column) {
            return Err(Failure::usage(&name, format!("has no column `{column}`")));
        }
    }
    let mut keys = Keys::default();
    let mut rows = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(wrong)?;
        let field = |name: &str| {
            let column = headers.iter().position(|header| header == name)?;
            record.get(column).filter(|field| !field.is_empty())
        };
        rows.push(Row { number: index + 1, message: message(field, region, &mut keys) });
    }
    Ok(rows)
}

/// Makes the message of a row.
fn message<'a>(
    field: impl Fn(&str) -> Option<&'a str>,
    region: Option<Region>,
    keys: &mut Keys,
) -> Result<Message, String> {
    let (to, text) = (field("to").unwrap_or_default(), field("text").unwrap_or_default());
    let number: PhoneNumber = match region {
        None => to.parse().map_err(|error: PhoneNumberError| error.to_string())?,
        Some(region) => number::parse(to, Some(region)).map_err(|e| e.to_string())?.number(),
    };
    let mut message = Message::new(number, text);
    if let Some(from) = field("from") {
        let sender = from.parse().map_err(|error| format!("from: {error}"))?;
        message = message.with_sender(sender);
    }
    let key = match field("key") {
        Some(key) => key.to_owned(),
        None => keys.derive(&format!("{number}\n{}\n{text}", field("from").unwrap_or_default())),
    };
    let key = MessageKey::new(&key).map_err(|error| error.to_string())?;
    if !keys.taken.insert(key.clone()) {
        return Err("key: another row has it".into());
    }
    Ok(message.with_key(key))
}

/// The keys of all rows. A row without a key gets one from its content and the number of earlier rows with
/// the same content, so that the same row has the same key in every run.
#[derive(Default)]
struct Keys {
    taken: HashSet<MessageKey>,
    contents: HashMap<String, usize>,
}

impl Keys {
    fn derive(&mut self, content: &str) -> String {
        let hash = Sha256::digest(content);
        let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let times = self.contents.entry(hash.clone()).or_insert(0);
        *times += 1;
        format!("{hash}-{times}")
    }
}
