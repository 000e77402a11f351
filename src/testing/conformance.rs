//! The contract of `SmsProvider` as a suite that any provider can run.
//!
//! Which cases run follows from the provider's `Capabilities`: what a provider says it can do must
//! work, and what it says it cannot must be refused honestly.
//!
//! ```
//! # async fn example(provider: impl anysms::SmsProvider) -> Result<(), Box<dyn std::error::Error>> {
//! use anysms::testing::conformance::{self, Setup};
//!
//! let setup = Setup::new("+15555550100".parse()?, "+447700900123".parse()?);
//! conformance::run(&provider, &setup).await.assert();
//! # Ok(())
//! # }
//! ```

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    error::{Error, ErrorKind, Outcome},
    message::{Message, MessageId, MessageStatus, Query, Receipt, Sender},
    number::PhoneNumber,
    provider::{AccountState, SmsProvider, SmsProviderExt},
    provider_id::ProviderId,
};

/// Counts the submissions that a provider's far side has taken so far.
pub type Count = Arc<dyn Fn() -> usize + Send + Sync>;

/// Facts about a provider under test that the suite needs.
///
/// The provider must be a test double, a sandbox or an account of test credentials: the suite sends.
#[derive(Clone)]
#[non_exhaustive]
pub struct Setup {
    /// A sender that the provider accepts.
    pub sender: Sender,
    /// A recipient that the provider accepts.
    pub to: PhoneNumber,
    /// A recipient that the provider refuses at once, if there is one.
    pub refused: Option<PhoneNumber>,
    /// A pool to schedule from, for providers that schedule only from one.
    pub pool: Option<Sender>,
    /// Texts that must not appear in the provider's `Debug`: its token, its secret.
    pub secrets: Vec<String>,
    /// Counts submissions, if they can be counted.
    pub submissions: Option<Count>,
}

impl Setup {
    /// Creates a setup with a sender and a recipient that the provider accepts.
    #[must_use]
    pub fn new(sender: Sender, to: PhoneNumber) -> Self {
        Self { sender, to, refused: None, pool: None, secrets: Vec::new(), submissions: None }
    }

    fn message(&self, text: &str) -> Message {
        Message::new(self.to, text).with_sender(self.sender.clone())
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("sender", &self.sender).finish_non_exhaustive()
    }
}

/// Result of each case, by name.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The cases that hold.
    pub passed: Vec<&'static str>,
    /// The cases that the setup does not allow, with the reason.
    pub skipped: Vec<(&'static str, &'static str)>,
    /// The cases that do not hold, with what was seen instead.
    pub failed: Vec<(&'static str, String)>,
}

impl Report {
    /// Holds the test to the contract.
    ///
    /// # Panics
    /// If a case failed, with all that did.
    pub fn assert(&self) {
        assert!(self.failed.is_empty(), "the contract is broken: {:#?}", self.failed);
    }

    fn note(&mut self, case: &'static str, verdict: Verdict) {
        match verdict {
            Ok(()) => self.passed.push(case),
            Err(Miss::Skip(reason)) => self.skipped.push((case, reason)),
            Err(Miss::Fail(seen)) => self.failed.push((case, seen)),
        }
    }
}

