//! `anysms bulk`: a text to everybody in a CSV file.

mod journal;
mod recipients;
mod results;

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anysms::{
    Message, SmsProviderExt,
    layers::{LayerExt, Quota, RetryPolicy},
};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use journal::{Journal, State};

use crate::{
    failure::Failure,
    output,
    target::{Client, Target, account_environment},
};

/// Sends a text to everybody in a CSV file, and never twice to the same row.
///
/// The file has a header with `to` and `text`, and may have `from` and `key`. Every row is written to a
/// journal beside the result file before it is sent: after an interrupt, a crash or a kill, the same command
/// continues with the rows that were not sent. A row that was being sent and has no answer is reported as
/// `unknown` and never sent again. Do not run two commands with the same result file at once.
#[derive(Args)]
#[command(after_help = concat!("\
Example:
  anysms bulk --provider twilio --sandbox --rate 50 --results results.csv recipients.csv

Output: one line of JSON with the number of rows in each state, such as {\"accepted\":20}.
The result file has the columns row, state, id and error.

", account_environment!(), "
Exit codes:
  0  all rows are accepted
  1  some are not, or the run was stopped
  2  the command line, the configuration or a file is wrong"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The CSV file: `to` and `text`, and optionally `from` and `key`.
    csv: PathBuf,
    /// The result file, one line for each row. The journal is beside it, with `.journal` at its end.
    #[arg(long, value_name = "FILE")]
    results: PathBuf,
    /// The country of numbers in national form, such as GB.
    #[arg(long, value_name = "COUNTRY")]
    region: Option<String>,
    /// Messages a second at most.
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    rate: u32,
    /// Messages in flight at most.
    #[arg(long, value_name = "COUNT", default_value_t = 16)]
    concurrency: usize,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let rows = recipients::read(&arguments.csv, arguments.region.as_deref())?;
    if arguments.results == arguments.csv {
        return Err(Failure::usage("--results", "is the file with the recipients"));
    }
    let mut path = arguments.results.clone().into_os_string();
    path.push(".journal");
    let path = PathBuf::from(path);
    let journal = Arc::new(Mutex::new(Journal::open(&path).map_err(wrong_file(&path))?));
    let (client, _sandbox) = Client::new(&arguments.target).await?;
    let sms = client
        .provider()
        .rate_limit([Quota::messages(arguments.rate.max(1))])
        .with_max_wait(Duration::MAX)
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
    // A message that cannot be written to the journal does not begin, and neither does one after it.
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
        lock(&journal).end(sent.message.key(), state).map_err(wrong_file(&path))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(error) = lock(&unwritable).take() {
        return Err(wrong_file(&path)(error));
    }
    let summary = all.summary().clone();
    drop(all);
    results::write(&arguments.results, &rows, &lock(&journal))
        .map_err(|error| Failure::usage(&arguments.results.display().to_string(), error))?;
    let counts = results::count(&rows, &lock(&journal));
    eprintln!("this run: {} sent, {} segments", summary.sent, summary.segments);
    output::json(&counts);
    let all_accepted = counts.keys().all(|state| state == "accepted");
    Ok(if all_accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Names the file that an error is about.
fn wrong_file(path: &Path) -> impl Fn(io::Error) -> Failure {
    let name = path.display().to_string();
    move |error| Failure::usage(&name, error)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
