//! Users of Conversations, their roles, and the conversations that they take part in.

use bytes::Bytes;
use http::Response;
use serde_json::json;

use super::{attributes_are_json, state_of};
use crate::{
    sandbox::Record,
    twilio::sandbox::{
        NOT_FOUND, Refusal,
        account::fields_of,
        call::{Call, all, empty, get, iso, new_sid},
        refusal, resource,
    },
};

/// Returns the path of the collections beside a conversation: that of its service, or the account's own.
pub(super) fn base<'c>(call: &'c Call<'_>) -> &'c str {
    let end = call.path.find("/Conversations").or_else(|| call.path.find("/Users"));
    &call.path[..end.unwrap_or(call.path.len())]
}

/// Keeps the user that an identity is, unless there is one.
pub(super) fn keep(call: &Call<'_>, identity: &str) {
    let users = format!("{}/Users", base(call));
    if call.records(&users).iter().all(|user| user.text("identity") != Some(identity)) {
        let sid = new_sid("US");
        let fields = json!({"sid": sid, "identity": identity, "attributes": "{}",
            "is_online": null, "is_notifiable": null});
        call.keep(&format!("{users}/{sid}"), fields_of(fields));
    }
}

pub(super) fn role(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    const PERMISSIONS: [&str; 24] = [
        "addParticipant",
        "createConversation",
        "deleteAnyMessage",
        "deleteConversation",
        "deleteOwnMessage",
        "editAnyMessage",
        "editAnyMessageAttributes",
        "editAnyParticipantAttributes",
        "editAnyUserInfo",
        "editConversationAttributes",
        "editConversationName",
        "editNotificationLevel",
        "editOwnMessage",
        "editOwnMessageAttributes",
        "editOwnUserInfo",
        "joinConversation",
        "leaveConversation",
        "removeParticipant",
        "sendMediaMessage",
        "sendMessage",
        "addNonChatParticipant",
        "editOwnParticipantAttributes",
        "editChannelAttributes",
        "viewConversation",
    ];
    let mut asked = all(&call.form, "Permission");
    if !asked.all(|permission| PERMISSIONS.contains(&permission)) {
        return Err(call.invalid("Permission", "names one that there is not"));
    }
    resource::answer(call)
}

pub(super) fn write(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    attributes_are_json(call)?;
    let known = |sid: &str| {
        call.record(&format!("{}/Roles/{sid}", base(call))).is_some()
            || call.record(&format!("/v1/Roles/{sid}")).is_some()
    };
    if call.get("RoleSid").is_some_and(|sid| !known(sid)) {
        return Err(call.invalid("RoleSid", "names no role"));
    }
    let taken = |user: &Record| user.text("identity") == get(&call.form, "Identity");
    if call.operation.status == 201 && call.records(&call.path).iter().any(taken) {
        return Err(refusal(409, 50_200, "There is a user of this identity"));
    }
    resource::answer(call)
}

/// Answers a request about the conversations that a user takes part in.
pub(super) fn conversations(call: &Call<'_>) -> Result<Response<Bytes>, Refusal> {
    resource::parents(call)?;
    let base = &call.path[..call.path.find("/Users").unwrap_or_default()];
    let user = call.argument("UserSid");
    let user = call.record(&format!("{base}/Users/{user}")).ok_or(NOT_FOUND)?;
    let identity = user.text("identity");
    let mut found = Vec::new();
    for conversation in call.records(&format!("{base}/Conversations")) {
        let path = call.path_of(&conversation);
        let members = call.records(&format!("{path}/Participants"));
        let Some(member) = members.into_iter().find(|member| member.text("identity") == identity)
        else {
            continue;
        };
        let mut fields = fields_of(json!({
            "conversation_sid": conversation.key(), "participant_sid": member.key(),
            "user_sid": user.key(), "unread_messages_count": null,
            "last_read_message_index": member.fields.get("last_read_message_index"),
            "friendly_name": conversation.text("friendly_name"),
            "unique_name": conversation.text("unique_name"),
            "conversation_state": state_of(&conversation),
            "attributes": conversation.text("attributes"), "created_by": "system",
            "timers": conversation.fields.get("timers"),
            "notification_level": member.text("notification_level").unwrap_or("default"),
        }));
        fields.insert("date_created".to_owned(), iso(conversation.created_at).into());
        fields.insert("date_updated".to_owned(), iso(conversation.updated_at).into());
        let path = format!("{base}/Users/{}/Conversations/{}", user.key(), conversation.key());
        let at = conversation.created_at;
        found.push((Record::new(call.key(&path), fields, at, at), member));
    }
    if call.operation.list.is_some() {
        let records: Vec<Record> = found.into_iter().map(|(record, _)| record).collect();
        return Ok(resource::page(call, &records, |record| resource::present(call, record)));
    }
    let wanted = call.argument("ConversationSid");
    let mine = found.into_iter().find(|(record, _)| record.key() == wanted);
    let (mut record, member) = mine.ok_or(NOT_FOUND)?;
    match call.ask.method.as_str() {
        "DELETE" => {
            call.carrier.records().remove(&member.path);
            return Ok(empty(http::StatusCode::NO_CONTENT));
        }
        "POST" => {
            let fields = resource::fields(call);
            record.fields.extend(fields.clone());
            call.carrier.records().change(&member.path, call.carrier.now(), |known| {
                for name in ["last_read_message_index", "notification_level"] {
                    if let Some(value) = fields.get(name) {
                        known.insert(name.to_owned(), value.clone());
                    }
                }
            });
        }
        _ => {}
    }
    Ok(resource::shown(call, &record))
}
