//! [`Otp`]: codes of our own, over any provider.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{
    Challenge, ChallengeAnswer, ChallengeChange, ChallengeId, ChallengeRow, ChallengeState,
    ChallengeStore, CheckOutcome, CodeChannel, CodeDelivery, CodeKeys, CodePolicy, CodeText,
    NumberProof, ReportQuery, SendState, TallyKey, Verification, VerificationChannel,
    VerificationReport, VerificationRequest,
    alarm::{Alarm, Alarms},
    challenge::{id_of, own},
    change::{Change, Mark, resend_at},
    channel::{Sms, missing},
    typed::{same, typed},
};
use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    message::{MessageKey, TenantId},
    provider::SmsProvider,
    provider_id::ProviderId,
    random,
};

const OTP: ProviderId = ProviderId::from_static("otp");

/// Verification by codes of our own. No code is stored: each is derived from a key and the id of its challenge.
///
/// A challenge and its send are written before anything is sent. A process that dies between the two leaves a send that
/// [`recover`](Self::recover) makes, once, with the same code; one that dies while a channel is asked leaves a send
/// that nobody repeats, as it may have been made. Give it a provider that is recorded in a message store, and reports
/// know deliveries and costs.
///
/// The example of [`Verification`] shows a whole sign-in.
pub struct Otp {
    keys: CodeKeys,
    store: Arc<dyn ChallengeStore>,
    text: CodeText,
    policy: Arc<CodePolicy>,
    channels: Vec<Arc<dyn CodeChannel>>,
    fallback: Vec<VerificationChannel>,
    alarms: Alarms,
}

impl Otp {
    /// Creates codes that go out as SMS by a provider.
    #[must_use]
    pub fn new(
        provider: impl SmsProvider + 'static,
        keys: CodeKeys,
        store: impl ChallengeStore + 'static,
        text: CodeText,
    ) -> Self {
        Self {
            keys,
            store: Arc::new(store),
            text,
            policy: Arc::default(),
            channels: vec![Arc::new(Sms(provider))],
            fallback: Vec::new(),
            alarms: Alarms::default(),
        }
    }

    /// Sets figures and limits.
    #[must_use]
    pub fn with_policy(mut self, policy: CodePolicy) -> Self {
        self.policy = Arc::new(policy);
        self
    }

    /// Adds a channel, in place of one of the same name.
    #[must_use]
    pub fn with_channel(mut self, channel: impl CodeChannel + 'static) -> Self {
        self.channels.retain(|known| known.channel() != channel.channel());
        self.channels.push(Arc::new(channel));
        self
    }

    /// Sets the channels that are tried one after the other where the one that was asked for proved not to send.
    ///
    /// ```
    /// use anysms::verification::{CodeChannel, Otp, VerificationChannel};
    ///
    /// fn with_mail(codes: Otp, mail: impl CodeChannel + 'static) -> Otp {
    ///     codes.with_channel(mail).with_fallback([VerificationChannel::Email])
    /// }
    /// ```
    #[must_use]
    pub fn with_fallback(
        mut self,
        channels: impl IntoIterator<Item = VerificationChannel>,
    ) -> Self {
        self.fallback = channels.into_iter().collect();
        self
    }

    /// Calls a function when a gate finds too few approvals. It is called while a request waits: it must not block.
    #[must_use]
    pub fn on_alarm(mut self, call: impl Fn(&Alarm) + Send + Sync + 'static) -> Self {
        self.alarms = Alarms::new(call);
        self
    }

    /// Makes sends that a process left behind when it died, and returns how many were made. Call it at the start of a
    /// program and every minute: it takes what has been due for half a minute, from any process of the store.
    ///
    /// # Errors
    /// If the store cannot be read or written. A send that fails is written down, and is no error here.
    pub async fn recover(&self) -> Result<u64> {
        let mut made = 0;
        loop {
            let due = self.store.due(self.store.now() - SignedDuration::from_secs(30), 100).await?;
            let all = due.len();
            for (row, send) in due {
                let over =
                    row.state != ChallengeState::Pending || row.expires_at <= self.store.now();
                if over {
                    let (to, error) = (SendState::Failed, Some(ErrorKind::Expired));
                    self.mark(&row, send.number, SendState::Due, to, send.channel, None, error)
                        .await?;
                } else if let Some(Ok(_)) = self.deliver(&row, send.number, SendState::Due).await? {
                    made += 1;
                }
            }
            if all < 100 {
                return Ok(made);
            }
        }
    }

