//! `anysms text check`: encoding, segments and findings of texts, before they are sent.

use std::{
    fs,
    io::{self, BufRead, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use anysms::{
    Decimal,
    text::{CheckOptions, LengthLimit, SegmentRule, Segments, check, segments_by},
};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use crate::failure::{self, Failure};

/// CheckOptions texts before they are sent.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(Check),
}

const AFTER_HELP: &str = "\
Example:
  anysms text check --marketing --price 0.04 ready.txt

Environment: reads none.

Exit codes:
  0  nothing is wrong
  1  a text has findings
  2  the command line is wrong, or a file or a line cannot be read";

/// Prints how each text is encoded and split into segments, what it costs, and what is wrong with it.
///
/// Every file is one text; a line break at its end does not count. With `--jsonl`, reads
/// `{"text": "..."}` lines from standard input and prints one line of JSON for each:
/// `{"encoding": "GSM-7", "units": 19, "segments": 1}`, or `{"error": "..."}`.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
struct Check {
    /// The files, each of them one text.
    #[arg(required_unless_present = "jsonl")]
    files: Vec<PathBuf>,
    /// The rule by which a text is split into segments.
    #[arg(long, default_value = "twilio")]
    rule: RuleName,
    /// The texts are marketing: they must say how to opt out.
    #[arg(long)]
    marketing: bool,
    /// The most segments that a text may take.
    #[arg(long, value_name = "COUNT")]
    max_segments: Option<usize>,
    /// The provider whose limit a text must keep to. Default: both.
    #[arg(long)]
    limit: Option<LimitName>,
    /// The texts may be UCS-2: report only characters that have a substitute.
    #[arg(long)]
    allow_ucs2: bool,
    /// The price of one segment.
    #[arg(long)]
    price: Option<Decimal>,
    /// Count the texts of `{"text": "..."}` lines from standard input.
    #[arg(long, conflicts_with_all = ["files", "marketing", "max_segments", "limit", "allow_ucs2", "price"])]
    jsonl: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum RuleName {
    Twilio,
    Plain,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum LimitName {
    Twilio,
    Plivo,
}

pub(crate) fn run(
    Arguments { command: Command::Check(check) }: &Arguments,
) -> Result<ExitCode, Failure> {
    let rule = match check.rule {
        RuleName::Twilio => SegmentRule::Twilio,
        RuleName::Plain => SegmentRule::Plain,
    };
    let out = BufWriter::new(io::stdout().lock());
    let done = if check.jsonl { count(rule, out) } else { report(check, rule, out) };
    failure::unless_pipe_closed(done)
}

/// Prints the report of every file.
fn report(arguments: &Check, rule: SegmentRule, mut out: impl Write) -> io::Result<ExitCode> {
    let mut checks = CheckOptions::default().with_rule(rule);
    if arguments.marketing {
        checks = checks.with_marketing();
    }
    if arguments.allow_ucs2 {
        checks = checks.with_ucs2();
    }
    if let Some(max) = arguments.max_segments {
        checks = checks.with_max_segments(max);
    }
    for (name, limit) in
        [(LimitName::Twilio, LengthLimit::TWILIO), (LimitName::Plivo, LengthLimit::PLIVO)]
    {
        if arguments.limit.is_none_or(|only| only == name) {
            checks = checks.with_limit(limit);
        }
    }
    let (mut clean, mut readable) = (true, true);
    for path in &arguments.files {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                readable = false;
                continue;
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let text = text.strip_suffix('\n').unwrap_or(text);
        let report = check(text.strip_suffix('\r').unwrap_or(text), &checks);
        writeln!(out, "{}", path.display())?;
        writeln!(out, "  as it is: {}", measures(report.before, arguments.price))?;
        if report.after != report.before {
            writeln!(out, "  to_gsm7:  {}", measures(report.after, arguments.price))?;
        }
        for finding in report.findings() {
            match finding.position() {
                Some(place) => writeln!(out, "  {}:{place}: {finding}", path.display())?,
                None => writeln!(out, "  {}: {finding}", path.display())?,
            }
        }
        clean &= report.is_clean();
    }
    out.flush()?;
    Ok(ExitCode::from(if !readable {
        2
    } else if !clean {
        1
    } else {
        0
    }))
}

/// Formats measures such as `2 segments of UCS-2, 73 units, 61 left, costs 0.08`.
fn measures(segments: Segments, price: Option<Decimal>) -> String {
    let line = format!("{segments}, {} left", segments.remaining());
    match price {
        Some(price) => format!("{line}, costs {}", segments.cost(price)),
        None => line,
    }
}

/// Counts the texts of JSON lines: prints one line for every line read.
fn count(rule: SegmentRule, mut out: impl Write) -> io::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for (index, line) in io::stdin().lock().split(b'\n').enumerate() {
        let line = line?;
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line);
        let object: Option<Map<String, Value>> = serde_json::from_slice(line).ok();
        match object.as_ref().and_then(|object| object.get("text")?.as_str()) {
            Some(text) => {
                let segments = segments_by(rule, text);
                let (encoding, units) = (segments.encoding(), segments.units());
                let count = segments.count();
                // In this order; no value needs escaping.
                writeln!(
                    out,
                    r#"{{"encoding": "{encoding}", "units": {units}, "segments": {count}}}"#
                )?;
            }
            None => {
                // Not the parser's own words, which may quote the text.
                let error = "not a JSON object with a text";
                eprintln!("line {}: {error}", index + 1);
                writeln!(out, "{}", json!({"error": error}))?;
                code = ExitCode::from(2);
            }
        }
    }
    out.flush()?;
    Ok(code)
}