/// Reason why a case did not hold, or did not run.
enum Miss {
    Skip(&'static str),
    Fail(String),
}

type Verdict = Result<(), Miss>;

/// Runs every case that the provider's capabilities call for.
pub async fn run<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Report {
    let mut report = Report::default();
    report.note("debug shows no secret", debug_shows_no_secret(provider, setup));
    report.note("an empty message is not sent", empty_message(provider, setup).await);
    report.note("a refused recipient is not failed over", refused(provider, setup).await);
    report.note("one call is one submission", one_submission(provider, setup).await);
    report.note("each submission has its own id", own_ids(provider, setup).await);
    report.note("a receipt names provider and key", receipt(provider, setup).await);
    report.note("what was sent can be fetched", fetched(provider, setup).await);
    report.note("an unknown id is not found", unknown_id(provider).await);
    report.note("another provider's id is refused", foreign_id(provider).await);
    report.note("what was sent is listed once", listed(provider, setup).await);
    report.note("a cursor of elsewhere is refused", foreign_cursor(provider).await);
    report.note("a scheduled message can be cancelled", cancelled(provider, setup).await);
    report.note("the account is alive", account(provider).await);
    report
}

fn debug_shows_no_secret<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Verdict {
    let shown = format!("{provider:?} {provider:#?}");
    check(!setup.secrets.iter().any(|secret| shown.contains(secret)), || "a secret is shown".into())
}

async fn empty_message<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Verdict {
    refuses(provider.send(&setup.message("")).await, ErrorKind::InvalidContent)
}

async fn refused<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Verdict {
    let refused = setup.refused.ok_or(Miss::Skip("no recipient that is refused is known"))?;
    let message = Message::new(refused, "refused").with_sender(setup.sender.clone());
    match provider.send(&message).await {
        Err(error) if error.outcome() == Outcome::NotSent && !error.may_fail_over() => Ok(()),
        other => Err(Miss::Fail(format!("{other:?}"))),
    }
}

async fn one_submission<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Verdict {
    let count = setup.submissions.as_ref().ok_or(Miss::Skip("submissions are not counted"))?;
    let before = count();
    send(provider, &setup.message("once")).await?;
    let made = count() - before;
    check(made == 1, || format!("{made} submissions"))
}

async fn own_ids<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Verdict {
    let first = send(provider, &setup.message("one")).await?.id;
    let second = send(provider, &setup.message("two")).await?.id;
    check(first.is_some() && first != second, || format!("{first:?} and {second:?}"))
}

async fn receipt<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Verdict {
    let message = setup.message("receipt");
    let receipt = send(provider, &message).await?;
    let round_trip = receipt.id.as_ref().map(|id| id.to_string().parse::<MessageId>());
    let id = receipt.id.clone().ok_or_else(|| Miss::Fail("the receipt has no id".into()))?;
    check(
        receipt.provider == provider.id()
            && *id.provider() == provider.id()
            && round_trip == Some(Ok(id))
            && receipt.key == *message.key()
            && !receipt.status.is_failure()
            && receipt.status != MessageStatus::Delivered,
        || format!("{receipt:?}"),
    )
}

async fn fetched<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Verdict {
    let id = sent_id(provider, &setup.message("fetch")).await?;
    let record = provider.fetch(&id).await;
    if !provider.capabilities().fetch {
        return refuses(record, ErrorKind::Unsupported);
    }
    let record = ok(record)?;
    let to = record.to.as_ref().and_then(|to| to.number());
    check(record.id == id && to.is_none_or(|to| to == setup.to), || format!("{record:?}"))
}

async fn unknown_id<P: SmsProvider + ?Sized>(provider: &P) -> Verdict {
    let id = MessageId::new(provider.id(), "00000000-0000-4000-8000-000000000000");
    let id = id.map_err(|error| Miss::Fail(error.to_string()))?;
    let kind = match provider.capabilities().fetch {
        true => ErrorKind::NotFound,
        false => ErrorKind::Unsupported,
    };
    refuses(provider.fetch(&id).await, kind)
}

async fn foreign_id<P: SmsProvider + ?Sized>(provider: &P) -> Verdict {
    if !provider.capabilities().fetch {
        return Err(Miss::Skip("the provider does not fetch"));
    }
    let foreign = MessageId::new(ProviderId::from_static("conformance"), "1");
    let id = foreign.map_err(|error| Miss::Fail(error.to_string()))?;
    refuses(provider.fetch(&id).await, ErrorKind::InvalidRequest)
}

async fn listed<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Verdict {
    let query = Query::new().with_to(setup.to).with_page_size(1);
    if !provider.capabilities().list {
        return refuses(provider.list(&query).await, ErrorKind::Unsupported);
    }
    let first = sent_id(provider, &setup.message("list")).await?;
    let second = sent_id(provider, &setup.message("list")).await?;
    let mut ids = Vec::new();
    let mut records = provider.list_all(query);
    while let Some(record) = records.next().await {
        ids.push(ok(record)?.id);
    }
    let times = |id: &MessageId| ids.iter().filter(|known| *known == id).count();
    check((times(&first), times(&second)) == (1, 1), || format!("{ids:?}"))
}

async fn foreign_cursor<P: SmsProvider + ?Sized>(provider: &P) -> Verdict {
    if !provider.capabilities().list {
        return Err(Miss::Skip("the provider does not list"));
    }
    for cursor in ["https://example.com/steal", "//example.com/", "/elsewhere", "", "\u{0}"] {
        let query = Query::new().with_cursor(crate::message::Cursor::new(cursor));
        refuses(provider.list(&query).await, ErrorKind::InvalidRequest)?;
    }
    Ok(())
}

async fn cancelled<P: SmsProvider + ?Sized>(provider: &P, setup: &Setup) -> Verdict {
    let capabilities = provider.capabilities();
    if !capabilities.cancel {
        let id =
            MessageId::new(provider.id(), "1").map_err(|error| Miss::Fail(error.to_string()))?;
        return refuses(provider.cancel(&id).await, ErrorKind::Unsupported);
    }
    if !capabilities.schedule {
        return Err(Miss::Skip("the provider does not schedule"));
    }
    let sender = setup.pool.clone().unwrap_or_else(|| setup.sender.clone());
    let hour = Duration::from_secs(3_600);
    let message = setup.message("cancel").with_sender(sender);
    let message = message.with_send_at(jiff::Timestamp::now() + hour);
    let id = sent_id(provider, &message).await?;
    ok(provider.cancel(&id).await)?;
    let status = ok(provider.fetch(&id).await)?.status;
    check(status == MessageStatus::Canceled, || format!("{status}"))?;
    refuses(provider.cancel(&id).await, ErrorKind::Conflict)
}

async fn account<P: SmsProvider + ?Sized>(provider: &P) -> Verdict {
    let account = provider.check().await;
    if !provider.capabilities().check {
        return refuses(account, ErrorKind::Unsupported);
    }
    let account = ok(account)?;
    check(account.state == AccountState::Active, || format!("{account:?}"))
}

fn check(holds: bool, seen: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Miss::Fail(seen())) }
}

fn ok<T>(result: Result<T, Error>) -> Result<T, Miss> {
    result.map_err(|error| Miss::Fail(error.to_string()))
}

/// Checks that a result is an honest refusal: of this kind, and proved not sent.
fn refuses<T: fmt::Debug>(result: Result<T, Error>, kind: ErrorKind) -> Verdict {
    match result {
        Err(error) if error.kind() == kind && error.outcome() == Outcome::NotSent => Ok(()),
        other => Err(Miss::Fail(format!("{other:?} in place of {kind}"))),
    }
}

async fn send<P: SmsProvider + ?Sized>(provider: &P, message: &Message) -> Result<Receipt, Miss> {
    ok(provider.send(message).await)
}

async fn sent_id<P: SmsProvider + ?Sized>(
    provider: &P,
    message: &Message,
) -> Result<MessageId, Miss> {
    let id = send(provider, message).await?.id;
    id.ok_or_else(|| Miss::Fail("the receipt has no id".into()))
}
