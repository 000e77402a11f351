//! [`Place`]: where a reader is, as the query of an address says it.

use anysms::{AccountId, MessageId, PhoneNumber, ProviderId, sandbox::Carried};

use crate::inbox::INBOX_PATH;

/// Account, phone and message that a page shows, and the search of its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Account whose messages are shown; `None` for all.
    pub(super) account: Option<(ProviderId, AccountId)>,
    /// Phone whose conversation is open.
    pub(super) phone: Option<PhoneNumber>,
    /// Message whose details are open.
    pub(super) message: Option<MessageId>,
    /// Words of the search.
    pub(super) search: String,
    /// Notice of the action that led here.
    pub(super) note: Option<String>,
    /// Part of the page that is asked for; `None` for the whole page.
    pub(super) part: Option<String>,
}

impl Place {
    /// Reads a query, or a form. What it does not know or cannot read is left out.
    pub(super) fn read(query: &[u8]) -> Self {
        let mut place = Self::default();
        for (name, value) in form_urlencoded::parse(query) {
            match &*name {
                "account" => place.account = account(&value),
                "phone" => place.phone = number(&value),
                "message" => place.message = value.parse().ok(),
                "q" => place.search = value.chars().take(200).collect(),
                "note" => place.note = Some(value.into_owned()),
                "part" => place.part = Some(value.into_owned()),
                _ => {}
            }
        }
        place
    }

    /// Returns the same place with this conversation open.
    pub(super) fn at_phone(&self, phone: PhoneNumber) -> Self {
        Self { phone: Some(phone), message: None, note: None, part: None, ..self.clone() }
    }

    /// Returns the same place with this message open.
    pub(super) fn at_message(&self, message: &Carried) -> Self {
        let id = Some(message.id.clone());
        Self { message: id, note: None, part: None, ..self.clone() }
    }

    /// Returns the place one step back: from a message to its conversation, from there to the list.
    pub(super) fn back(&self) -> Self {
        let phone = self.message.as_ref().and(self.phone);
        Self { phone, message: None, note: None, part: None, ..self.clone() }
    }

    /// Returns the place after an action, with its notice.
    pub(super) fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), part: None, ..self }
    }

    /// Returns the fields of the place, for a form that comes back to it.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let account = self.account.as_ref().map(|(provider, id)| format!("{provider}:{id}"));
        let phone = self.phone.map(|phone| phone.digits().to_string());
        let message = self.message.as_ref().map(ToString::to_string);
        let search = Some(self.search.clone()).filter(|search| !search.is_empty());
        [("account", account), ("phone", phone), ("message", message), ("q", search)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// Returns the address of the place.
    pub(super) fn href(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.fields());
        if let Some(note) = &self.note {
            query.append_pair("note", note);
        }
        let query = query.finish();
        if query.is_empty() { INBOX_PATH.to_owned() } else { format!("{INBOX_PATH}?{query}") }
    }

    /// Returns `true` if a message is of the account that is shown.
    pub(super) fn has(&self, message: &Carried) -> bool {
        self.account.as_ref().is_none_or(|(provider, id)| {
            message.id.provider() == provider && message.account == *id
        })
    }
}

/// Reads a number, with or without its plus sign and spaces; a plus sign that was not escaped is a space.
pub(super) fn number(text: &str) -> Option<PhoneNumber> {
    let text: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
    let text = text.trim_start_matches('+');
    format!("+{text}").parse().ok()
}

fn account(text: &str) -> Option<(ProviderId, AccountId)> {
    let (provider, id) = text.split_once(':').filter(|(_, id)| !id.is_empty())?;
    Some((provider.parse().ok()?, id.to_owned().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_back() {
        let query =
            "account=twilio%3AAC1&phone=447700900123&message=twilio%3ASM1&q=is%3Aunread+%26";
        let place = Place::read(query.as_bytes());
        assert_eq!(place.href(), format!("{INBOX_PATH}?{query}"));
        assert_eq!(place.back().message, None);
        assert_eq!(place.back().back().phone, None);
        assert_eq!(place.back().back().search, "is:unread &");
    }

    #[test]
    fn nonsense_is_left_out() {
        let place = Place::read(b"account=x&phone=a&message=%00&note=1&other=2&%ff");
        assert_eq!(place, Place { note: Some("1".to_owned()), ..Place::default() });
        assert_eq!(number(" 44 7700 900123"), "+447700900123".parse().ok());
    }
}
