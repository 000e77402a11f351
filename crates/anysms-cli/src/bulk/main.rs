//! Sends a text to everybody in a CSV file, with a progress bar, and writes what became of each row.
//!
//! ```text
//! cargo run --example bulk --all-features -- --provider twilio --sandbox --rate 50 \
//!     --results results.csv tests/data/bulk/recipients.csv
//! ```
//!
//! The file has a header with `to` and `text`, and may have `from` and `key`. What has begun is kept in a
//! journal beside the result file before it is sent: after an interrupt, a crash or a kill the same command
//! goes on with the rows that never began, and with those of which it is proved that they were not sent. A
//! row that had begun and has no answer is reported as `unknown` and never sent again. Do not run it
//! twice at once.
//!
//! Exit code 0: all accepted. 1: some not, or stopped. 2: the command line or the file is wrong.

#[path = "../common/mod.rs"]
mod common;
mod journal;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anysms::{
    Message, SmsProviderExt,
    layers::{LayerExt, Limit, RetryPolicy},
    message::MessageKey,
    number::{self, Region},
};
use clap::Parser;
use common::{Client, Failure, Target};
use indicatif::{ProgressBar, ProgressStyle};
use journal::{Journal, State};
use sha2::{Digest, Sha256};

/// Sends a text to everybody in a CSV file.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The CSV file: `to` and `text`, and where it is wanted `from` and `key`.
    csv: PathBuf,
    /// Where to write what became of each row. The journal is beside it, with `.journal` at its end.
    #[arg(long)]
    results: PathBuf,
    /// The country of numbers in national form, such as GB.
    #[arg(long)]
    region: Option<String>,
    /// Messages a second at most.
    #[arg(long, default_value_t = 10)]
    rate: u32,
    /// Messages on their way at a time at most.
    #[arg(long, default_value_t = 16)]
    concurrency: usize,
}

/// One row: a message, or what is wrong with it.
struct Row {
    number: usize,
    message: Result<Message, String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match common::arguments() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => failure.report(),
    }
}

/// Whether everything was accepted.
async fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let rows = read(&arguments.csv, arguments.region.as_deref())?;
    let file = |path: &Path| {
        let name = path.display().to_string();
        move |error: std::io::Error| Failure::usage(&name, error)
    };
    if arguments.results == arguments.csv {
        return Err(Failure::usage("--results", "is the file with the recipients"));
    }
    let mut path = arguments.results.clone().into_os_string();
    path.push(".journal");
    let path = PathBuf::from(path);
    let journal = Arc::new(Mutex::new(Journal::open(&path).map_err(file(&path))?));
    let (client, _sandbox) = Client::new(&arguments.target).await?;
    let sms = client
        .provider()
        .rate_limit([Limit::messages(arguments.rate.max(1))])
        .with_longest_wait(std::time::Duration::MAX)
        .retry(RetryPolicy::default())
        .into_dyn();

    let bar = ProgressBar::new(rows.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} {per_sec} {msg}") {
        bar.set_style(style);
    }
    let valid = rows.iter().filter_map(|row| row.message.as_ref().ok());
    let todo: Vec<Message> =
        valid.filter(|message| lock(&journal).may_begin(message.key())).cloned().collect();
    bar.inc((rows.len() - todo.len()) as u64);
    let begun = Arc::clone(&journal);
    let unwritable = Arc::new(Mutex::new(None));
    let failed = Arc::clone(&unwritable);
    // A message that cannot be written down does not begin, and neither does one after it.
    let messages = todo.into_iter().map_while(move |message| {
        let written = lock(&begun).begin(message.key());
        written.map_err(|error| *lock(&failed) = Some(error)).ok().map(|()| message)
    });
    let mut all = sms.send_each(messages).with_concurrency(arguments.concurrency);
    let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
    let mut stopped = false;
    loop {
        let sent = tokio::select! {
            sent = all.next() => sent,
            _ = &mut stop, if !stopped => {
                stopped = true;
                all.stop();
                bar.set_message("stopping: waits for those that have begun");
                continue;
            }
        };
        let Some(sent) = sent else { break };
        let state = State::of(&sent.result);
        lock(&journal).end(sent.message.key(), state).map_err(file(&path))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(error) = lock(&unwritable).take() {
        return Err(file(&path)(error));
    }
    let summary = all.summary().clone();
    drop(all);
    write(&arguments.results, &rows, &lock(&journal))
        .map_err(|error| Failure::usage(&arguments.results.display().to_string(), error))?;
    let counts = count(&rows, &lock(&journal));
    eprintln!("this run: {} sent, {} segments", summary.sent, summary.segments);
    common::print(&counts);
    Ok(counts.keys().all(|state| state == "accepted"))
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the file.
fn read(path: &Path, region: Option<&str>) -> Result<Vec<Row>, Failure> {
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

/// The message of a row.
fn message<'a>(
    field: impl Fn(&str) -> Option<&'a str>,
    region: Option<Region>,
    keys: &mut Keys,
) -> Result<Message, String> {
    let (to, text) = (field("to").unwrap_or_default(), field("text").unwrap_or_default());
    let number = match region {
        None => to.parse().map_err(|error: anysms::PhoneNumberError| error.to_string())?,
        Some(region) => number::parse(to, Some(region)).map_err(|e| e.to_string())?.number(),
    };
    let mut message = Message::new(number, text);
    if let Some(from) = field("from") {
        let sender = from.parse().map_err(|error| format!("from: {error}"))?;
        message = message.with_sender(sender);
    }
    let key = match field("key") {
        Some(key) => key.to_owned(),
        None => keys.of(&format!("{number}\n{}\n{text}", field("from").unwrap_or_default())),
    };
    let key = MessageKey::new(&key).map_err(|error| error.to_string())?;
    if !keys.taken.insert(key.clone()) {
        return Err("key: another row has it".into());
    }
    Ok(message.with_key(key))
}

/// The keys of all rows. Rows without one are named by what they say, and how often it was said before, so
/// that the same row has the same name in every run.
#[derive(Default)]
struct Keys {
    taken: HashSet<MessageKey>,
    said: HashMap<String, usize>,
}

impl Keys {
    fn of(&mut self, said: &str) -> String {
        let hash = Sha256::digest(said);
        let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let times = self.said.entry(hash.clone()).or_insert(0);
        *times += 1;
        format!("{hash}-{times}")
    }
}

fn state(row: &Row, journal: &Journal) -> State {
    match &row.message {
        Ok(message) => journal.state(message.key()).unwrap_or_else(State::waiting),
        Err(wrong) => State::invalid(wrong),
    }
}

fn count(rows: &[Row], journal: &Journal) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(state(row, journal).state).or_default() += 1;
    }
    counts
}

/// Writes one line for each row. It names the row, and neither the number nor a hash of it.
fn write(path: &Path, rows: &[Row], journal: &Journal) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(["row", "state", "id", "error"])?;
    for row in rows {
        let state = state(row, journal);
        let number = row.number.to_string();
        writer.write_record([&number, &state.state, &state.id, &state.error])?;
    }
    Ok(writer.flush()?)
}
