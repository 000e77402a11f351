//! [`PlivoVerification`]: Plivo Verify, whose codes Plivo makes, sends and checks.

use async_trait::async_trait;
use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Currency, Money},
    number::PhoneNumber,
    plivo::{PLIVO, Plivo},
    provider_id::ProviderId,
    random,
    verification::{
        Challenge, ChallengeFact, ChallengeId, CheckOutcome, NumberProof, Purpose, ReportBy,
        ReportQuery, Verification, VerificationChannel, VerificationReport, VerificationRequest,
        typed,
    },
};

/// Most pages of sessions that a report reads, at 20 each: Plivo allows 20 requests a minute.
const MOST_PAGES: usize = 1_000;

/// Verification by Plivo Verify, which [`Plivo::verification`] returns.
///
/// The application, which is made in Plivo's console, says length, life and text. A session takes 10 checks. Plivo keeps
/// neither tenant nor purpose: the purpose stands in the challenge's id, signed. A second start for a number while one
/// waits sends the same code. Plivo has no way to cancel a session. Requests with a key, and e-mail, are `Unsupported`.
#[derive(Clone, Debug)]
pub struct PlivoVerification {
    plivo: Plivo,
    app: Option<String>,
    brand: Option<String>,
}

impl Plivo {
    /// Returns the verification by an application of Plivo Verify; without one, by the account's default.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{plivo::{Plivo, PlivoConfig}, sandbox::Sandbox};
    /// use anysms::verification::{Verification, VerificationRequest};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let codes = Plivo::new(&PlivoConfig::sandbox(&sandbox))?.verification(None);
    /// let request = VerificationRequest::new("+447700900123".parse()?, "sign-in".parse()?);
    /// let challenge = codes.start(&request).await?;
    /// let code = sandbox.expect_message(request.number).await?.code().expect("a code");
    /// assert!(codes.check(&challenge.id, &code).await?.approved().is_some());
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn verification(&self, app: Option<&str>) -> PlivoVerification {
        PlivoVerification { plivo: self.clone(), app: app.map(str::to_owned), brand: None }
    }
}

/// The part of a session that this crate reads.
#[derive(Deserialize)]
struct Session {
    session_uuid: Option<String>,
    recipient: Option<String>,
    channel: Option<String>,
    status: Option<String>,
    locale: Option<String>,
    destination_country_iso2: Option<String>,
    #[serde(default)]
    attempt_details: Value,
    #[serde(default)]
    charges: Value,
    created_at: Option<String>,
    updated_at: Option<String>,
}

fn word(channel: VerificationChannel) -> Result<&'static str> {
    match channel {
        VerificationChannel::Sms => Ok("sms"),
        VerificationChannel::Voice => Ok("voice"),
        VerificationChannel::Whatsapp => Ok("whatsapp"),
        VerificationChannel::Email => Err(Error::unsupported(
            PLIVO,
            "channel: Plivo Verify has no e-mail; use a channel of the number",
        )),
    }
}

fn channel(word: Option<&str>) -> VerificationChannel {
    match word {
        Some("voice") => VerificationChannel::Voice,
        Some("whatsapp") => VerificationChannel::Whatsapp,
        _ => VerificationChannel::Sms,
    }
}

fn unknown() -> Error {
    let error = Error::not_sent(ErrorKind::NotFound).with_provider(PLIVO);
    error.with_detail("challenge: is over or not known; start a new one")
}

impl PlivoVerification {
    /// Sets the brand that texts name in place of the application's own: a tenant's.
    #[must_use]
    pub fn with_brand(mut self, brand: impl Into<String>) -> Self {
        self.brand = Some(brand.into());
        self
    }

    async fn begin(
        &self,
        number: PhoneNumber,
        over: VerificationChannel,
        locale: Option<&str>,
        purpose: &Purpose,
    ) -> Result<Challenge> {
        let mut body = Map::new();
        let mut set = |name: &str, value: &str| body.insert(name.to_owned(), value.into());
        set("recipient", &number.digits().to_string());
        set("channel", word(over)?);
        if let Some(app) = &self.app {
            set("app_uuid", app);
        }
        if let Some(locale) = locale {
            set("locale", locale);
        }
        if let Some(brand) = &self.brand {
            set("brand_name", brand);
        }
        let start = self.plivo.request(Method::POST, ["Verify", "Session"]).json(&body);
        let answer: Session = start.sends().send().await?.json()?;
        let Some(uuid) = &answer.session_uuid else {
            let error = Error::unknown(ErrorKind::InvalidResponse).with_provider(PLIVO);
            return Err(error.with_detail("answer to start: the session_uuid is missing"));
        };
        self.challenge(uuid, purpose, over)
    }

    fn challenge(
        &self,
        uuid: &str,
        purpose: &Purpose,
        over: VerificationChannel,
    ) -> Result<Challenge> {
        let id = self.plivo.inner().ids.id(uuid, purpose)?;
        Ok(Challenge { id, channel: over, expires_at: None, resend_at: None, code_length: None })
    }

    /// Reads a session that waits for its code; `None` if there is none.
    async fn waiting(&self, uuid: &str) -> Result<Option<Session>> {
        match self.plivo.request(Method::GET, ["Verify", "Session", uuid]).send().await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            found => {
                let session: Session = found?.json()?;
                let over = matches!(session.status.as_deref(), Some("verified" | "expired"));
                Ok(Some(session).filter(|_| !over))
            }
        }
    }
}

fn number(session: &Session) -> Option<PhoneNumber> {
    let digits = session.recipient.as_deref()?.trim_start_matches('+');
    format!("+{digits}").parse().ok()
}