    fn channel(&self, wanted: VerificationChannel) -> Option<&Arc<dyn CodeChannel>> {
        self.channels.iter().find(|channel| channel.channel() == wanted)
    }

    async fn run(&self, change: Change) -> Result<ChallengeAnswer> {
        self.store.change(&ChallengeChange(change)).await
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a row")]
    async fn mark(
        &self,
        row: &ChallengeRow,
        number: u16,
        from: SendState,
        to: SendState,
        channel: VerificationChannel,
        remote: Option<String>,
        error: Option<ErrorKind>,
    ) -> Result<Option<ChallengeRow>> {
        let mark = Mark { id: row.id, number, from, to, channel, remote, error };
        Ok(match self.run(Change::Mark(mark)).await? {
            ChallengeAnswer::Done(row) => row.map(|row| *row),
            _ => None,
        })
    }

    /// Makes a send that is in this state: the row after it, or why it was not made; `None` if another was first.
    async fn deliver(
        &self,
        row: &ChallengeRow,
        number: u16,
        state: SendState,
    ) -> Result<Option<Result<ChallengeRow>>> {
        let sending = SendState::Sending;
        if self.mark(row, number, state, sending, row.channel, None, None).await?.is_none() {
            return Ok(None);
        }
        let mut failed = missing(row.channel);
        let fallback = self.fallback.iter().copied().filter(|channel| *channel != row.channel);
        let mut last = row.channel;
        for name in std::iter::once(row.channel).chain(fallback) {
            let Some(channel) = self.channel(name) else { continue };
            let Some(delivery) = self.delivery(row, number) else {
                failed = Error::not_sent(ErrorKind::Config).with_detail(
                    "code keys: the key of this challenge is gone; keep it as a previous one",
                );
                break;
            };
            if name != row.channel {
                self.mark(row, number, sending, sending, name, None, None).await?;
            }
            last = name;
            match channel.deliver(&delivery).await {
                Ok(remote) => {
                    let accepted = SendState::Accepted;
                    let after =
                        self.mark(row, number, sending, accepted, name, remote, None).await?;
                    return Ok(Some(Ok(after.unwrap_or_else(|| row.clone()))));
                }
                Err(error) => failed = error,
            }
            if failed.outcome() != Outcome::NotSent {
                break;
            }
        }
        let to = match failed.outcome() {
            Outcome::NotSent => SendState::Failed,
            _ => SendState::Unconfirmed,
        };
        self.mark(row, number, sending, to, last, None, Some(failed.kind())).await?;
        Ok(Some(Err(failed)))
    }

    fn delivery(&self, row: &ChallengeRow, number: u16) -> Option<CodeDelivery> {
        let code = self.keys.code(row)?;
        let locale = self.text.locale(row.locale.as_deref().unwrap_or_default());
        let minutes = self.policy.life.as_secs().div_ceil(60); // the same each time: so is the text
        let text = self.text.write(&code, locale, minutes);
        let key = format!("otp:{:032x}:{number}", row.id);
        Some(CodeDelivery {
            number: row.number,
            email: row.email.clone(),
            code: code.into(),
            text: text.into(),
            locale: locale.to_owned(),
            tenant: row.tenant.clone(),
            key: key.parse().unwrap_or_else(|_| MessageKey::random()), // it always is a key
        })
    }

    fn challenge(&self, row: &ChallengeRow) -> Challenge {
        Challenge {
            id: id_of(row),
            channel: row.channel,
            expires_at: Some(row.expires_at),
            resend_at: resend_at(row, &self.policy),
            code_length: Some(row.length),
        }
    }

    /// Makes the send of a challenge that was admitted, unless it is a silent one.
    async fn admitted(&self, row: ChallengeRow, alarms: &[TallyKey]) -> Result<Challenge> {
        self.alarms.raise(alarms);
        if row.silent {
            return Ok(self.challenge(&row));
        }
        match self.deliver(&row, row.sends, SendState::Due).await? {
            Some(after) => after.map(|row| self.challenge(&row)),
            None => Ok(self.challenge(&row)),
        }
    }

    /// Answers a request that was made before: its send is made if it was not.
    async fn known(&self, row: ChallengeRow, request: &VerificationRequest) -> Result<Challenge> {
        if row.number != request.number || row.purpose != request.purpose {
            let rule = "key: was used for another number or purpose; give each request its own";
            return Err(Error::not_sent(ErrorKind::Conflict).with_detail(rule));
        }
        for state in [SendState::Due, SendState::Failed] {
            if row.silent || row.sends > 1 {
                break;
            }
            if let Some(after) = self.deliver(&row, 1, state).await? {
                return after.map(|row| self.challenge(&row));
            }
        }
        Ok(self.challenge(&row))
    }
}

#[async_trait]
impl Verification for Otp {
    fn authority(&self) -> ProviderId {
        OTP
    }

