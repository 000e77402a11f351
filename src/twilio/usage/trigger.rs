//! Triggers: an address that Twilio calls once an account has used so much.

use http::Method;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{decimal, from_word, to_word};
use crate::{
    account_id::AccountId,
    error::{Error, ErrorKind, Result},
    message::{UNREADABLE, WebUrl, word},
    transport::{
        api::Call,
        lenient::{self, Scalar},
    },
    twilio::{Product, TWILIO, Twilio, config::is_sid},
    usage::UsageCategory,
    webhook::Event,
};

/// Quantity that a trigger looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TriggerBy {
    /// Number of things, such as messages.
    Count,
    /// Number of units that are paid for, such as segments.
    #[default]
    Usage,
    /// Price of all.
    Price,
}

/// Time after which a trigger starts anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TriggerRecurring {
    /// Every day, in UTC.
    Daily,
    /// Every month.
    Monthly,
    /// Every year.
    Yearly,
    /// Never: it counts from the account's beginning.
    AllTime,
}

const BY: [(TriggerBy, &str); 3] =
    [(TriggerBy::Count, "count"), (TriggerBy::Usage, "usage"), (TriggerBy::Price, "price")];

const RECURRING: [(TriggerRecurring, &str); 4] = [
    (TriggerRecurring::Daily, "daily"),
    (TriggerRecurring::Monthly, "monthly"),
    (TriggerRecurring::Yearly, "yearly"),
    (TriggerRecurring::AllTime, "alltime"),
];

