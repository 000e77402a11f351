//! The left pane: the phones, the one with the newest message first.

use anysms::{
    PhoneNumber,
    sandbox::{Carried, SandboxAccount},
};
use maud::{Markup, html};

use super::{View, spaced};
use crate::{
    inbox::{INBOX_PATH, search::Search, state::phone_of},
    show,
};

/// A phone, as the list shows it.
struct Row<'a> {
    phone: PhoneNumber,
    /// Newest message that fits the search.
    last: &'a Carried,
    unread: usize,
    fitting: usize,
}

impl View<'_> {
    /// Returns the pane.
    pub(crate) fn list(&self) -> Markup {
        let rows = self.rows();
        let unread: usize = rows.iter().map(|row| row.unread).sum();
        let searching = !self.place.search.trim().is_empty();
        html! {
            nav.pane id="list" data-on="list" data-part="list" data-unread=(unread) aria-label="Phones" tabindex="-1" {
                div.head {
                    h2 { "Phones" }
                    span.muted {
                        @if searching { (show::count(rows.iter().map(|row| row.fitting).sum(), "result")) }
                        @else if unread > 0 { (unread) " unread" }
                    }
                    (self.new_phone())
                }
                @if rows.is_empty() {
                    div.empty {
                        @if searching {
                            p { "No message fits." }
                            p { a href=(super::Place { search: String::new(), ..self.place.clone() }.back().href()) { "Clear the search" } }
                        } @else {
                            p { "No messages yet." }
                            p.muted { "They show here as soon as a program sends one." }
                        }
                    }
                } @else {
                    ul.rows { @for row in &rows { (self.row(row)) } }
                    @if self.messages.len() >= self.state.newest {
                        p.muted.end { "The newest " (self.state.newest) " messages show." }
                    }
                }
            }
        }
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let search = Search::read(&self.place.search, self.now);
        let mut rows: Vec<Row<'_>> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for message in &self.messages {
            let unread = (self.is_unread)(message);
            if !search.fits(message, unread) {
                continue;
            }
            let phone = phone_of(message);
            let place = *places.entry(phone).or_insert_with(|| {
                rows.push(Row { phone, last: message, unread: 0, fitting: 0 });
                rows.len() - 1
            });
            let row = &mut rows[place];
            row.unread += usize::from(unread);
            row.fitting += 1;
        }
        rows
    }

    fn row(&self, row: &Row<'_>) -> Markup {
        let open = self.place.phone == Some(row.phone);
        let failed = row.last.status.is_failure();
        html! {
            li {
                a.row data-row id={ "row-" (row.phone.digits()) } href=(self.place.at_phone(row.phone).href())
                    aria-current=[open.then_some("true")] {
                    span.line {
                        strong.number { (spaced(row.phone)) }
                        (show::time(row.last.created_at, &show::short(row.last.created_at, self.now)))
                    }
                    span.line {
                        bdi.preview dir="auto" {
                            @if row.last.is_inbound() { span.muted { "You: " } }
                            @if row.last.text.is_empty() && !row.last.media.is_empty() { "Picture" }
                            (show::preview(&row.last.text, 90))
                        }
                        @if failed { span.badge.bad { span aria-hidden="true" { "✕ " } "failed" } }
                        @if row.unread > 0 {
                            span.unread { (row.unread) span.away { " unread" } }
                        }
                    }
                }
            }
        }
    }

    /// Returns the form that opens a phone that has no message yet.
    fn new_phone(&self) -> Markup {
        html! {
            details.menu id="menu-phone" {
                summary.button.quiet aria-label="Open another phone" { "+" }
                form.sheet method="get" action=(INBOX_PATH) {
                    @for (name, value) in self.place.back().back().fields() {
                        input type="hidden" name=(name) value=(value);
                    }
                    label for="phone" { "Number of a phone" }
                    div.join {
                        input id="phone" name="phone" inputmode="tel" required placeholder="+447700900123" autocomplete="off";
                        button.primary { "Open" }
                    }
                    p.muted { "Write to your program from it." }
                }
            }
        }
    }

    /// Returns what to do when there is nothing: where to point a client.
    pub(super) fn welcome(&self) -> Markup {
        let main = |account: &&SandboxAccount| account.parent.is_none();
        html! {
            div.welcome {
                h2 { "Waiting for the first message" }
                p { "Point your program's client at this sandbox. Nothing leaves this machine." }
                dl.facts {
                    dt { "Base URL" } dd { (copied("the base URL", &self.state.handle.base_url())) }
                }
                @for account in self.accounts.iter().filter(main).take(4) {
                    h3 { (capitalised(account.provider.as_str())) }
                    dl.facts {
                        dt { "Account" } dd { (copied("the account", account.id.as_str())) }
                        dt { "Token" } dd { (copied("the token", &account.token)) }
                        @for number in self.state.handle.numbers(account).iter().take(3) {
                            dt { "Number" } dd { (copied("the number", &number.to_string())) }
                        }
                    }
                }
            }
        }
    }
}

/// Returns a value with a button that copies it.
pub(super) fn copied(name: &str, value: &str) -> Markup {
    html! {
        code.value { (show::visible(value)) }
        button.copy type="button" data-copy=(value) aria-label={ "Copy " (name) } { "Copy" }
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
