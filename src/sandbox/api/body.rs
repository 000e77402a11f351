//! Bodies of the requests to the JSON API.

use std::time::Duration;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{Refusal, rule, seconds};
use crate::{
    account_id::AccountId,
    message::WebUrl,
    number::PhoneNumber,
    provider_id::ProviderId,
    sandbox::{AccountStanding, Fate, Fault, SandboxAccount, When},
};

/// Body of a message that somebody sends to the account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InboundBody {
    pub(super) provider: ProviderId,
    pub(super) from: PhoneNumber,
    pub(super) to: PhoneNumber,
    #[serde(default)]
    pub(super) text: String,
    /// Webhook to call; that of the number by default.
    pub(super) url: Option<WebUrl>,
    /// Calls the webhook with GET.
    #[serde(default)]
    pub(super) get: bool,
    #[serde(default)]
    pub(super) media: Vec<WebUrl>,
    pub(super) channel: Option<String>,
}

/// Body of a fault: its name, what it needs, and the submissions that it hits; the next one by default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultBody {
    fault: String,
    status: Option<u16>,
    seconds: Option<f64>,
    times: Option<u32>,
    seed: Option<u64>,
    next: Option<u32>,
    to: Option<PhoneNumber>,
    every: Option<u32>,
    /// Part of the paths of the requests that it hits; submissions by default.
    pub(super) path: Option<String>,
}

impl FaultBody {
    pub(super) fn parts(self) -> Result<(When, Fault), Refusal> {
        let when = match (self.next, self.to, self.every) {
            (None, None, None) => When::Next(1),
            (Some(next), None, None) => When::Next(next),
            (None, Some(to), None) => When::To(to),
            (None, None, Some(every)) => When::Every(every),
            _ => return Err(rule("next, to, every: give one of them")),
        };
        let status = self.status.filter(|status| (300..=599).contains(status));
        let status = status.ok_or_else(|| rule("status: must be 300 to 599"));
        let time = || match self.seconds {
            Some(time) => seconds("seconds", time),
            None => Err(rule("seconds: must be given")),
        };
        let fault = match self.fault.as_str() {
            "refuse" if self.seconds.is_some() => Fault::RefuseFor(status?, time()?),
            "refuse" => Fault::Refuse(status?),
            "hang_up" => Fault::HangUp,
            "hang" => Fault::Hang,
            "take_and_fail" => Fault::TakeAndFail(status?),
            "take_and_hang_up" => Fault::TakeAndHangUp,
            "take_and_hang" => Fault::TakeAndHang,
            "take_slowly" => Fault::TakeSlowly(time()?),
            "take_and_cut_short" => Fault::TakeAndCutShort,
            "take_and_say_nothing" => Fault::TakeAndSayNothing,
            "take_and_answer_html" => Fault::TakeAndAnswerHtml,
            "repeat_callbacks" => {
                let times = self.times.filter(|times| *times <= 1_000);
                Fault::RepeatCallbacks(times.ok_or_else(|| rule("times: must be 0 to 1,000"))?)
            }
            "reverse_callbacks" => Fault::ReverseCallbacks,
            "shuffle_callbacks" => Fault::ShuffleCallbacks(self.seed.unwrap_or_default()),
            "delay_callbacks" => Fault::DelayCallbacks(time()?),
            "lose_callbacks" => Fault::LoseCallbacks,
            "callbacks_first" => Fault::CallbacksFirst,
            _ => return Err(rule("fault: not one of those that docs/sandbox.md lists")),
        };
        Ok((when, fault))
    }
}

/// Body that opens an account, or changes one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountBody {
    pub(super) provider: ProviderId,
    /// Account to change; a new one is opened without.
    pub(super) id: Option<AccountId>,
    name: Option<String>,
    state: Option<AccountStanding>,
    trial: Option<bool>,
    /// Numbers that a trial account may send to.
    verified: Option<Vec<PhoneNumber>>,
    balance: Option<Decimal>,
}

impl AccountBody {
    pub(super) fn apply(self, account: &mut SandboxAccount) {
        account.name = self.name.unwrap_or_else(|| account.name.clone());
        account.state = self.state.unwrap_or(account.state);
        account.trial = self.trial.unwrap_or(account.trial);
        if let Some(verified) = self.verified {
            account.verified = verified.into_iter().collect();
        }
        account.balance = self.balance.unwrap_or(account.balance);
    }
}

/// Body that gives an account a number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NumberBody {
    pub(super) provider: ProviderId,
    pub(super) account: AccountId,
    pub(super) number: PhoneNumber,
}

/// Body that decides what becomes of the messages to a number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FateBody {
    pub(super) to: PhoneNumber,
    pub(super) fate: Fate,
}

/// Body that skips time.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SkipBody {
    seconds: Option<f64>,
    /// Time to go to, later than now.
    until: Option<jiff::Timestamp>,
}

impl SkipBody {
    /// Returns how much time to skip.
    pub(super) fn time(self, now: jiff::Timestamp) -> Result<Duration, Refusal> {
        const LONGEST: f64 = 10.0 * 366.0 * 86_400.0;
        match (self.seconds, self.until) {
            (Some(time), None) if (0.0..=LONGEST).contains(&time) => {
                Ok(Duration::from_secs_f64(time))
            }
            (Some(_), None) => Err(rule("seconds: must be 0 to ten years")),
            (None, Some(until)) => {
                let wait: SignedDuration = until.duration_since(now);
                Duration::try_from(wait).map_err(|_| rule("until: must be later than now"))
            }
            _ => Err(rule("seconds, until: give one of them")),
        }
    }
}
