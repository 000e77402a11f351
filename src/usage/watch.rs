//! [`BalanceWatch`]: tells when a balance falls below a threshold, and when it is above it again.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::UsageRecords;
use crate::{
    error::{Error, ErrorKind, Result},
    message::Money,
};

/// Watch over the balance of an account. It tells each crossing of a threshold once: when the balance falls below it,
/// and when it has recovered to it, or to a margin above it.
///
/// [`check_once`](Self::check_once) asks once, from a scheduler of one's own; `run` (feature `layers`) asks at intervals.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "twilio"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::usage::{BalanceChange, BalanceWatch};
/// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
///
/// let sandbox = Sandbox::start().await?;
/// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let watch = BalanceWatch::new(twilio, ["1000000.00 USD".parse()?, "1.00 USD".parse()?]);
/// let mut watch = watch.with_margin("5.00".parse()?);
/// let crossed = watch.check_once().await?;
/// assert_eq!(crossed.len(), 1, "it has less than a million, and more than a dollar");
/// assert_eq!(crossed[0].change, BalanceChange::Fell);
/// assert!(watch.check_once().await?.is_empty(), "each crossing is told once");
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "twilio")))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct BalanceWatch {
    source: Arc<dyn UsageRecords>,
    /// Thresholds, highest first, each `true` once the balance fell below it.
    thresholds: Vec<(Money, bool)>,
    margin: Decimal,
}

/// Crossing of a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BalanceCrossing {
    /// Threshold.
    pub threshold: Money,
    /// Balance that was found.
    pub balance: Money,
    /// Direction.
    pub change: BalanceChange,
    /// Time of the answer.
    pub at: Timestamp,
}

/// Direction in which a balance crossed a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BalanceChange {
    /// Below the threshold now.
    Fell,
    /// At the threshold again, or the margin above it.
    Recovered,
}

impl BalanceWatch {
    /// Watches the balance of an account. A balance that is below a threshold at first is told as a fall.
    #[must_use]
    pub fn new(
        source: impl UsageRecords + 'static,
        thresholds: impl IntoIterator<Item = Money>,
    ) -> Self {
        let mut thresholds: Vec<_> = thresholds.into_iter().map(|at| (at, false)).collect();
        thresholds.sort_by_key(|(threshold, _)| std::cmp::Reverse(threshold.amount));
        Self { source: Arc::new(source), thresholds, margin: Decimal::ZERO }
    }

    /// Sets how far above a threshold the balance has to rise before it has recovered, so that one that goes up and
    /// down around it is not told over and over. The sign is ignored.
    #[must_use]
    pub fn with_margin(mut self, margin: Decimal) -> Self {
        self.margin = margin.abs();
        self
    }

    /// Asks for the balance and returns the thresholds that it crossed since the last call: falls from the highest
    /// threshold down, recoveries from the lowest up.
    ///
    /// # Errors
    /// `Unsupported` for an account without a balance of its own; `InvalidRequest` if a threshold is in another
    /// currency; else those of [`balance`](UsageRecords::balance). Nothing counts as crossed then.
    pub async fn check_once(&mut self) -> Result<Vec<BalanceCrossing>> {
        let answer = self.source.balance().await?;
        let provider = self.source.usage_provider();
        let Some(balance) = answer.amount else {
            let rule = "balance: a subaccount has none of its own; watch its main account";
            return Err(Error::unsupported(provider, rule).without_message());
        };
        if self.thresholds.iter().any(|(at, _)| at.currency != balance.currency) {
            let rule = format!("threshold: must be in {}, as the balance is", balance.currency);
            let error = Error::not_sent(ErrorKind::InvalidRequest).with_provider(provider);
            return Err(error.with_detail(rule).without_message());
        }
        let (mut fell, mut recovered) = (Vec::new(), Vec::new());
        for (threshold, below) in &mut self.thresholds {
            let crossing =
                |change| BalanceCrossing { threshold: *threshold, balance, change, at: answer.at };
            if !*below && balance.amount < threshold.amount {
                *below = true;
                fell.push(crossing(BalanceChange::Fell));
            } else if *below && balance.amount >= threshold.amount.saturating_add(self.margin) {
                *below = false;
                recovered.push(crossing(BalanceChange::Recovered));
            }
        }
        recovered.reverse();
        fell.append(&mut recovered);
        Ok(fell)
    }

    /// Asks at once and then at intervals, and calls `on` once for each crossing, and for each question that failed.
    /// Runs until it is dropped: give it to a task, or to `select!`.
    ///
    /// ```
    /// # async fn example(twilio: impl anysms::usage::UsageRecords + 'static) -> anysms::Result<()> {
    /// use std::time::Duration;
    ///
    /// use anysms::usage::BalanceWatch;
    ///
    /// let watch = BalanceWatch::new(twilio, ["20.00 USD".parse().expect("an amount")]);
    /// tokio::spawn(watch.run(Duration::from_secs(300), |crossing| match crossing {
    ///     Ok(crossing) => println!("{:?} at {}", crossing.change, crossing.balance),
    ///     Err(error) => eprintln!("balance: {error}"),
    /// }));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// `Unsupported` and `InvalidRequest`, which no further question would change; they end it.
    #[cfg(feature = "layers")]
    pub async fn run(
        mut self,
        every: std::time::Duration,
        mut on: impl FnMut(Result<BalanceCrossing>) + Send,
    ) -> Result<()> {
        let mut ticks = tokio::time::interval(every.max(std::time::Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.check_once().await {
                Ok(crossed) => crossed.into_iter().for_each(|crossing| on(Ok(crossing))),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::Unsupported | ErrorKind::InvalidRequest
                    ) =>
                {
                    return Err(error);
                }
                Err(error) => on(Err(error)),
            }
        }
    }
}

impl fmt::Debug for BalanceWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thresholds: Vec<Money> = self.thresholds.iter().map(|(at, _)| *at).collect();
        f.debug_struct("BalanceWatch")
            .field("source", &self.source)
            .field("thresholds", &thresholds)
            .field("margin", &self.margin)
            .finish()
    }
}
