//! [`NumberBuyer`]: buys each number once, and releases what nobody waits for.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::once::{Deed, note, once};
use crate::{
    error::{Error, ErrorKind, Outcome, Result},
    intent::{Intent, IntentLog},
    number::PhoneNumber,
    numbers::{NumberQuery, Numbers, OwnedNumber, Purchase, Release, ReleaseCheck},
};

/// Beginning of a purchase's intent; the number follows.
const PURCHASE: &str = "buy:";

/// Time before a release in which messages have to be final.
const UNFINISHED: SignedDuration = SignedDuration::from_hours(72);

/// Buyer of numbers over a log of intents: whatever call is cut and whenever the process ends, no number is bought
/// twice, and none is the account's without the log knowing.
///
/// A purchase writes an intent first. If one is there already, or the answer did not come, the number is looked for
/// among the account's own. Where it is not found the error's outcome stays unknown and the intent open; the next
/// [`buy`](Self::buy) or [`recover`](Self::recover) looks again. A number can be bought only once at a provider, so
/// a try after a look that found nothing is safe.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use anysms::intent::MemoryIntents;
/// use anysms::numbers::{NumberBuyer, Purchase, Release};
/// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let buyer = NumberBuyer::new(twilio, Arc::new(MemoryIntents::new())); // FileIntents outlive the process
/// let number = "+447700900123".parse()?;
/// let bought = buyer.buy(&Purchase::new(number, "2 USD".parse()?)).await?;
/// let again = buyer.buy(&Purchase::new(number, "2 USD".parse()?)).await?;
/// assert_eq!(bought.id, again.id); // it was bought once
/// buyer.release(&Release::confirm(number, "+447700900123")?).await?;
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
pub struct NumberBuyer<N> {
    numbers: N,
    intents: Arc<dyn IntentLog>,
    check: Option<Arc<dyn ReleaseCheck>>,
}

impl<N: fmt::Debug> fmt::Debug for NumberBuyer<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NumberBuyer")
            .field("numbers", &self.numbers)
            .field("intents", &self.intents)
            .field("check", &self.check.is_some())
            .finish()
    }
}

/// Purchases that had no answer, as they are found now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurchaseRecovery {
    /// Numbers that were bought. Their intents are done.
    pub bought: Vec<OwnedNumber>,
    /// Numbers that the account does not have. Their intents stay open, as a request may still be on its way;
    /// [`NumberBuyer::buy`] tries again, [`NumberBuyer::forget`] gives up.
    pub missing: Vec<PhoneNumber>,
}

struct Buying<'a, N> {
    numbers: &'a N,
    purchase: &'a Purchase,
}

#[async_trait]
impl<N: Numbers> Deed for Buying<'_, N> {
    type Thing = OwnedNumber;

    fn id(thing: &OwnedNumber) -> String {
        thing.id.clone()
    }

    async fn look(&self) -> Result<Option<OwnedNumber>> {
        own(self.numbers, self.purchase.number).await
    }

    async fn act(&self) -> Result<OwnedNumber> {
        self.numbers.buy(self.purchase).await
    }
}

/// Looks for a number among the account's own.
async fn own(numbers: &impl Numbers, number: PhoneNumber) -> Result<Option<OwnedNumber>> {
    let own = numbers.list_numbers(&NumberQuery::of(number)).await?;
    Ok(own.into_iter().find(|own| own.number == number))
}

impl<N: Numbers> NumberBuyer<N> {
    /// Puts a log of intents around an account's numbers. Several processes may share the log.
    #[must_use]
    pub fn new(numbers: N, intents: Arc<dyn IntentLog>) -> Self {
        Self { numbers, intents, check: None }
    }

    /// Asks before each release how many messages from the number, of the last 72 hours, are not final; with any
    /// it is refused.
    #[must_use]
    pub fn with_release_check(mut self, check: impl ReleaseCheck + 'static) -> Self {
        self.check = Some(Arc::new(check));
        self
    }

    /// Returns the numbers that it buys among.
    #[must_use]
    pub const fn numbers(&self) -> &N {
        &self.numbers
    }

