//! Attempts of Twilio Verify: each code that was sent, what it cost, and whether somebody typed it.

use http::Method;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::services::{all, id, number, refuse, text, time};
use crate::{
    error::Result,
    message::{Money, Text, word},
    number::{PhoneNumber, Region},
    transport::api::ApiRequest,
    twilio::{Product, Twilio, account::date_time, config::is_sid},
    verification::VerificationChannel,
};

/// Question about attempts. What is `None` is not asked about.
///
/// ```
/// use anysms::twilio::VerifyAttemptQuery;
///
/// let mut query = VerifyAttemptQuery::default();
/// query.converted = Some(false);
/// query.to = Some("+447700900123".parse()?);
/// assert!(!format!("{query:?}").contains("7700900123"));
/// # Ok::<(), anysms::PhoneNumberError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyAttemptQuery {
    /// Earliest time.
    pub since: Option<Timestamp>,
    /// Latest time.
    pub until: Option<Timestamp>,
    /// Number that the code went to.
    pub to: Option<PhoneNumber>,
    /// Digits that the number begins with, from the country's code on; for a summary alone.
    pub prefix: Option<String>,
    /// Country of the number.
    pub country: Option<Region>,
    /// Channel.
    pub channel: Option<VerificationChannel>,
    /// Service, `VA` and 32 hex digits.
    pub service: Option<String>,
    /// Verification, `VE` and 32 hex digits.
    pub verification: Option<String>,
    /// `true` for the codes that were typed, `false` for those that were not.
    pub converted: Option<bool>,
}

impl VerifyAttemptQuery {
    fn write<'a>(&self, mut request: ApiRequest<'a>) -> Result<ApiRequest<'a>> {
        if self.service.as_ref().is_some_and(|sid| !is_sid(sid, "VA")) {
            return Err(refuse("service: must be VA and 32 hex digits"));
        }
        if self.verification.as_ref().is_some_and(|sid| !is_sid(sid, "VE")) {
            return Err(refuse("verification: must be VE and 32 hex digits"));
        }
        let digits =
            |text: &String| text.trim_start_matches('+').bytes().all(|b| b.is_ascii_digit());
        if self.prefix.as_ref().is_some_and(|prefix| prefix.is_empty() || !digits(prefix)) {
            return Err(refuse("prefix: must be digits, as in +44770"));
        }
        let channel = |channel| match channel {
            VerificationChannel::Sms => "sms",
            VerificationChannel::Voice => "call",
            VerificationChannel::Whatsapp => "whatsapp",
            VerificationChannel::Email => "email",
        };
        let status = |converted| if converted { "converted" } else { "unconverted" };
        let filters = [
            ("DateCreatedAfter", self.since.map(date_time)),
            ("DateCreatedBefore", self.until.map(date_time)),
            ("ChannelData.To", self.to.map(|to| to.to_string())),
            ("Country", self.country.map(|country| country.to_string())),
            ("Channel", self.channel.map(|one| channel(one).to_owned())),
            ("VerifyServiceSid", self.service.clone()),
            ("VerificationSid", self.verification.clone()),
            ("Status", self.converted.map(|converted| status(converted).to_owned())),
            ("DestinationPrefix", self.prefix.clone()),
        ];
        for (name, value) in filters.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            request = request.query(name, value);
        }
        Ok(request)
    }
}

/// Attempt of Twilio Verify: one code that was sent. A field is `None` if Twilio does not say it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyAttempt {
    /// Id: `VL` and 32 hex digits.
    pub sid: String,
    /// Verification that it belongs to.
    pub verification: Option<String>,
    /// Service that it belongs to.
    pub service: Option<String>,
    /// `true` if the code was typed.
    pub converted: Option<bool>,
    /// Twilio's word for the channel: `sms`, `call`, `email`, `whatsapp`, `rbm`.
    pub channel: Option<String>,
    /// Price.
    pub price: Option<Money>,
    /// Number or e-mail address that the code went to.
    pub to: Option<Text>,
    /// Twilio's word for what became of the message.
    pub status: Option<String>,
    /// Twilio's code if it was not delivered.
    pub error_code: Option<String>,
    /// Country of the number.
    pub country: Option<Region>,
    /// Number of digits of the code.
    pub code_length: Option<u8>,
    /// Locale of the text.
    pub locale: Option<String>,
    /// Mobile country code: three digits.
    pub mcc: Option<String>,
    /// Mobile network code: two or three digits.
    pub mnc: Option<String>,
    /// Name of the carrier.
    pub carrier: Option<String>,
    /// Time at which it was sent.
    pub created_at: Option<Timestamp>,
    /// Time of its last change.
    pub updated_at: Option<Timestamp>,
}

