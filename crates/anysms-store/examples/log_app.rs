//! A service that accounts for every message: it sends in the background, takes reports and replies, answers
//! STOP and HELP, and says how it fared.
//!
//! ```text
//! cargo run --example log_app --all-features -- --sandbox
//! ```
//!
//! With `--sandbox` it plays a day against a sandbox, prints the report, and ends. Without, it serves for
//! Twilio, whose credentials and sender are in the environment, until it is interrupted:
//!
//! ```text
//! cargo run --example log_app --all-features -- --port 8080 --public-url https://example.com
//! curl --json '{"to": "+447700900123", "text": "Your table is ready", "key": "order-17"}' \
//!     http://127.0.0.1:8080/messages
//! curl http://127.0.0.1:8080/report
//! ```
//!
//! The log is in the SQLite file `--database`, or in PostgreSQL if there is a `DATABASE_URL`. Nobody is asked who
//! they are: put a door in front of `/messages` and `/report`.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anysms::{
    ErrorKind, Message,
    layers::{LayerExt, Limit, RetryPolicy},
    log::{
        DeliveryReport, LogFilter, LogPolicy, LogStatus, MessageLog, OptOutScope, PostgresLog,
        Reconciler, ScopedOptOuts, SqliteLog, TablePrefix, Worker,
    },
    opt_out::OptOuts,
    sandbox::{Inbound, Sandbox},
    twilio::{TWILIO, Twilio, TwilioConfig, TwilioWebhook},
    webhook::{Event, InboundMessage, Keyword, Keywords, PublicUrl, Reply, Webhook, axum::Hook},
};
use axum::{
    Json, Router,
    extract::{FromRef, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use clap::Parser;
use serde::{Deserialize, Serialize};
use tokio::{net::TcpListener, sync::watch};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Accounts for every message.
#[derive(Parser)]
struct Arguments {
    /// Play a day against a sandbox on this machine, and end.
    #[arg(long)]
    sandbox: bool,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Scheme and host under which Twilio calls; this machine's if it is not given.
    #[arg(long)]
    public_url: Option<String>,
    /// The SQLite file; a temporary one with `--sandbox`.
    #[arg(long, default_value = "messages.db")]
    database: String,
}

/// What the routes share.
#[derive(Clone)]
struct App {
    log: Arc<dyn MessageLog>,
    webhook: Arc<TwilioWebhook>,
    opt_outs: ScopedOptOuts,
    keywords: Arc<Keywords>,
}

impl FromRef<App> for Arc<TwilioWebhook> {
    fn from_ref(app: &App) -> Self {
        app.webhook.clone()
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Error> {
    let folder = tempfile::tempdir()?; // for the day in the sandbox, and gone after it
    let file = match arguments.sandbox {
        true => folder.path().join("messages.db"),
        false => arguments.database.into(),
    };
    let log: Arc<dyn MessageLog> = match std::env::var("DATABASE_URL") {
        Ok(url) => Arc::new(postgres(&url, arguments.sandbox).await?),
        Err(_) => Arc::new(SqliteLog::open(file).await?),
    };

    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let url = arguments.public_url.unwrap_or_else(|| address.clone());
    let sandbox = if arguments.sandbox { Some(Sandbox::start().await?) } else { None };
    let (config, webhook) = match &sandbox {
        Some(sandbox) => {
            (TwilioConfig::sandbox(sandbox), TwilioWebhook::sandbox(PublicUrl::parse(&url)?)?)
        }
        None => (TwilioConfig::from_env()?, TwilioWebhook::from_env(PublicUrl::parse(&url)?)?),
    };
    let twilio = Twilio::new(&config)?;
    let stack = twilio
        .clone()
        .recorded(log.clone())?
        .with_callback(format!("{url}/hooks/status").parse()?)
        .rate_limit([Limit::messages(50)])
        .retry(RetryPolicy::default());

    let (stop, stopped) = watch::channel(false);
    let stopped = || {
        let mut stopped = stopped.clone();
        async move { drop(stopped.wait_for(|stop| *stop).await) }
    };
    let worker = tokio::spawn(Worker::new(log.clone(), stack)?.run_until(stopped()));
    let reconciler = Reconciler::new(log.clone()).with_provider(twilio);
    let reconciler = tokio::spawn(reconciler.run_until(stopped()));
    let opt_outs = ScopedOptOuts::new(log.clone(), OptOutScope::all());
    let (webhook, keywords) = (Arc::new(webhook), Arc::new(Keywords::standard()));
    let routes = routes(App { log: log.clone(), webhook, opt_outs, keywords });
    let server = axum::serve(listener, routes).with_graceful_shutdown(stopped());
    let server = tokio::spawn(server.into_future());
    eprintln!("listening on {address}");

    match &sandbox {
        Some(sandbox) => a_day(sandbox, &*log, &address).await?,
        None => tokio::signal::ctrl_c().await?,
    }
    stop.send_replace(true);
    worker.await?; // what is on its way comes to its end
    reconciler.await?;
    server.await??;
    print_report(&*log).await
}

/// The sandbox has tables of its own: what is queued in the others is for real people.
async fn postgres(url: &str, sandbox: bool) -> Result<PostgresLog, Error> {
    let pool = sqlx::PgPool::connect(url).await?;
    let prefix = if sandbox { "sandbox_".parse()? } else { TablePrefix::default() };
    PostgresLog::migrate(&pool, &prefix).await?;
    Ok(PostgresLog::with_prefix(pool, prefix, LogPolicy::default()).await?)
}

fn routes(app: App) -> Router {
    Router::new()
        .route("/messages", post(send))
        .route("/report", get(report))
        .route("/hooks/status/{token}", post(status))
        .route("/hooks/inbound", post(inbound))
        .with_state(app)
}

/// What is to be sent.
#[derive(Deserialize, Serialize)]
struct Order {
    to: String,
    text: String,
    key: String,
}

/// Puts a message into the queue. The same again is the same message.
async fn send(State(app): State<App>, Json(order): Json<Order>) -> Response {
    let refuse =
        |status, error: &dyn std::error::Error| (status, error.to_string()).into_response();
    let (to, key) = match (order.to.parse(), order.key.parse()) {
        (Ok(to), Ok(key)) => (to, key),
        (Err(error), _) => return refuse(StatusCode::BAD_REQUEST, &error),
        (_, Err(error)) => return refuse(StatusCode::BAD_REQUEST, &error),
    };
    let message = Message::new(to, order.text).with_key(key);
    match app.log.enqueue(&[message], None).await.and_then(|mut queued| queued.remove(0)) {
        Ok(_) => StatusCode::ACCEPTED.into_response(),
        Err(error) if error.kind() == ErrorKind::Conflict => refuse(StatusCode::CONFLICT, &error),
        Err(error) => refuse(StatusCode::SERVICE_UNAVAILABLE, &error),
    }
}

/// How messages fared.
async fn report(State(app): State<App>) -> Result<Response, StatusCode> {
    let report = app.log.delivery_report(&LogFilter::new()).await;
    Ok(Json(report.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?).into_response())
}

/// What Twilio reports of an attempt, under the attempt's own address.
async fn status(
    State(app): State<App>,
    Path(token): Path<String>,
    Hook { event, .. }: Hook<TwilioWebhook>,
) -> Result<Reply, StatusCode> {
    let token = token.parse().map_err(|_| StatusCode::NOT_FOUND)?;
    let Event::Status(update) = &event else { return Ok(Reply::EMPTY) };
    let kept = app.log.record_status(update, Some(token)).await;
    let learned = app.opt_outs.learn(&event, &app.keywords).await; // a report may say so
    // What is not written is asked for again: Twilio repeats what is answered with 500.
    kept.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    learned.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Reply::EMPTY)
}

/// What people write.
async fn inbound(
    State(app): State<App>,
    Hook { event, .. }: Hook<TwilioWebhook>,
) -> Result<Reply, StatusCode> {
    let Event::Inbound(message) = &event else { return Ok(Reply::EMPTY) };
    let kept = app.log.record_inbound(message, None).await;
    kept.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let learned = app.opt_outs.learn(&event, &app.keywords).await;
    learned.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(answer(&app, message).unwrap_or(Reply::EMPTY))
}

/// What is answered, if anything is. Where Twilio knows the keyword, it has answered itself.
fn answer(app: &App, message: &InboundMessage) -> Option<Reply> {
    let text = match message.intent(&app.keywords).filter(|_| message.keyword.is_none())? {
        Keyword::OptOut => "You will get no more messages. Reply START to get them again.",
        Keyword::OptIn => "Welcome back. Reply STOP to end this.",
        Keyword::Help => "News of your table. Reply STOP to end this.",
        _ => return None,
    };
    app.webhook.reply(message, &[text.into()]).ok()
}

/// A day in the sandbox: five guests hear that their tables are ready, one of them is told twice by mistake;
/// three write back, of whom one wants no more, and is written to all the same.
async fn a_day(sandbox: &Sandbox, log: &dyn MessageLog, address: &str) -> Result<(), Error> {
    let guests: Vec<String> = (123..128).map(|last| format!("+447700900{last}")).collect();
    for (table, guest) in guests.iter().enumerate() {
        order(address, &format!("table-{table}"), guest).await?;
    }
    order(address, "table-0", &guests[0]).await?;
    until(log, "delivered", |report| report.delivered() == 5).await?;

    let inbox = format!("{address}/hooks/inbound").parse()?;
    let restaurant = "+15555550100".parse()?;
    for (guest, text) in [(&guests[0], "HELP"), (&guests[1], "Stop!"), (&guests[2], "Thank you")] {
        let inbound = Inbound::new(guest.parse()?, restaurant, text);
        let status = sandbox.receive(&TWILIO, &inbound, &inbox).await?;
        println!("{text:?} arrived: {status}");
    }
    order(address, "dessert", &guests[1]).await?;
    until(log, "refused", |report| report.count(LogStatus::Failed) == 1).await
}

/// As another program would ask for a message.
async fn order(address: &str, key: &str, to: &str) -> Result<(), Error> {
    let order = Order { to: to.into(), text: "Your table is ready".into(), key: key.into() };
    let client = reqwest::Client::builder().no_proxy().build()?;
    let request = client
        .post(format!("{address}/messages"))
        .header("content-type", "application/json")
        .body(serde_json::to_string(&order)?);
    println!("{key}: {}", request.send().await?.status());
    Ok(())
}

/// Waits until the report says so.
async fn until(
    log: &dyn MessageLog,
    what: &str,
    holds: impl Fn(&DeliveryReport) -> bool,
) -> Result<(), Error> {
    for _ in 0..300 {
        if holds(&log.delivery_report(&LogFilter::new()).await?) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(format!("not {what} within 30 seconds").into())
}

async fn print_report(log: &dyn MessageLog) -> Result<(), Error> {
    let report = log.delivery_report(&LogFilter::new()).await?;
    println!("{} messages, {} delivered", report.messages(), report.delivered());
    for (failure, count) in &report.failures {
        println!("{count} not sent: {}", failure.kind);
    }
    if let Some(times) = report.time_to_deliver {
        println!("half of them arrived within {:?}", times.p50);
    }
    for row in log.usage(&LogFilter::new()).await?.rows {
        println!("{}: {} messages of {} segments", row.day, row.messages, row.segments);
    }
    let unread = log.entries(&LogFilter::new().unread(), 100, None).await?.items.len();
    println!("{unread} unread, {} opted out", log.opt_outs(None, 100).await?.len());
    Ok(())
}