fn name<T: Copy + PartialEq>(names: &[(T, &'static str)], value: T) -> &'static str {
    names.iter().find(|(known, _)| *known == value).map_or("", |(_, name)| name)
}

fn value<T: Copy>(names: &[(T, &'static str)], name: Option<&str>) -> Option<T> {
    let known = names.iter().find(|(_, known)| name == Some(*known))?;
    Some(known.0)
}

/// Trigger that is to be created, by [`Twilio::create_usage_trigger`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewUsageTrigger {
    /// Category that is counted.
    pub category: UsageCategory,
    /// Value at which it fires.
    pub value: Decimal,
    /// `true` if the value is added to what is used already.
    pub further: bool,
    /// Quantity that is counted.
    pub by: TriggerBy,
    /// Time after which it starts anew; `None` to fire once.
    pub recurring: Option<TriggerRecurring>,
    /// Address that Twilio calls, by POST.
    pub callback: WebUrl,
    /// Name, at most 64 characters.
    pub name: Option<String>,
}

impl NewUsageTrigger {
    /// Fires once the usage of a category has reached a value.
    #[must_use]
    pub const fn at(category: UsageCategory, value: Decimal, callback: WebUrl) -> Self {
        let (by, further) = (TriggerBy::Usage, false);
        Self { category, value, further, by, recurring: None, callback, name: None }
    }

    /// Fires once so much more was used than when it was created.
    #[must_use]
    pub const fn after(category: UsageCategory, more: Decimal, callback: WebUrl) -> Self {
        let mut trigger = Self::at(category, more, callback);
        trigger.further = true;
        trigger
    }

    /// Sets the quantity that is counted.
    #[must_use]
    pub const fn with_by(mut self, by: TriggerBy) -> Self {
        self.by = by;
        self
    }

    /// Starts the trigger anew with every day, month or year.
    #[must_use]
    pub const fn with_recurring(mut self, recurring: TriggerRecurring) -> Self {
        self.recurring = Some(recurring);
        self
    }

    /// Sets the name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// Trigger that there is. A field is `None` if Twilio does not say it, or in a word that is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageTrigger {
    /// Id: `UT` and 32 hex digits.
    pub sid: String,
    /// Name.
    pub name: Option<String>,
    /// Category that is counted.
    pub category: Option<UsageCategory>,
    /// Value at which it fires.
    pub value: Option<Decimal>,
    /// Value by now.
    pub current: Option<Decimal>,
    /// Quantity that is counted.
    pub by: Option<TriggerBy>,
    /// Time after which it starts anew; `None` if it fires once.
    pub recurring: Option<TriggerRecurring>,
    /// Address that Twilio calls.
    pub callback: Option<WebUrl>,
    /// Time at which it fired last.
    pub fired_at: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    #[serde(borrow)]
    sid: Scalar<'a>,
    friendly_name: Scalar<'a>,
    usage_category: Scalar<'a>,
    trigger_value: Scalar<'a>,
    current_value: Scalar<'a>,
    trigger_by: Scalar<'a>,
    recurring: Scalar<'a>,
    callback_url: Scalar<'a>,
    date_fired: Scalar<'a>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    usage_triggers: Option<Vec<Wire<'a>>>,
}

impl Wire<'_> {
    fn into_trigger(self) -> Option<UsageTrigger> {
        Some(UsageTrigger {
            sid: self.sid.text().map(|sid| word(sid).unwrap_or(UNREADABLE))?.to_owned(),
            name: self.friendly_name.owned(),
            category: self.usage_category.text().map(from_word),
            value: decimal(&self.trigger_value),
            current: decimal(&self.current_value),
            by: value(&BY, self.trigger_by.text()),
            recurring: value(&RECURRING, self.recurring.text()),
            callback: self.callback_url.parse(),
            fired_at: self.date_fired.time(),
        })
    }
}

/// Call of a trigger that fired, read from a webhook that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TriggerFired {
    /// Id of the trigger.
    pub sid: String,
    /// Account of the trigger.
    pub account: Option<AccountId>,
    /// Category that was counted.
    pub category: Option<UsageCategory>,
    /// Quantity that was counted.
    pub by: Option<TriggerBy>,
    /// Time after which it starts anew; `None` if it fires once.
    pub recurring: Option<TriggerRecurring>,
    /// Value at which it fires.
    pub value: Option<Decimal>,
    /// Value that was reached.
    pub current: Option<Decimal>,
    /// Time at which it fired.
    pub fired_at: Option<Timestamp>,
}

impl TriggerFired {
    /// Reads the call of a trigger; `None` if the event is another one.
    ///
    /// ```
    /// use anysms::{http::Request, twilio::{TriggerFired, TwilioWebhook}};
    /// use anysms::webhook::{WebhookExt, WebhookRequest};
    ///
    /// let url = "https://example.com/hooks/usage";
    /// let webhook = TwilioWebhook::new("auth token", url.parse()?)?;
    /// let body = "UsageTriggerSid=UT1&UsageCategory=sms&TriggerBy=usage&TriggerValue=100&CurrentValue=101";
    /// let request = Request::post(url)
    ///     .header("content-type", "application/x-www-form-urlencoded")
    ///     .header("x-twilio-signature", webhook.sign(url, body.as_bytes())?) // done by Twilio
    ///     .body(body)?;
    /// let event = webhook.receive(WebhookRequest::from_http(&request))?;
    /// let fired = TriggerFired::from_event(&event).ok_or("another event")?;
    /// assert!(fired.current > fired.value);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_event(event: &Event) -> Option<Self> {
        let Event::Other(other) = event else { return None };
        let field = |name| other.fields.get(name).filter(|value| !value.is_empty());
        let number = |name| field(name).and_then(|text| Decimal::from_str_exact(text).ok());
        if other.provider != TWILIO {
            return None;
        }
        Some(Self {
            sid: field("UsageTriggerSid").map(|sid| word(sid).unwrap_or(UNREADABLE))?.to_owned(),
            account: field("AccountSid").map(Into::into),
            category: field("UsageCategory").map(from_word),
            by: value(&BY, field("TriggerBy")),
            recurring: value(&RECURRING, field("Recurring")),
            value: number("TriggerValue"),
            current: number("CurrentValue"),
            fired_at: field("DateFired").and_then(lenient::time),
        })
    }
}

fn refuse(rule: &'static str) -> Error {
    let error = Error::not_sent(ErrorKind::InvalidRequest).with_provider(TWILIO);
    error.with_detail(rule).without_message()
}

impl Twilio {
    /// Creates a trigger. [`TriggerFired`] reads the call.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::twilio::{NewUsageTrigger, TriggerBy, Twilio, TwilioConfig};
    /// use anysms::{sandbox::Sandbox, usage::UsageCategory};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// let callback = "https://example.com/hooks/usage".parse()?;
    /// let at = NewUsageTrigger::at(UsageCategory::Total, 100.into(), callback);
    /// let trigger = twilio.create_usage_trigger(&at.with_by(TriggerBy::Price)).await?;
    /// assert_eq!(twilio.usage_triggers().await?.len(), 1);
    /// twilio.delete_usage_trigger(&trigger.sid).await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for a value that is not above zero or a name of more than 64 characters; else as any
    /// change at Twilio. After an error whose outcome is `Unknown` look for it in
    /// [`usage_triggers`](Self::usage_triggers).
    pub async fn create_usage_trigger(&self, new: &NewUsageTrigger) -> Result<UsageTrigger> {
        if new.value <= Decimal::ZERO {
            return Err(refuse("value: must be above zero"));
        }
        if new.name.as_ref().is_some_and(|name| name.chars().count() > 64) {
            return Err(refuse("name: has more than 64 characters"));
        }
        // A plus before the value says that it is added to what is used.
        let plus = if new.further { "+" } else { "" };
        let mut request = self
            .request(Method::POST, Product::Account, ["Usage", "Triggers.json"])
            .form("UsageCategory", to_word(&new.category))
            .form("TriggerValue", format!("{plus}{}", new.value))
            .form("TriggerBy", name(&BY, new.by))
            .form("CallbackUrl", new.callback.as_str())
            .form("CallbackMethod", "POST");
        if let Some(recurring) = new.recurring {
            request = request.form("Recurring", name(&RECURRING, recurring));
        }
        if let Some(name) = &new.name {
            request = request.form("FriendlyName", name);
        }
        let answer = request.send().await?;
        let (api, call) = (&self.inner().api, Call::changing("create_usage_trigger"));
        let made: Wire<'_> = api.decode(call, answer.body())?;
        made.into_trigger().ok_or_else(|| api.unreadable(call, "the sid is missing"))
    }

    /// Returns all triggers of the account.
    ///
    /// # Errors
    /// As any read of Twilio.
    pub async fn usage_triggers(&self) -> Result<Vec<UsageTrigger>> {
        const CALL: Call = Call::reading("usage_triggers");
        let path = ["Usage", "Triggers.json"];
        let request = self.request(Method::GET, Product::Account, path).query("PageSize", "1000");
        let (api, mut pages, mut all) = (&self.inner().api, request.pages(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = page?;
            let page: Page<'_> = api.decode(CALL, page.body())?;
            let missing = || api.unreadable(CALL, "the usage_triggers are missing");
            let listed = page.usage_triggers.ok_or_else(missing)?;
            all.extend(listed.into_iter().filter_map(Wire::into_trigger));
        }
        Ok(all)
    }

    /// Deletes a trigger.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for what is no id of a trigger (`UT` and 32 hex digits); `NotFound` if there is none
    /// of this id; else as any change at Twilio.
    pub async fn delete_usage_trigger(&self, sid: &str) -> Result<()> {
        if !is_sid(sid, "UT") {
            return Err(refuse("sid: must be UT and 32 hex digits"));
        }
        let path = ["Usage".to_owned(), "Triggers".to_owned(), format!("{sid}.json")];
        self.request(Method::DELETE, Product::Account, path).send_empty().await
    }
}
