//! The middle pane: a conversation as the phone shows it, and what its owner may write.

use anysms::{
    PhoneNumber, ProviderId,
    sandbox::{Carried, Fate},
};
use maud::{Markup, html};

use super::{View, badge, list::copied, spaced};
use crate::{
    inbox::{INBOX_PATH, faults, search::Search, state::part_of},
    show,
};

impl View<'_> {
    /// Returns the pane.
    pub(super) fn thread(&self) -> Markup {
        html! {
            section.pane id="thread" aria-label="Conversation" tabindex="-1" {
                @if let Some(phone) = self.place.phone {
                    div.head {
                        a.back href=(self.place.back().back().href()) aria-label="Back to the phones" { "‹" }
                        h2 { (spaced(phone)) }
                        (self.fate_menu(phone))
                    }
                    (self.chat())
                    (self.composer(phone))
                } @else {
                    (self.chat())
                }
            }
        }
    }

    /// Returns the messages.
    pub(crate) fn chat(&self) -> Markup {
        let part = self.place.phone.map_or_else(|| "list".to_owned(), part_of);
        let search = Search::read(&self.place.search, self.now);
        let searching = !self.place.search.trim().is_empty();
        let mut day = String::new();
        let mut sender = String::new();
        html! {
            div.scroll id="chat" data-on=(part) data-part="chat" data-end[self.place.phone.is_some()] tabindex="0" role="region" aria-label="Messages" {
                @if self.place.phone.is_none() {
                    @if self.messages.is_empty() { (self.welcome()) }
                    @else { div.empty { p { "Choose a phone to read its messages." } } }
                } @else if self.talk().next().is_none() {
                    div.empty { p { "No messages with this phone yet." } p.muted { "Write one below, as the phone." } }
                } @else {
                    ol.talk {
                        @for message in self.talk() {
                            @let this_day = show::day(message.created_at);
                            @if this_day != day {
                                li.day { span { (this_day) } }
                                @let () = day = this_day;
                            }
                            @let this_sender = sender_of(message);
                            @if !message.is_inbound() && this_sender != sender {
                                li.sender { bdi { (show::visible(&this_sender)) } }
                                @let () = sender = this_sender;
                            }
                            (self.bubble(message, searching && search.fits(message, false)))
                        }
                    }
                }
            }
        }
    }

    fn bubble(&self, message: &Carried, hit: bool) -> Markup {
        let open = self.place.message.as_ref() == Some(&message.id);
        let side = if message.is_inbound() { "mine" } else { "theirs" };
        let code = message.code().filter(|_| !message.is_inbound());
        html! {
            li.message.(side).failed[message.status.is_failure()].hit[hit] {
                div.bubble {
                    @if !message.text.is_empty() {
                        p.text dir="auto" { (show::visible(&message.text)) }
                    }
                    @for (_, url) in &message.media {
                        p.file { span aria-hidden="true" { "▧" } " " bdi { (show::visible(url.as_str())) } }
                    }
                }
                @if let Some(code) = code { (code_card(&code)) }
                a.meta data-row id={ "m-" (message.id.value()) } href=(self.place.at_message(message).href())
                    aria-current=[open.then_some("true")] {
                    span.away { "Details of the message, " }
                    (show::time(message.created_at, &show::hour(message.created_at)[..8]))
                    (badge(message))
                    @if let Some(error) = message.error_code { span.error { (error) } }
                    @if let Some(callback) = trouble(message) { span.error { (callback) } }
                }
            }
        }
    }

    fn fate_menu(&self, phone: PhoneNumber) -> Markup {
        let now = self.state.fate(phone);
        let line = match now {
            Fate::Delivered => "delivered".to_owned(),
            Fate::Sent => "never reported".to_owned(),
            Fate::Undelivered(code) => format!("undelivered {code}"),
            Fate::Failed(code) => format!("failed {code}"),
            _ => "other".to_owned(),
        };
        html! {
            details.menu.bad[now != Fate::Delivered] id="menu-fate" {
                summary.button { span.prefix { "Fate:\u{a0}" } (line) }
                form.sheet method="post" action={ (INBOX_PATH) "/fate" } {
                    (self.fields())
                    fieldset.stack {
                        legend { "Messages to this phone are" }
                        @for choice in faults::FATES {
                            button.choice name="fate" value=(choice.word) aria-pressed=(choice.value == now) { (choice.line) }
                        }
                    }
                }
            }
        }
    }

    fn composer(&self, phone: PhoneNumber) -> Markup {
        let (numbers, chosen) = self.numbers();
        let webhook =
            chosen.as_ref().map(|(_, number)| self.state.webhook(*number)).unwrap_or_default();
        html! {
            form.composer id="composer" method="post" action={ (INBOX_PATH) "/reply" } {
                (self.fields())
                @if let Some(channel) = self.talk().next_back().and_then(|last| last.channel.as_deref()) {
                    input type="hidden" name="channel" value=(channel);
                }
                div.write {
                    label.away for="text" { "Reply as " (spaced(phone)) }
                    textarea id="text" name="text" rows="1" maxlength="1600" placeholder="Reply as the phone" dir="auto" {}
                    button.primary { "Send" }
                }
                div.more {
                    div.keywords role="group" aria-label="Keywords" {
                        @for word in ["STOP", "START", "HELP"] {
                            button.small name="keyword" value=(word) formnovalidate { (word) }
                        }
                    }
                    label.to for="to" { "to" }
                    select.small id="to" name="to" {
                        @for (provider, number) in &numbers {
                            option value={ (provider) ":" (number) } selected[chosen.as_ref() == Some(&(provider.clone(), *number))] {
                                (spaced(*number)) " · " (provider)
                            }
                        }
                    }
                    details.extra id="extra" {
                        summary.button.small { "More" span.away { ": picture, webhook" } }
                        div.grid {
                            label for="picture" { "Address of a picture" }
                            input id="picture" name="picture" type="url" placeholder="https://example.com/cat.jpg" autocomplete="off";
                            label for="webhook" { "Webhook to call, if not the number's" }
                            input id="webhook" name="webhook" type="url" value=(webhook) placeholder="http://127.0.0.1:8080/hooks" autocomplete="off";
                        }
                    }
                }
            }
        }
    }

    /// Returns the numbers that the phone may write to, and the one of its last message.
    fn numbers(&self) -> (Vec<Number>, Option<Number>) {
        let of_account = |account: &&anysms::sandbox::SandboxAccount| {
            let open = self.place.account.as_ref();
            open.is_none_or(|(provider, id)| account.provider == *provider && account.id == *id)
        };
        let mut numbers: Vec<Number> = Vec::new();
        for account in self.accounts.iter().filter(of_account) {
            let own = self.state.handle.numbers(account);
            numbers.extend(own.into_iter().map(|number| (account.provider.clone(), number)));
        }
        let last = self.talk().rev().find_map(|message| {
            let number =
                if message.is_inbound() { Some(message.to) } else { message.from.parse().ok() };
            Some((message.id.provider().clone(), number?))
        });
        if let Some(last) = &last
            && !numbers.contains(last)
        {
            numbers.push(last.clone());
        }
        let chosen = last.or_else(|| numbers.first().cloned());
        (numbers, chosen)
    }
}

