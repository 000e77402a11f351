//! [`TwilioVerification`]: codes that Twilio makes, sends and checks.

use std::collections::HashMap;

use async_trait::async_trait;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{channel, request, word};
use crate::{
    error::{Error, ErrorKind, Result},
    number::PhoneNumber,
    provider_id::ProviderId,
    random,
    twilio::{TWILIO, Twilio, VerifyAttempt, VerifyAttemptQuery},
    verification::{
        Challenge, ChallengeFact, ChallengeId, CheckOutcome, NumberProof, Purpose, ReportBy,
        ReportQuery, Verification, VerificationChannel, VerificationReport, VerificationRequest,
    },
};

/// Life of a verification, which Twilio's support changes on request (twilio.com/docs/verify, 2026-11-20).
const LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Verification by a service of Twilio Verify, which [`Twilio::verification`] returns.
///
/// Twilio limits sends (5 in 10 minutes) and checks (5 a code) itself. It keeps neither tenant nor purpose: the purpose
/// stands in the challenge's id, signed. A second start for a number while one waits sends the same code, so give each
/// purpose a service of its own where a code of one must not pass for another. Requests with a key, and e-mail, are
/// `Unsupported`.
#[derive(Clone, Debug)]
pub struct TwilioVerification {
    twilio: Twilio,
    service: String,
    name: Option<String>,
}

impl Twilio {
    /// Returns the verification by a service of Twilio Verify, by its SID (`VA…`).
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{http::Method, sandbox::Sandbox, twilio::{Product, Twilio, TwilioConfig}};
    /// use anysms::verification::{Verification, VerificationRequest};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// let made = twilio.request(Method::POST, Product::Verify, ["v2", "Services"]);
    /// let made: serde_json::Value = made.form("FriendlyName", "Club").send().await?.json()?;
    ///
    /// let codes = twilio.verification(made["sid"].as_str().unwrap_or_default());
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
    pub fn verification(&self, service: impl Into<String>) -> TwilioVerification {
        TwilioVerification { twilio: self.clone(), service: service.into(), name: None }
    }
}

/// The part of a verification that this crate reads.
#[derive(Deserialize)]
struct Answer {
    sid: Option<String>,
    to: Option<String>,
    status: Option<String>,
    channel: Option<String>,
    date_created: Option<String>,
}

impl TwilioVerification {
    /// Sets the name that texts have in place of the service's own: a tenant's brand.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    async fn begin(
        &self,
        number: PhoneNumber,
        over: VerificationChannel,
        locale: Option<&str>,
        purpose: &Purpose,
    ) -> Result<Challenge> {
        let mut start = request(&self.twilio, &self.service, Method::POST, &["Verifications"])
            .form("To", number.to_string())
            .form("Channel", word(over)?);
        if let Some(locale) = locale {
            start = start.form("Locale", locale);
        }
        if let Some(name) = &self.name {
            start = start.form("CustomFriendlyName", name);
        }
        let answer: Answer = start.sends().send().await?.json()?;
        let Some(sid) = &answer.sid else {
            let error = Error::unknown(ErrorKind::InvalidResponse).with_provider(TWILIO);
            return Err(error.with_detail("answer to start: the sid is missing"));
        };
        let made: Option<Timestamp> = answer.date_created.as_deref().and_then(|at| at.parse().ok());
        self.challenge(sid, purpose, over, made.unwrap_or_else(Timestamp::now))
    }

    fn challenge(
        &self,
        sid: &str,
        purpose: &Purpose,
        over: VerificationChannel,
        made: Timestamp,
    ) -> Result<Challenge> {
        Ok(Challenge {
            id: self.twilio.inner().ids.id(sid, purpose)?,
            channel: over,
            expires_at: made.checked_add(LIFE).ok(),
            resend_at: None,
            code_length: None,
        })
    }

    /// Returns Twilio's own id and the purpose; an id of something else is of a verification that there is not.
    fn own<'a>(&self, id: &'a ChallengeId) -> Option<(&'a str, Purpose)> {
        self.twilio.inner().ids.read(id)
    }
}

#[async_trait]
impl Verification for TwilioVerification {
    fn authority(&self) -> ProviderId {
        TWILIO
    }

    async fn start(&self, request: &VerificationRequest) -> Result<Challenge> {
        word(request.channel)?;
        if request.key.is_some() {
            let rule = "key: Twilio Verify has none; keep the challenge's id, and start once";
            return Err(Error::unsupported(TWILIO, rule));
        }
        if request.silent {
            let sid = format!("VE{:032x}", random::uuid().as_u128());
            return self.challenge(&sid, &request.purpose, request.channel, Timestamp::now());
        }
        self.begin(request.number, request.channel, request.locale.as_deref(), &request.purpose)
            .await
    }

