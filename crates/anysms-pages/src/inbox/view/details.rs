//! The right pane: all that is known of one message.

use anysms::{
    PhoneNumber,
    sandbox::{CallbackReport, Carried, Origin},
};
use maud::{Markup, html};

use super::{
    View, badge,
    bar::tail,
    list::copied,
    thread::{code_card, phone_value},
};
use crate::{inbox::state::part_of, show};

impl View<'_> {
    /// Returns the pane.
    pub(crate) fn details(&self) -> Markup {
        let part = self.place.phone.map_or_else(|| "list".to_owned(), part_of);
        html! {
            aside.pane id="details" data-on=(part) data-part="details" aria-label="Details of a message" tabindex="-1" {
                div.head {
                    @if self.place.message.is_some() {
                        a.back href=(self.place.back().href()) aria-label="Back to the conversation" { "‹" }
                    }
                    h2 { "Details" }
                    @if let Some(message) = self.chosen() {
                        @if self.place.message.is_none() { span.muted { "newest message" } }
                        (badge(message))
                    }
                }
                div.scroll id="facts" tabindex="0" role="region" aria-label="Facts" {
                    @match self.chosen() {
                        Some(message) => (self.facts(message)),
                        None if self.place.message.is_some() => div.empty { p { "This message is gone." } },
                        None => div.empty { p { "Choose a message to see what became of it." } },
                    }
                }
            }
        }
    }

    fn facts(&self, message: &Carried) -> Markup {
        html! {
            @if let Some(code) = message.code().filter(|_| !message.is_inbound()) { (code_card(&code)) }
            @if let Some(code) = message.error_code { (self.error(message, code)) }
            section {
                h3 { "Status" }
                (self.timeline(message))
            }
            section { (summary(message)) }
            section {
                h3 { "Text" }
                (super::text::segmented(message))
            }
            section {
                h3 { @if message.is_inbound() { "Webhook" } @else { "Callbacks" } }
                (callbacks(message))
            }
            section {
                @if let Some(request) = &message.request {
                    details.fold id="request" {
                        summary { "The request that submitted it" }
                        pre tabindex="0" { (show::visible(request)) }
                    }
                }
                details.fold id="json" {
                    summary { "The message as JSON" }
                    pre tabindex="0" { (show::visible(&json(message))) }
                }
            }
        }
    }

    /// Returns the statuses with their times.
    fn timeline(&self, message: &Carried) -> Markup {
        let steps = &message.history;
        html! {
            ol.timeline {
                @for (place, (status, at)) in steps.iter().enumerate() {
                    @let last = place + 1 == steps.len();
                    li.bad[last && message.status.is_failure()].good[last && message.status.is_final() && !message.status.is_failure()] {
                        strong {
                            @if message.is_inbound() && place == 0 { "sent by the phone" }
                            @else { (show::plain(&status.as_str().replace('_', " "), 40)) }
                        }
                        (show::time(*at, &show::hour(*at)))
                        span.muted { (show::after(*at, message.created_at)) }
                    }
                }
                @if let Some(at) = message.send_at && at > self.now {
                    li.next { strong { "to be sent" } (show::time(at, &show::long(at))) }
                }
            }
        }
    }

    /// Returns the error, what it means and where it is explained.
    fn error(&self, message: &Carried, code: u32) -> Markup {
        html! {
            section.alert {
                strong { "Error " (code) }
                @if let Some((kind, help)) = self.state.handle.error_help(message) {
                    p { (kind.description()) "." }
                    p.muted { "Explained at " a href=(help) target="_blank" rel="noopener noreferrer" { (help.trim_start_matches("https://")) } }
                }
            }
        }
    }
}

fn summary(message: &Carried) -> Markup {
    let direction = match message.origin {
        Origin::Phone => "a phone",
        Origin::Reply => "the answer of a webhook",
        _ => "a program",
    };
    html! {
        dl.facts {
            dt { "From" }
            dd {
                @match message.from.parse::<PhoneNumber>() {
                    Ok(number) => (phone_value("the sender", number)),
                    Err(_) if message.from.is_empty() => span.muted { "not picked yet" },
                    Err(_) => (copied("the sender", &message.from)),
                }
            }
            dt { "To" } dd { (phone_value("the recipient", message.to)) }
            @if let Some(pool) = &message.pool { dt { "Pool" } dd { (copied("the pool", pool)) } }
            @if let Some(channel) = &message.channel { dt { "Channel" } dd { (show::visible(channel)) } }
            dt { "Id" } dd { (copied("the id", message.id.value())) }
            dt { "Account" } dd { (message.id.provider()) " " (show::plain(&tail(message.account.as_str()), 20)) }
            dt { "Sent by" } dd { (direction) }
            dt { "Price" }
            dd { "US$" (message.price.normalize()) span.muted { " for " (show::count(message.segments, "segment")) } }
            dt { "Time" } dd { (show::time(message.created_at, &show::long(message.created_at))) }
            @if let Some(at) = message.send_at { dt { "Due" } dd { (show::time(at, &show::long(at))) } }
            @for (id, url) in &message.media {
                dt { "Picture" } dd { bdi { (show::visible(url.as_str())) } " " span.muted { (show::plain(id, 40)) } }
            }
        }
    }
}

fn callbacks(message: &Carried) -> Markup {
    html! {
        @if let Some(callback) = &message.callback {
            p.address { bdi { (show::visible(callback.url.as_str())) } }
        }
        @if message.reports.is_empty() {
            p.muted {
                @if message.is_inbound() { "No webhook was called." }
                @else if message.callback.is_some() { "Not called yet." }
                @else { "The program asked for none." }
            }
        }
        @for (place, report) in message.reports.iter().enumerate() { (call(place, report)) }
    }
}

fn call(place: usize, report: &CallbackReport) -> Markup {
    html! {
        details.fold.call id={ "call-" (place) } {
            summary {
                strong { (show::plain(report.status.as_str(), 40)) }
                @match report.answer {
                    Some(answer) => span.badge.good[report.was_taken()].bad[!report.was_taken()] { "answered " (answer) },
                    None => span.badge.bad { "no answer" },
                }
                (show::time(report.at, &show::hour(report.at)))
            }
            h4 { "Request" }
            pre tabindex="0" { (show::visible(&report.request)) }
            @if let Some(signed) = &report.signed {
                h4 { "Signed text" }
                pre tabindex="0" { (show::visible(signed)) }
            }
            @if let Some(response) = &report.response {
                h4 { "Answer" }
                pre tabindex="0" { (show::visible(response)) }
            }
        }
    }
}

fn json(message: &Carried) -> String {
    serde_json::to_string_pretty(message).unwrap_or_default()
}