#[async_trait]
impl Verification for PlivoVerification {
    fn authority(&self) -> ProviderId {
        PLIVO
    }

    async fn start(&self, request: &VerificationRequest) -> Result<Challenge> {
        word(request.channel)?;
        if request.key.is_some() {
            let rule = "key: Plivo Verify has none; keep the challenge's id, and start once";
            return Err(Error::unsupported(PLIVO, rule));
        }
        if request.silent {
            let uuid = random::uuid().to_string();
            return self.challenge(&uuid, &request.purpose, request.channel);
        }
        self.begin(request.number, request.channel, request.locale.as_deref(), &request.purpose)
            .await
    }

    async fn resend(
        &self,
        id: &ChallengeId,
        over: Option<VerificationChannel>,
    ) -> Result<Challenge> {
        let (uuid, purpose) = self.plivo.inner().ids.read(id).ok_or_else(unknown)?;
        let session = self.waiting(uuid).await?.ok_or_else(unknown)?;
        let number = number(&session).ok_or_else(unknown)?;
        let over = over.unwrap_or_else(|| channel(session.channel.as_deref()));
        self.begin(number, over, session.locale.as_deref(), &purpose).await
    }

    /// Checks a code. The session is read first, so that an approval can always say of which number it is.
    async fn check(&self, id: &ChallengeId, code: &str) -> Result<CheckOutcome> {
        let Some((uuid, purpose)) = self.plivo.inner().ids.read(id) else {
            return Ok(CheckOutcome::Wrong);
        };
        let Some(session) = self.waiting(uuid).await? else { return Ok(CheckOutcome::Wrong) };
        let Some(number) = number(&session) else { return Ok(CheckOutcome::Wrong) };
        let body = Map::from_iter([("otp".to_owned(), Value::from(typed(code)))]);
        match self.plivo.request(Method::POST, ["Verify", "Session", uuid]).json(&body).send().await
        {
            Ok(_) => Ok(CheckOutcome::Approved(NumberProof {
                id: id.clone(),
                number,
                purpose,
                tenant: None,
                email: None,
                at: Timestamp::now(),
            })),
            // Plivo does not say by which status it refuses a code (2026-11-20); these are about something else.
            Err(error) => match error.status() {
                Some(400 | 404 | 406 | 409 | 410 | 422) => Ok(CheckOutcome::Wrong),
                _ => Err(error),
            },
        }
    }

    /// Refuses: Plivo cannot end a session. One that is not known has ended.
    async fn cancel(&self, id: &ChallengeId) -> Result<()> {
        let waiting = match self.plivo.inner().ids.read(id) {
            Some((uuid, _)) => self.waiting(uuid).await?.is_some(),
            None => false,
        };
        if waiting {
            let rule = "cancel: Plivo cannot end a session; it ends with its time";
            return Err(Error::unsupported(PLIVO, rule));
        }
        Ok(())
    }

    /// Counts Plivo's sessions of at most 90 days: what was sent, delivered, approved and paid. Checks it does not tell.
    async fn report(&self, query: &ReportQuery) -> Result<VerificationReport> {
        if query.tenant.is_some() || query.by.contains(&ReportBy::Tenant) {
            let rule = "report: Plivo Verify knows no tenants; keep them with codes of your own";
            return Err(Error::unsupported(PLIVO, rule));
        }
        let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let mut list = self
            .plivo
            .request(Method::GET, ["Verify", "Session"])
            .query("session_time__gte", time(query.from))
            .query("session_time__lt", time(query.to))
            .query("limit", "20");
        if let Some(country) = query.country {
            list = list.query("country", country.to_string());
        }
        if let Some(app) = &self.app {
            list = list.query("app_uuid", app);
        }
        let (mut pages, mut facts) = (list.pages(), Vec::new());
        for _ in 0..MOST_PAGES {
            let Some(page) = pages.next().await else { break };
            let page: Value = page?.json()?;
            let sessions = page["sessions"].as_array().cloned().unwrap_or_default();
            facts.extend(sessions.into_iter().filter_map(fact));
        }
        Ok(VerificationReport::of(query, facts.into_iter().filter(|fact| query.matches(fact))))
    }
}

fn fact(session: Value) -> Option<ChallengeFact> {
    let session: Session = serde_json::from_value(session).ok()?;
    let at = |time: &Option<String>| time.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    let started_at = at(&session.created_at)?;
    let attempts = session.attempt_details.as_array().map_or(&[][..], Vec::as_slice);
    let arrived =
        |attempt: &&Value| matches!(attempt["status"].as_str(), Some("delivered" | "completed"));
    let verified = session.status.as_deref() == Some("verified");
    // A session that was never updated has the zero time (2026-11-20).
    let updated = at(&session.updated_at).filter(|updated| *updated >= started_at);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let total = &session.charges["total_charge"];
    let total = total.as_str().map(str::to_owned).or_else(|| Some(total.as_f64()?.to_string()));
    Some(ChallengeFact {
        tenant: None,
        country: session.destination_country_iso2.as_deref().and_then(|code| code.parse().ok()),
        range: number(&session).map(|to| (to.digits() / 10_000).to_string()),
        channel: channel(session.channel.as_deref()),
        started_at,
        approved_at: verified.then(|| updated.unwrap_or(started_at)),
        sent: count(attempts.len()),
        delivered: Some(count(attempts.iter().filter(arrived).count())),
        checks: None,
        cost: total.and_then(|total| Money::charge(&total, Currency::USD)).into_iter().collect(),
    })
}