/// A number of a provider.
type Number = (ProviderId, PhoneNumber);

/// Returns a one-time code, large, with a button that copies it.
pub(super) fn code_card(code: &str) -> Markup {
    html! {
        div.code {
            span.away { "One-time code " }
            strong { (show::visible(code)) }
            button.copy type="button" data-copy=(code) aria-label="Copy the code" { "Copy" }
        }
    }
}

/// Returns who sent a message: its sender, or the pool that has not picked one.
fn sender_of(message: &Carried) -> String {
    if !message.from.is_empty() {
        let number = message.from.parse::<PhoneNumber>();
        return number.map_or_else(|_| message.from.to_string(), spaced);
    }
    message.pool.clone().unwrap_or_else(|| "no sender".to_owned())
}

/// Returns what is wrong with the callbacks of a message; `None` if all were taken.
fn trouble(message: &Carried) -> Option<String> {
    let last = message.reports.last().filter(|report| !report.was_taken())?;
    Some(last.answer.map_or_else(
        || "no answer of the webhook".to_owned(),
        |answer| format!("webhook answered {answer}"),
    ))
}

/// Returns a phone's number with a button that copies it.
pub(super) fn phone_value(name: &str, phone: PhoneNumber) -> Markup {
    copied(name, &phone.to_string())
}
