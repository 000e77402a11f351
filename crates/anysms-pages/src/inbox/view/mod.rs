//! The HTML of the inbox: a frame of three panes. Each pane has a file: `bar`, `list`, `thread`, `details`
//! with its `text`, and the `help`.

mod bar;
mod details;
mod help;
mod list;
mod text;
mod thread;

use anysms::{
    PhoneNumber,
    sandbox::{Carried, SandboxAccount},
};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use crate::inbox::{
    INBOX_PATH,
    place::Place,
    state::{State, phone_of},
};

pub(super) use help::{help_page, unknown_page};

/// All that one answer shows.
pub(super) struct View<'a> {
    state: &'a State,
    place: Place,
    now: Timestamp,
    accounts: Vec<SandboxAccount>,
    /// Messages of the account, newest first.
    messages: Vec<Carried>,
    is_unread: Box<dyn Fn(&Carried) -> bool>,
}

impl<'a> View<'a> {
    /// Looks at the sandbox. The conversation that is open counts as read from here on.
    pub(super) fn new(state: &'a State, place: Place) -> Self {
        // A tick tells of a look, and a part is asked for after a tick.
        let all = if place.part.is_some() { state.last_look() } else { state.look() };
        let messages: Vec<_> = all.iter().filter(|message| place.has(message)).cloned().collect();
        if let Some(phone) = place.phone
            && !matches!(place.part.as_deref(), Some("list" | "waiting"))
        {
            state.read(messages.iter().filter(|message| phone_of(message) == phone));
        }
        let is_unread = Box::new(state.unread());
        let accounts = state.handle.accounts();
        Self { state, place, now: state.handle.now(), accounts, messages, is_unread }
    }

    /// Returns the whole page.
    pub(super) fn page(&self) -> Markup {
        let unread = self.messages.iter().filter(|message| (self.is_unread)(message)).count();
        let title = if unread > 0 {
            format!("({unread}) Inbox · anysms")
        } else {
            "Inbox · anysms".to_owned()
        };
        let level = match (&self.place.phone, &self.place.message) {
            (None, _) => "at-list",
            (Some(_), None) => "at-thread",
            (Some(_), Some(_)) => "at-details",
        };
        frame(
            &title,
            &html! {
                a.skip href="#thread" { "Skip to the conversation" }
                (self.bar())
                main id="app" class=(level) data-back=(self.place.back().href()) {
                    (self.list())
                    (self.thread())
                    (self.details())
                }
                (help::dialog())
            },
        )
    }

    /// Returns the messages of the conversation that is open, oldest first.
    fn talk(&self) -> impl DoubleEndedIterator<Item = &Carried> {
        let is_open = |message: &&Carried| Some(phone_of(message)) == self.place.phone;
        self.messages.iter().rev().filter(is_open)
    }

    /// Returns the message whose details show: the one that is open, or else the newest of the conversation.
    fn chosen(&self) -> Option<&Carried> {
        match &self.place.message {
            Some(id) => self.messages.iter().find(|message| message.id == *id),
            None => self.talk().next_back(),
        }
    }

    /// Returns the hidden fields that bring a form back to this place.
    fn fields(&self) -> Markup {
        html! {
            @for (name, value) in self.place.fields() {
                input type="hidden" name=(name) value=(value);
            }
        }
    }
}

/// Returns a page around this body.
fn frame(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href={ (INBOX_PATH) "/pages.css" };
                link rel="icon" type="image/svg+xml" href={ (INBOX_PATH) "/icon.svg" };
                script type="module" src={ (INBOX_PATH) "/pages.js" } {}
            }
            body data-stream={ (INBOX_PATH) "/stream" } { (body) }
        }
    }
}

/// Returns a number with the spaces of its country.
fn spaced(phone: PhoneNumber) -> String {
    phone.international().to_string()
}

/// Returns a status as a word with a mark; the colour says it again.
fn badge(message: &Carried) -> Markup {
    let status = &message.status;
    let (class, mark) = match status.as_str() {
        "delivered" | "read" | "received" => ("good", "✓"),
        "sent" | "partially_delivered" => ("sent", "→"),
        _ if status.is_failure() => ("bad", "✕"),
        "canceled" => ("wait", "–"),
        _ => ("wait", "…"),
    };
    html! {
        span.badge.(class) {
            span aria-hidden="true" { (mark) } " "
            (crate::show::plain(&status.as_str().replace('_', " "), 40))
        }
    }
}
