//! The account: credentials, balance, default sender, and the clock.

use anysms::{
    Decimal, ErrorKind, Query, Sender, Timestamp,
    provider::AccountState,
    transport::{HttpTransport, ReqwestTransport},
};
use bytes::Bytes;
use jiff::fmt::rfc2822::DateTimeParser;

use super::{
    setup::{Line, Setup},
    webhook,
};
use crate::target::Vendor;

/// Most seconds that the clocks may be apart.
const MOST_SKEW: f64 = 60.0;

/// Looks at the credentials, the state of the account and its balance.
pub(super) async fn credentials(setup: &Setup) -> Vec<Line> {
    let account = match setup.client.provider().check().await {
        Ok(account) => account,
        Err(error) if error.kind() == ErrorKind::Credentials => {
            return vec![setup.finding("credentials", format!("are refused: {error}"))];
        }
        Err(error) => {
            return vec![setup.finding("credentials", format!("cannot be asked about: {error}"))];
        }
    };
    let mut lines = vec![setup.ok("credentials", "are accepted")];
    lines.push(match account.state {
        AccountState::Active => setup.ok("account", "is active"),
        AccountState::Suspended => setup.finding("account", "is suspended"),
        AccountState::Closed => setup.finding("account", "is closed"),
        _ => setup.note("account", "is in a state that is not known here"),
    });
    if account.kind.is_some_and(|kind| kind.eq_ignore_ascii_case("trial")) {
        lines.push(setup.note("account", "is a trial: it sends to verified numbers only"));
    }
    lines.push(match account.balance {
        Some(balance) if balance.amount <= Decimal::ZERO => {
            setup.finding("balance", format!("is used up: {balance}"))
        }
        Some(balance) => setup.ok("balance", format!("is {balance}")),
        None => setup.note("balance", "is not said here: the provider's console shows it"),
    });
    lines
}

/// Looks at the form of the default sender and at the status of the last message from it. Only sending
/// shows for certain that it may send.
pub(super) async fn sender(setup: &Setup) -> Vec<Line> {
    let Some(sender) = &setup.sender else {
        return vec![setup.note("sender", "none is configured: every message must name its own")];
    };
    let plivo = matches!(setup.vendor, Vendor::Plivo);
    let form = match sender {
        Sender::Number(_) => setup.ok("sender", "is a phone number"),
        Sender::ShortCode(_) => setup.note("sender", "is a short code: known in one country only"),
        Sender::Alphanumeric(name) if plivo && !name.is_plain() => setup
            .finding("sender", "is a name with other than letters and digits: Plivo refuses it"),
        Sender::Alphanumeric(_) => {
            let what = "is a name: nobody can reply, and some countries refuse names";
            setup.note("sender", what)
        }
        Sender::Pool(pool) if plivo == pool.as_str().starts_with("MG") => {
            setup.finding("sender", "is a pool of another provider")
        }
        Sender::Pool(_) => setup.ok("sender", "is a pool"),
        _ => setup.note("sender", "is of a sort that is not known here"),
    };
    let mut query = Query::new().with_from(sender.clone());
    query.page_size = Some(1);
    let unknown = "whether it may send is known only by sending";
    let last = match setup.client.provider().list(&query).await {
        Err(_) => setup.note("sender", format!("its messages cannot be listed; {unknown}")),
        Ok(page) => match page.items.first() {
            None => setup.note("sender", format!("no message from it is listed; {unknown}")),
            Some(last) => match last.failure.as_ref().map(|failure| failure.kind) {
                Some(kind @ (ErrorKind::InvalidSender | ErrorKind::UnregisteredSender)) => {
                    setup.finding("sender", format!("its last message failed for it: {kind}"))
                }
                Some(kind) => setup.note("sender", format!("its last message failed: {kind}")),
                None => setup.ok("sender", format!("its last message is {}", last.status)),
            },
        },
    };
    vec![form, last]
}

/// Compares this machine's clock with the provider's.
pub(super) async fn clock(setup: &Setup, transport: &ReqwestTransport) -> Line {
    let before = Timestamp::now();
    let Ok(request) = http::Request::get(format!("{}/", setup.host)).body(Bytes::new()) else {
        return setup.finding("clock", "the API's address is malformed");
    };
    let answer = match transport.execute(request).await {
        Ok(answer) => answer,
        Err(error) => return setup.finding("clock", format!("the API: {}", webhook::why(&error))),
    };
    let date = answer.headers().get(http::header::DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    let Some(date) = date else { return setup.note("clock", "the API does not say its time") };
    let middle = (before.duration_since(date) + Timestamp::now().duration_since(date)) / 2;
    let ahead = middle.as_secs_f64() - 0.5; // the API says whole seconds that have passed
    let way = if ahead > 0.0 { "ahead of" } else { "behind" };
    let what = format!("is {:.0} s {way} the API's", ahead.abs());
    match ahead.abs() {
        skew if skew > MOST_SKEW => setup.finding("clock", what),
        _ => setup.ok("clock", "goes as the API's does"),
    }
}