    async fn resend(
        &self,
        id: &ChallengeId,
        over: Option<VerificationChannel>,
    ) -> Result<Challenge> {
        let unknown = || {
            let error = Error::not_sent(ErrorKind::NotFound).with_provider(TWILIO);
            error.with_detail("challenge: is over or not known; start a new one")
        };
        let (sid, purpose) = self.own(id).ok_or_else(unknown)?;
        let fetch = request(&self.twilio, &self.service, Method::GET, &["Verifications", sid]);
        let found: Answer = match fetch.send().await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(unknown()),
            found => found?.json()?,
        };
        let number = found.to.as_deref().and_then(|to| to.parse().ok()).ok_or_else(unknown)?;
        let last = found.channel.as_deref().map_or(VerificationChannel::Sms, channel);
        self.begin(number, over.unwrap_or(last), None, &purpose).await
    }

    async fn check(&self, id: &ChallengeId, code: &str) -> Result<CheckOutcome> {
        let Some((sid, purpose)) = self.own(id) else { return Ok(CheckOutcome::Wrong) };
        let code = crate::verification::typed(code);
        let plain = (4..=10).contains(&code.len()) && code.bytes().all(|c| c.is_ascii_digit());
        if !plain {
            return Ok(CheckOutcome::Wrong); // Twilio answers 400 to what is no code
        }
        let check = request(&self.twilio, &self.service, Method::POST, &["VerificationCheck"])
            .form("VerificationSid", sid)
            .form("Code", code);
        let answer: Answer = match check.send().await {
            Ok(answer) => answer.json()?,
            // It was approved before, is expired, canceled, or was checked too often: 20404 and 60202.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(CheckOutcome::Wrong),
            Err(error) if error.code() == Some("60202") => return Ok(CheckOutcome::Wrong),
            Err(error) => return Err(error),
        };
        let number = answer.to.as_deref().and_then(|to| to.parse().ok());
        match number.filter(|_| answer.status.as_deref() == Some("approved")) {
            Some(number) => Ok(CheckOutcome::Approved(NumberProof {
                id: id.clone(),
                number,
                purpose,
                tenant: None,
                email: None,
                at: Timestamp::now(),
            })),
            None => Ok(CheckOutcome::Wrong),
        }
    }

    async fn cancel(&self, id: &ChallengeId) -> Result<()> {
        let Some((sid, _)) = self.own(id) else { return Ok(()) };
        let update = request(&self.twilio, &self.service, Method::POST, &["Verifications", sid]);
        match update.form("Status", "canceled").send().await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            ended => ended.map(drop),
        }
    }

    /// Counts by Twilio's attempts: what was sent, delivered, approved and paid. Checks it does not tell.
    async fn report(&self, query: &ReportQuery) -> Result<VerificationReport> {
        if query.tenant.is_some() || query.by.contains(&ReportBy::Tenant) {
            let rule = "report: Twilio Verify knows no tenants; give each tenant a service";
            return Err(Error::unsupported(TWILIO, rule));
        }
        let wanted = VerifyAttemptQuery {
            since: Some(query.from),
            until: Some(query.to),
            country: query.country,
            service: Some(self.service.clone()),
            ..VerifyAttemptQuery::default()
        };
        let mut facts = HashMap::new();
        for attempt in self.twilio.verify_attempts(&wanted).await? {
            count(&mut facts, &attempt);
        }
        let facts = facts.into_values().filter(|fact| query.matches(fact));
        Ok(VerificationReport::of(query, facts))
    }
}

/// Counts an attempt for its verification.
fn count(facts: &mut HashMap<String, ChallengeFact>, attempt: &VerifyAttempt) {
    let (Some(verification), Some(at)) = (&attempt.verification, attempt.created_at) else {
        return;
    };
    let to: Option<PhoneNumber> = attempt.to.as_ref().and_then(|to| to.parse().ok());
    let fact = facts.entry(verification.clone()).or_insert_with(|| ChallengeFact {
        tenant: None,
        country: attempt.country,
        range: to.map(|to| (to.digits() / 10_000).to_string()),
        channel: channel(attempt.channel.as_deref().unwrap_or_default()),
        started_at: at,
        approved_at: None,
        sent: 0,
        delivered: None,
        checks: None,
        cost: Vec::new(),
    });
    fact.sent += 1;
    fact.started_at = fact.started_at.min(at);
    if let Some(status) = &attempt.status {
        let arrived = u32::from(status.eq_ignore_ascii_case("delivered"));
        fact.delivered = Some(fact.delivered.unwrap_or(0) + arrived);
    }
    if attempt.converted == Some(true) {
        fact.approved_at = Some(attempt.updated_at.unwrap_or(at));
    }
    fact.cost.extend(attempt.price);
}