/// Counts of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyAttemptSummary {
    /// Number of codes that were sent.
    pub attempts: u64,
    /// Number of codes that were typed.
    pub converted: u64,
    /// Number of codes that were not typed.
    pub unconverted: u64,
    /// Share of codes that were typed, in percent from 0 to 100; `None` if Twilio does not say it.
    pub conversion_rate: Option<Decimal>,
}

impl Twilio {
    /// Returns the attempts that fit, newest first.
    ///
    /// ```
    /// # async fn example(twilio: anysms::twilio::Twilio) -> anysms::Result<()> {
    /// use anysms::twilio::VerifyAttemptQuery;
    ///
    /// let mut query = VerifyAttemptQuery::default();
    /// query.converted = Some(false);
    /// for attempt in twilio.verify_attempts(&query).await? {
    ///     println!("{:?} {:?}", attempt.country, attempt.price);
    /// }
    /// let summary = twilio.verify_attempt_summary(&query).await?;
    /// println!("{} codes were not typed", summary.unconverted);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for an id or a prefix that breaks its rule, and for a prefix at all, which the
    /// summary alone takes; else as any read of Twilio.
    pub async fn verify_attempts(&self, query: &VerifyAttemptQuery) -> Result<Vec<VerifyAttempt>> {
        if query.prefix.is_some() {
            return Err(refuse("prefix: only the summary takes one; filter by country or number"));
        }
        let request = self.request(Method::GET, Product::Verify, ["v2", "Attempts"]);
        let listed = all(self, query.write(request)?, "attempts").await?;
        Ok(listed.iter().filter_map(attempt).collect())
    }

    /// Counts the attempts that fit.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for an id or a prefix that breaks its rule; `InvalidResponse` if a count is missing;
    /// else as any read of Twilio.
    pub async fn verify_attempt_summary(
        &self,
        query: &VerifyAttemptQuery,
    ) -> Result<VerifyAttemptSummary> {
        let request = self.request(Method::GET, Product::Verify, ["v2", "Attempts", "Summary"]);
        let answer: Value = query.write(request)?.send().await?.json()?;
        let call = crate::transport::api::Call::reading("summary");
        let count = |field: &str| {
            let missing = || self.inner().api.unreadable(call, format!("{field} is missing"));
            number(&answer[field]).ok_or_else(missing)
        };
        Ok(VerifyAttemptSummary {
            attempts: count("total_attempts")?,
            converted: count("total_converted")?,
            unconverted: count("total_unconverted")?,
            conversion_rate: number(&answer["conversion_rate_percentage"]),
        })
    }
}

fn attempt(row: &Value) -> Option<VerifyAttempt> {
    let (data, price) = (&row["channel_data"], &row["price"]);
    let known = |value: &Value| text(value).and_then(|text| word(&text).map(str::to_owned));
    let currency = text(&price["currency"]).and_then(|currency| currency.parse().ok());
    let amount = text(&price["value"]).zip(currency);
    Some(VerifyAttempt {
        sid: id(&row["sid"])?,
        verification: id(&row["verification_sid"]),
        service: id(&row["service_sid"]),
        converted: match row["conversion_status"].as_str().map(str::to_lowercase).as_deref() {
            Some("converted") => Some(true),
            Some("unconverted") => Some(false),
            _ => None,
        },
        channel: known(&row["channel"]),
        price: amount.and_then(|(amount, currency)| Money::charge(&amount, currency)),
        to: text(&data["to"]).map(Text::from),
        status: known(&data["message_status"]).or_else(|| known(&data["status"])),
        error_code: known(&data["error_code"]),
        country: number(&data["country"]),
        code_length: number(&data["code_length"]),
        locale: known(&data["locale"]),
        mcc: known(&data["mcc"]),
        mnc: known(&data["mnc"]),
        carrier: text(&data["carrier"]),
        created_at: time(&row["date_created"]),
        updated_at: time(&row["date_updated"]),
    })
}
