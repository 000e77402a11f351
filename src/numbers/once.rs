//! [`once`]: does a thing that a provider has no idempotency key for, once, over a log of intents.

use async_trait::async_trait;

use crate::{
    error::{Error, Outcome, Result},
    intent::{Intent, IntentLog},
};

/// Thing to do at a provider, and how to look whether it is done.
#[async_trait]
pub(super) trait Deed: Send + Sync {
    /// Result of it.
    type Thing: Send;

    /// Returns the provider's id of a result.
    fn id(thing: &Self::Thing) -> String;

    /// Looks for the result at the provider; `None` if there is none.
    async fn look(&self) -> Result<Option<Self::Thing>>;

    /// Does it.
    async fn act(&self) -> Result<Self::Thing>;
}

/// Does it unless it is done: writes the intent, looks if there was one (or always, where `look_first` says so),
/// acts, and notes the result. What fails without proof is looked for; if it is not found, the intent stays open.
pub(super) async fn once<D: Deed>(
    log: &dyn IntentLog,
    intent: &Intent,
    deed: &D,
    look_first: bool,
) -> Result<D::Thing> {
    let known = log.begin(intent).await?;
    let is_open = |known: &Option<Intent>| matches!(known, Some(Intent { done: None, .. }));
    let mut was_open = is_open(&known);
    if known.is_some() || look_first {
        match deed.look().await {
            Ok(Some(thing)) => return note::<D>(log, intent, thing).await,
            Ok(None) => {}
            Err(error) if was_open => return Err(error.with_outcome(Outcome::Unknown)),
            Err(error) => {
                if known.is_none() {
                    withdraw(log, intent).await;
                }
                return Err(error);
            }
        }
    }
    if known.as_ref().is_some_and(|known| known.done.is_some()) {
        // It was undone since. Nothing is on its way, as the last one ended.
        log.withdraw(intent).await?;
        was_open = is_open(&log.begin(intent).await?);
    }
    let error = match deed.act().await {
        Ok(thing) => return note::<D>(log, intent, thing).await,
        Err(error) => error,
    };
    let proved = error.outcome() == Outcome::NotSent;
    // What was refused here, before any request, says nothing of the provider.
    let looked = match proved && !was_open && error.status().is_none() {
        true => Ok(None),
        false => deed.look().await,
    };
    match looked {
        Ok(Some(thing)) => return note::<D>(log, intent, thing).await,
        // An earlier try that is open stays unproved, whatever this one proves of itself.
        _ if proved && !was_open => withdraw(log, intent).await,
        _ => {}
    }
    Err(error)
}

/// Notes that a thing is done.
pub(super) async fn note<D: Deed>(
    log: &dyn IntentLog,
    intent: &Intent,
    thing: D::Thing,
) -> Result<D::Thing> {
    let unnoted = |error: Error| {
        let rule =
            "intents: it is done, but the log cannot note it; call recover once it can be written";
        Err(error.with_outcome(Outcome::Unknown).with_detail(rule))
    };
    match log.finish(intent, &D::id(&thing)).await {
        Ok(()) => Ok(thing),
        Err(error) => unnoted(error),
    }
}

/// Takes an intent away that led to nothing, unless another process has done it meanwhile. One that cannot be
/// taken away stays open, and the next try looks first.
async fn withdraw(log: &dyn IntentLog, intent: &Intent) {
    if let Ok(Some(Intent { done: None, .. })) = log.find(intent).await {
        let _ = log.withdraw(intent).await;
    }
}