    /// Buys exactly this number, or returns it if the account has it.
    ///
    /// # Errors
    /// Those of [`Numbers::buy`]. After a proved refusal the intent is gone; after an outcome that is unknown it
    /// stays open, and this call may be made again. `Unavailable` if the log cannot be read or written: not sent
    /// before the purchase, unknown after it.
    pub async fn buy(&self, purchase: &Purchase) -> Result<OwnedNumber> {
        let intent = self.intent(purchase.number);
        let buying = Buying { numbers: &self.numbers, purchase };
        once(&*self.intents, &intent, &buying, false).await
    }

    /// Looks for every number of this account whose purchase is open in the log.
    ///
    /// ```
    /// # use anysms::numbers::{NumberBuyer, Numbers};
    /// async fn at_start<N: Numbers>(buyer: &NumberBuyer<N>) -> anysms::Result<()> {
    ///     let recovery = buyer.recover().await?;
    ///     println!("bought: {}, missing: {}", recovery.bought.len(), recovery.missing.len());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// Those of a list of numbers, and `Unavailable` of the log; what was found before stays noted.
    pub async fn recover(&self) -> Result<PurchaseRecovery> {
        let mut recovery = PurchaseRecovery::default();
        let account = self.numbers.numbers_account();
        for intent in self.intents.open().await? {
            let number = intent.key.strip_prefix(PURCHASE).and_then(|number| number.parse().ok());
            let Some(number) = number
                .filter(|_| intent.provider == account.provider && intent.account == account.id)
            else {
                continue;
            };
            match own(&self.numbers, number).await? {
                Some(own) => {
                    let noted = note::<Buying<'_, N>>(&*self.intents, &intent, own).await?;
                    recovery.bought.push(noted);
                }
                None => recovery.missing.push(number),
            }
        }
        Ok(recovery)
    }

    /// Gives up a purchase that is open: looks for the number once more, and removes the intent if the account does
    /// not have it. Do this when no request for it can be on its way any more.
    ///
    /// # Errors
    /// `Conflict` if the account has the number, whose intent is done then; those of a list and of the log.
    pub async fn forget(&self, number: PhoneNumber) -> Result<()> {
        let intent = self.intent(number);
        if let Some(own) = own(&self.numbers, number).await? {
            note::<Buying<'_, N>>(&*self.intents, &intent, own).await?;
            let rule = "number: the account has it; release it to be rid of it";
            return Err(self.refuse(ErrorKind::Conflict, rule));
        }
        self.intents.withdraw(&intent).await
    }

    /// Gives a number back and forgets its purchase. A release whose answer did not come is looked for: a number
    /// that is gone was released, so this call may be made again.
    ///
    /// # Errors
    /// `Conflict`, not sent, if the [check](Self::with_release_check) counts messages that are not final; those of
    /// [`Numbers::release`], unless the number is gone.
    pub async fn release(&self, release: &Release) -> Result<()> {
        let number = release.number();
        let intent = self.intent(number);
        if let Some(check) = &self.check {
            let count = check.unfinished(number, Timestamp::now() - UNFINISHED).await?;
            if count > 0 {
                let rule = "number: messages from it in the last 72 hours are not final yet; wait for their reports";
                return Err(self.refuse(ErrorKind::Conflict, rule));
            }
        }
        if let Err(error) = self.numbers.release(release).await {
            let lost = error.outcome() == Outcome::Unknown;
            let gone = error.kind() == ErrorKind::NotFound
                && self.intents.find(&intent).await?.is_some_and(|known| known.done.is_some());
            let is_own =
                || async { own(&self.numbers, number).await.map_or(true, |own| own.is_some()) };
            if !(lost || gone) || is_own().await {
                return Err(error);
            }
        }
        self.intents.withdraw(&intent).await
    }

    fn intent(&self, number: PhoneNumber) -> Intent {
        let account = self.numbers.numbers_account();
        Intent::new(account.provider, account.id, format!("{PURCHASE}{number}"))
    }

    fn refuse(&self, kind: ErrorKind, rule: &'static str) -> Error {
        let provider = self.numbers.numbers_account().provider;
        Error::not_sent(kind).with_provider(provider).with_detail(rule).without_message()
    }
}
