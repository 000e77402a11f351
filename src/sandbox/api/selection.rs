//! [`Selection`]: the messages that a query asks for, and [`shown`]: what the API shows of one.

use std::time::Duration;

use http::request::Parts;
use serde_json::{Value, json};

use super::{Refusal, number, rule, seconds};
use crate::{
    message::MessageStatus,
    number::PhoneNumber,
    sandbox::{CallbackReport, Carried, Origin},
};

/// Names of a query.
const NAMES: &str = "query: may have to, from, status, text, account, direction, limit and wait";

/// Choice of messages by the query of a request.
pub(super) struct Selection {
    to: Option<PhoneNumber>,
    from: Option<String>,
    status: Option<String>,
    text: Option<String>,
    account: Option<String>,
    direction: Option<String>,
    pub(super) address: Option<String>,
    pub(super) limit: usize,
    pub(super) wait: Duration,
}

impl Selection {
    pub(super) fn of(head: &Parts) -> Result<Self, Refusal> {
        let (mut to, mut from, mut status, mut text) = (None, None, None, None);
        let (mut account, mut direction, mut address) = (None, None, None);
        let (mut limit, mut wait) = (500, Duration::ZERO);
        for (name, value) in form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
        {
            let value = value.into_owned();
            match &*name {
                "to" if value.contains('@') => address = Some(value),
                "to" => to = Some(number("to", &value)?),
                "from" => from = Some(value),
                "account" => account = Some(value),
                "direction" => direction = Some(value),
                "status" => status = Some(value),
                "text" => text = Some(value),
                "limit" => {
                    limit = value.parse().map_err(|_| rule("limit: must be a whole number"))?
                }
                "wait" => wait = seconds("wait", value.parse().unwrap_or(f64::NAN))?,
                _ => return Err(rule(NAMES)),
            }
        }
        Ok(Self { to, from, status, text, account, direction, address, limit, wait })
    }

    pub(super) fn fits(&self, message: &Carried) -> bool {
        let wanted = self.direction.as_deref();
        (match message.origin {
            Origin::Phone => wanted == Some("inbound"),
            Origin::Client => wanted.is_none_or(|wanted| wanted == "outbound"),
            Origin::Reply => wanted.is_none_or(|wanted| wanted == "reply"),
        }) && self.address.is_none()
            && self.account.as_ref().is_none_or(|account| message.account.as_str() == account)
            && self.to.is_none_or(|to| message.to == to)
            && self.from.as_ref().is_none_or(|from| *message.from == **from)
            && self.status.as_ref().is_none_or(|status| message.status.as_str() == status)
            && self.text.as_ref().is_none_or(|text| message.text.contains(text.as_str()))
    }
}

/// Returns a message as the API shows it.
pub(super) fn shown(message: &Carried) -> Value {
    let report = |report: &CallbackReport| json!({"status": report.status.as_str(), "answer": report.answer, "request": &*report.request, "signed": report.signed, "response": report.response, "at": report.at.to_string()});
    let reports: Vec<Value> = message.reports.iter().map(report).collect();
    let step = |(status, at): &(MessageStatus, jiff::Timestamp)| json!({"status": status.as_str(), "at": at.to_string()});
    let history: Vec<Value> = message.history.iter().map(step).collect();
    let media: Vec<&str> = message.media.iter().map(|(_, url)| url.as_str()).collect();
    json!({
        "id": message.id.value(),
        "provider": message.id.provider().as_str(),
        "account": message.account.as_str(),
        "direction": message.origin,
        "channel": message.channel,
        "price": message.price.to_string(),
        "from": Some(&*message.from).filter(|from| !from.is_empty()),
        "pool": message.pool,
        "to": message.to.to_string(),
        "text": &*message.text,
        "code": message.code(),
        "media": media,
        "segments": message.segments,
        "status": message.status.as_str(),
        "error_code": message.error_code,
        "history": history,
        "request": message.request,
        "callback": message.callback.as_ref().map(|callback| callback.url.as_str()),
        "reports": reports,
        "created_at": message.created_at.to_string(),
        "updated_at": message.updated_at.to_string(),
    })
}
