//! Media: the files of messages, and those that a client uploaded.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::{
    Refusal,
    account::fields_of,
    call::{Call, iso},
    new_uuid, not_found, refusal,
};
use crate::{
    message::WebUrl,
    sandbox::{Carried, Record},
};

/// Answers a request about uploaded files.
pub(super) fn answer(call: &Call<'_>, rest: &[&str]) -> Result<Response<Bytes>, Refusal> {
    match (call.ask.method.as_str(), rest) {
        ("POST", []) => upload(call),
        ("GET", []) => {
            let mut all = call.carrier.records().list(&call.key("Media"));
            all.reverse();
            call.page("objects", &all, |record| shown(call, record))
        }
        ("GET", [id]) => {
            let record = call.record(&format!("Media/{id}"))?;
            Ok(call.answer(200, shown(call, &record)))
        }
        ("GET" | "POST", _) => Err(not_found()),
        _ => Err(refusal(405, "method not allowed")),
    }
}

fn shown(call: &Call<'_>, record: &Record) -> Value {
    let mut shown = record.fields.clone();
    shown.insert("media_url".to_owned(), address(call, record.key()).into());
    shown.insert("upload_time".to_owned(), iso(record.created_at).into());
    Value::Object(shown)
}

fn address(call: &Call<'_>, id: &str) -> String {
    format!("https://media.plivo.com/Account/{}/Media/{id}", call.account.id)
}

/// Takes the files of a form, each in a part named `file`.
fn upload(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    let kind = call.ask.header("content-type").unwrap_or_default();
    let boundary = kind.split("boundary=").nth(1).map(|boundary| boundary.trim_matches('"'));
    let boundary = boundary.ok_or_else(|| refusal(400, "the body is not multipart/form-data"))?;
    let mark = format!("--{boundary}");
    let mut objects = Vec::new();
    let mut rest = call.ask.body;
    while let Some(at) = find(rest, mark.as_bytes()) {
        rest = &rest[at + mark.len()..];
        let end = find(rest, mark.as_bytes()).unwrap_or(rest.len());
        let Some(head_end) = find(&rest[..end], b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        let quoted = |name: &str| {
            let start = head.split(&format!("{name}=\"")).nth(1)?;
            start.split('"').next().map(str::to_owned)
        };
        let Some(name) = quoted("filename") else { continue };
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        let mut types = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let kind = types.next().map_or("application/octet-stream", |(_, kind)| kind.trim());
        let size = end.saturating_sub(head_end + 4).saturating_sub(2);
        let id = new_uuid();
        let fields = json!({"content_type": kind, "file_name": name, "media_id": id, "size": size});
        let record = call.keep(&format!("Media/{id}"), fields_of(fields.clone()));
        let mut object = fields;
        object["status"] = "success".into();
        object["status_code"] = 201.into();
        object["upload_time"] = iso(record.created_at).into();
        object["url"] = address(call, &id).into();
        objects.push(object);
    }
    if objects.is_empty() {
        return Err(call.missing("file"));
    }
    Ok(call.answer(201, json!({ "objects": objects })))
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, part)
}

fn of_file(message: &Carried, (id, url): &(String, WebUrl)) -> Value {
    json!({
        "content_type": "image/png",
        "file_name": format!("{id}.png"),
        "media_id": id,
        "media_url": url.as_str(),
        "message_uuid": message.id.value(),
        "size": 1_024,
        "upload_time": iso(message.created_at),
    })
}

/// Lists the files of a message.
pub(super) fn of_message(call: &Call<'_>, message: &Carried) -> Response<Bytes> {
    let objects: Vec<Value> = message.media.iter().map(|file| of_file(message, file)).collect();
    let meta = json!({"limit": 20, "offset": 0, "next": null, "previous": null,
        "total_count": objects.len()});
    let uuid = message.id.value();
    call.answer(200, json!({"message_uuid": uuid, "objects": objects, "meta": meta}))
}

/// Returns one file of a message.
pub(super) fn one_of_message(
    call: &Call<'_>,
    message: &Carried,
    id: &str,
) -> Result<Response<Bytes>, Refusal> {
    let file = message.media.iter().find(|(known, _)| known == id).ok_or_else(not_found)?;
    Ok(call.answer(200, of_file(message, file)))
}