    async fn start(&self, request: &VerificationRequest) -> Result<Challenge> {
        self.policy.admits(request.number)?;
        if self.channel(request.channel).is_none() {
            return Err(missing(request.channel));
        }
        let tenant = request.tenant.as_ref().map_or("", TenantId::as_str);
        let ids: Vec<u128> = match &request.key {
            Some(key) => self.keys.ids(&format!("key {}/{tenant}/{key}", tenant.len())).collect(),
            None => self.keys.ids(&format!("new {}", random::uuid())).take(1).collect(),
        };
        let id = ids.first().copied().unwrap_or_default(); // there is a key, and an id for it
        let (key, length, now) = (self.keys.id(), self.policy.length, self.store.now());
        let row = Box::new(ChallengeRow::new(request, id, key, length, now));
        let (client, policy) = (request.client, self.policy.clone());
        match self.run(Change::Admit { row, ids, client, policy }).await? {
            ChallengeAnswer::Admitted(row, alarms) => self.admitted(*row, &alarms).await,
            ChallengeAnswer::Known(row) => self.known(*row, request).await,
            ChallengeAnswer::Refused(refused, alarms) => {
                self.alarms.raise(&alarms);
                Err(refused.into_error())
            }
            _ => Err(strange()),
        }
    }

    async fn resend(
        &self,
        id: &ChallengeId,
        channel: Option<VerificationChannel>,
    ) -> Result<Challenge> {
        if let Some(wanted) = channel.filter(|wanted| self.channel(*wanted).is_none()) {
            return Err(missing(wanted));
        }
        let (id, policy) = (own(id), self.policy.clone());
        match self.run(Change::Resend { id, channel, policy }).await? {
            ChallengeAnswer::Admitted(row, alarms) => self.admitted(*row, &alarms).await,
            ChallengeAnswer::Refused(refused, alarms) => {
                self.alarms.raise(&alarms);
                Err(refused.into_error())
            }
            ChallengeAnswer::Over => {
                let rule = "challenge: is over or not known; start a new one";
                Err(Error::not_sent(ErrorKind::NotFound).with_detail(rule))
            }
            _ => Err(strange()),
        }
    }

    async fn check(&self, id: &ChallengeId, code: &str) -> Result<CheckOutcome> {
        let (typed, policy) = (typed(code), self.policy.clone());
        // A code is derived and compared whether the try counts or not: the time of an answer tells nothing.
        let (row, check) = match self.run(Change::Try { id: own(id), policy }).await? {
            ChallengeAnswer::Counted(row, check) => (row, Some(check)),
            ChallengeAnswer::Late(row) => (row, None),
            ChallengeAnswer::Refused(refused, _) => return Err(refused.into_error()),
            _ => return Err(strange()),
        };
        let (code, known) = self.keys.code_or_any(&row);
        let right = same(&typed, &code) && known;
        let Some(check) = check.filter(|_| right) else {
            return Ok(CheckOutcome::Wrong);
        };
        let (id, policy) = (row.id, self.policy.clone());
        let ChallengeAnswer::Done(Some(row)) =
            self.run(Change::Approve { id, check, policy }).await?
        else {
            return Ok(CheckOutcome::Wrong); // another was first
        };
        if let (Some(remote), Some(channel)) = (&row.remote, self.channel(row.channel)) {
            let _ = channel.approved(remote).await; // the approval stands
        }
        Ok(CheckOutcome::Approved(NumberProof {
            id: id_of(&row),
            number: row.number,
            purpose: row.purpose.clone(),
            tenant: row.tenant.clone(),
            email: row.email.clone().filter(|_| row.emailed),
            at: row.settled_at.unwrap_or_else(Timestamp::now),
        }))
    }

    async fn cancel(&self, id: &ChallengeId) -> Result<()> {
        self.run(Change::Cancel { id: own(id) }).await.map(drop)
    }

    async fn report(&self, query: &ReportQuery) -> Result<VerificationReport> {
        Ok(VerificationReport::of(query, self.store.facts(query).await?))
    }
}

/// Returns the error for an answer that a store gave to another change.
fn strange() -> Error {
    Error::not_sent(ErrorKind::Other)
        .with_detail("challenge store: the answer is of another change")
}

impl fmt::Debug for Otp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otp")
            .field("keys", &self.keys)
            .field("store", &self.store)
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}
