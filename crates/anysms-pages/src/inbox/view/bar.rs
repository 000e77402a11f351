//! The bar on top: search, accounts, and what a reader may do to the sandbox.

use maud::{Markup, html};

use super::View;
use crate::{
    inbox::{INBOX_PATH, actions, faults, search::Search},
    show,
};

/// Times that can be skipped, in seconds.
const SKIPS: [(u32, &str); 6] = [
    (60, "1 minute"),
    (600, "10 minutes"),
    (3_600, "1 hour"),
    (86_400, "1 day"),
    (7 * 86_400, "1 week"),
    (30 * 86_400, "30 days"),
];

impl View<'_> {
    /// Returns the bar.
    pub(super) fn bar(&self) -> Markup {
        html! {
            header id="bar" {
                h1 { a href=(INBOX_PATH) aria-label="anysms Inbox" { (logo()) span { "Inbox" } } }
                (self.search())
                (self.switch())
                div.tools {
                    (self.fault_menu())
                    (self.clock_menu())
                    (self.clear_menu())
                    a.button.quiet data-help href={ (INBOX_PATH) "/help" } aria-label="Help: keys and search" { "?" }
                }
            }
            section id="notes" aria-label="Notices" {
                (self.waiting())
                (self.notice())
            }
        }
    }

    fn search(&self) -> Markup {
        let search = Search::read(&self.place.search, self.now);
        let unreadable = search.unreadable();
        html! {
            form.search role="search" method="get" action=(INBOX_PATH) {
                @if let Some((_, account)) = self.place.fields().iter().find(|(name, _)| *name == "account") {
                    input type="hidden" name="account" value=(account);
                }
                label.away for="q" { "Search messages" }
                input id="q" type="search" name="q" value=(self.place.search) maxlength="200" autocomplete="off"
                    spellcheck="false" placeholder="Search, or to: from: status: is:failed"
                    aria-invalid=[(!unreadable.is_empty()).then_some("true")];
                kbd aria-hidden="true" { "/" }
            }
        }
    }

    fn switch(&self) -> Markup {
        let open = self.place.account.as_ref();
        html! {
            form.switch method="get" action=(INBOX_PATH) data-submit {
                @if !self.place.search.is_empty() {
                    input type="hidden" name="q" value=(self.place.search);
                }
                label.away for="account" { "Account" }
                select id="account" name="account" {
                    option value="" { "All accounts" }
                    @for account in &self.accounts {
                        @let key = (account.provider.clone(), account.id.clone());
                        option value={ (account.provider) ":" (account.id) } selected[open == Some(&key)] {
                            (account.provider) " " (show::plain(&tail(account.id.as_str()), 12))
                            @if account.name != "Sandbox" { " · " (show::plain(&account.name, 20)) }
                            @if account.state.as_str() != "active" { " (" (account.state.as_str()) ")" }
                        }
                    }
                }
                button.quiet.noscript { "Go" }
            }
        }
    }

    fn fault_menu(&self) -> Markup {
        html! {
            details.menu id="menu-fault" {
                summary.button { "Faults" }
                form.sheet.wide method="post" action={ (INBOX_PATH) "/fault" } {
                    (self.fields())
                    div.scope {
                        @if let Some(phone) = self.place.phone {
                            label { input type="radio" name="scope" value="next" checked; " Next" }
                            input type="number" name="next" value="1" min="1" max="1000" aria-label="How many messages"; span { "messages" }
                            label { input type="radio" name="scope" value="phone"; " All to " (super::spaced(phone)) }
                        } @else {
                            label for="how-many" { "Next" }
                            input id="how-many" type="number" name="next" value="1" min="1" max="1000";
                            span { "messages" }
                        }
                    }
                    div.scope {
                        label for="at-path" { "At" }
                        input id="at-path" type="text" name="at" maxlength="200" placeholder="submissions, or a part of a path: /Verifications";
                    }
                    @for (group, choices) in faults::FAULTS {
                        fieldset {
                            legend { (group) }
                            @for choice in choices {
                                button.choice name="fault" value=(choice.word) { (choice.line) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn clock_menu(&self) -> Markup {
        html! {
            details.menu id="menu-clock" {
                summary.button { "Time" }
                form.sheet method="post" action={ (INBOX_PATH) "/skip" } {
                    (self.fields())
                    p { "It is " (show::time(self.now, &show::long(self.now))) " in the sandbox." }
                    fieldset {
                        legend { "Skip" }
                        @for (seconds, name) in SKIPS {
                            button.choice name="seconds" value=(seconds) { (name) }
                        }
                    }
                }
            }
        }
    }

    fn clear_menu(&self) -> Markup {
        html! {
            details.menu id="menu-clear" {
                summary.button { "Clear" }
                form.sheet method="post" action={ (INBOX_PATH) "/clear" } {
                    (self.fields())
                    p { "The sandbox forgets every message of every account." }
                    button.danger { "Forget all messages" }
                }
            }
        }
    }

    /// Returns the faults that wait.
    pub(crate) fn waiting(&self) -> Markup {
        let faults = self.state.handle.faults();
        html! {
            div id="waiting" data-on="bar" data-part="waiting" {
                @if !faults.is_empty() {
                    form.strip method="post" action={ (INBOX_PATH) "/calm" } {
                        (self.fields())
                        strong { "Waiting" }
                        @for (path, when, fault) in faults.iter().take(6) {
                            span.chip { (show::plain(&faults::line(path.as_deref(), *when, *fault), 80)) }
                        }
                        @if faults.len() > 6 { span.chip { "and " (faults.len() - 6) " more" } }
                        button.quiet.small { "Remove all" }
                    }
                }
            }
        }
    }

    fn notice(&self) -> Markup {
        let search = Search::read(&self.place.search, self.now);
        let unreadable = search.unreadable();
        let sentence = self.place.note.as_deref().and_then(actions::sentence);
        html! {
            div id="notice" role="status" {
                @if !unreadable.is_empty() {
                    p.strip.bad { "Not understood in the search: " (show::visible(&unreadable.join(" "))) }
                }
                @if let Some((text, bad)) = sentence {
                    p.strip.bad[bad] {
                    span { (text) }
                    a href=(super::Place { note: None, ..self.place.clone() }.href()) aria-label="Close the notice" { "✕" }
                }
                }
            }
        }
    }
}

/// Returns the end of an id, by which people tell accounts apart.
pub(super) fn tail(id: &str) -> String {
    match id.char_indices().rev().nth(5) {
        Some((at, _)) if at > 4 => {
            format!("{}…{}", id.chars().take(2).collect::<String>(), &id[at..])
        }
        _ => id.to_owned(),
    }
}

fn logo() -> Markup {
    html! {
        svg.logo width="28" height="28" viewBox="0 0 28 28" aria-hidden="true" {
            rect width="28" height="28" rx="8" {}
            path d="M8 9.5h12M8 14h8" {}
            path d="M8 18.5h4" {}
        }
    }
}
