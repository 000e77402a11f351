//! [`Fault`]: a failure that a sandbox is told to show, and [`When`].

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::number::PhoneNumber;

/// Something that goes wrong with a submission. `Sandbox::inject` says with which.
///
/// What is taken is carried, shows in `Sandbox::messages` and is delivered, whatever its sender was
/// told. A submission that the vendor would refuse is refused as ever, and the fault is used up.
///
/// Refuse the next message as a rate limit does:
///
/// ```
/// # #[cfg(feature = "twilio")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use anysms::{Message, PhoneNumber, SmsProvider, twilio::{Twilio, TwilioConfig}};
/// use anysms::sandbox::{Fault, Sandbox, When};
///
/// let (sandbox, wait) = (Sandbox::start().await?, Duration::from_secs(30));
/// sandbox.inject(When::Next(1), Fault::RefuseFor(429, wait));
/// let sms = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
/// let message = Message::new("+447700900123".parse::<PhoneNumber>()?, "Hello");
/// assert_eq!(sms.send(&message).await.unwrap_err().retry_after(), Some(wait));
/// assert!(sms.send(&message).await.is_ok());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "twilio"))]
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Not taken: an answer with this HTTP status, 300 to 599, in the vendor's words.
    Refuse(u16),
    /// Not taken: the same, and `Retry-After` asks to wait so long, in whole seconds.
    RefuseFor(u16, Duration),
    /// Not taken: the connection is closed without a byte of an answer.
    HangUp,
    /// Not taken: no answer ever comes, and the connection stays open.
    Hang,
    /// Taken, and answered with this HTTP status, 300 to 599, in the vendor's words.
    TakeAndFail(u16),
    /// Taken, and the connection is closed without a byte of an answer.
    TakeAndHangUp,
    /// Taken, and no answer ever comes; the connection stays open.
    TakeAndHang,
    /// Taken at once, and answered so much later.
    TakeSlowly(Duration),
    /// Taken, and the connection breaks in the middle of the answer's body.
    TakeAndCutShort,
    /// Taken, and answered with the right status and no body.
    TakeAndSayNothing,
    /// Taken, and answered with the right status and a page of HTML.
    TakeAndAnswerHtml,
    /// Every callback is made so many times in all, the same bytes each time.
    RepeatCallbacks(u32),
    /// The callbacks are made when the last of them is due, in reverse order.
    ReverseCallbacks,
    /// The callbacks are made when the last of them is due, in an order by chance; one seed always
    /// gives the same.
    ShuffleCallbacks(u64),
    /// Every callback is made so much later than it is due, and not before the last of them is.
    DelayCallbacks(Duration),
    /// No callback is made.
    LoseCallbacks,
    /// The answer comes when all callbacks have been made.
    CallbacksFirst,
}

/// Choice of the submissions that go wrong, or with `Sandbox::inject_at` of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum When {
    /// The next submissions, this many of them.
    Next(u32),
    /// All to this number.
    To(PhoneNumber),
    /// Every n-th submission from now on: 1 is all, 10 a tenth, 0 none.
    Every(u32),
}

/// The faults that wait for their submissions.
#[derive(Debug, Default)]
pub(super) struct Script(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    /// Part of the paths that it hits, whatever they ask for; `None` for submissions.
    path: Option<String>,
    when: When,
    fault: Fault,
    seen: u64,
}

impl Script {
    pub(super) fn add(&self, path: Option<String>, when: When, fault: Fault) {
        self.entries(|entries| entries.push(Entry { path, when, fault, seen: 0 }));
    }

    pub(super) fn all(&self) -> Vec<(Option<String>, When, Fault)> {
        let shown = |entry: &Entry| (entry.path.clone(), entry.when, entry.fault);
        self.entries(|entries| entries.iter().map(shown).collect())
    }

    pub(super) fn clear(&self) {
        self.entries(Vec::clear);
    }

    /// Returns the faults of a request to a path, and to these recipients if it submits a message: of its
    /// answer, and of its callbacks; `None` where nothing goes wrong.
    pub(super) fn next(
        &self,
        path: &str,
        to: Option<&[PhoneNumber]>,
    ) -> (Option<Fault>, Option<Fault>) {
        self.entries(|entries| {
            let (mut answer, mut callbacks) = (None, None);
            for entry in entries.iter_mut() {
                let place =
                    if entry.fault.is_of_callbacks() { &mut callbacks } else { &mut answer };
                let meant = match &entry.path {
                    Some(part) => path.contains(part.as_str()),
                    None => to.is_some(),
                };
                if !meant {
                    continue;
                }
                entry.seen += 1;
                let fits = match &mut entry.when {
                    When::Next(left) if *left > 0 && place.is_none() => {
                        *left -= 1;
                        true
                    }
                    When::Next(_) => false,
                    When::To(number) => to.is_some_and(|to| to.contains(number)),
                    When::Every(n) => entry.seen.is_multiple_of(u64::from(*n)),
                };
                if fits && place.is_none() {
                    *place = Some(entry.fault);
                }
            }
            entries.retain(|entry| entry.when != When::Next(0));
            (answer, callbacks)
        })
    }

    fn entries<T>(&self, change: impl FnOnce(&mut Vec<Entry>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Fault {
    const fn is_of_callbacks(self) -> bool {
        matches!(
            self,
            Self::RepeatCallbacks(_)
                | Self::ReverseCallbacks
                | Self::ShuffleCallbacks(_)
                | Self::DelayCallbacks(_)
                | Self::LoseCallbacks
                | Self::CallbacksFirst
        )
    }

    /// Returns whether each callback waits for the last of them.
    pub(super) const fn holds_callbacks(self) -> bool {
        matches!(self, Self::ReverseCallbacks | Self::ShuffleCallbacks(_) | Self::DelayCallbacks(_))
    }
}

/// Puts things into an order by chance that a seed decides.
pub(super) fn shuffle<T>(things: &mut [T], seed: u64) {
    let mut state = seed;
    for end in (1..things.len()).rev() {
        // SplitMix64: a good mix of any seed, 0 among them.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let place = (mixed ^ (mixed >> 31)) % (end as u64 + 1);
        things.swap(end, place as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(number: &str) -> [PhoneNumber; 1] {
        [number.parse().unwrap()]
    }

    #[test]
    fn a_submission_meets_the_first_fault_that_fits_of_each_sort() {
        let (script, other) = (Script::default(), to("+447700900123"));
        script.add(None, When::Next(2), Fault::HangUp);
        script.add(None, When::Next(1), Fault::LoseCallbacks);
        script.add(None, When::Next(1), Fault::Refuse(503));
        script.add(None, When::Every(3), Fault::Hang);
        script.add(None, When::To(to("+447700900124")[0]), Fault::TakeAndHang);
        assert_eq!(
            script.next("/", Some(&other)),
            (Some(Fault::HangUp), Some(Fault::LoseCallbacks))
        );
        assert_eq!(script.next("/", Some(&other)), (Some(Fault::HangUp), None));
        assert_eq!(
            script.next("/", Some(&other)),
            (Some(Fault::Refuse(503)), None),
            "the third, too"
        );
        assert_eq!(script.next("/", Some(&to("+447700900124"))), (Some(Fault::TakeAndHang), None));
        assert_eq!(script.next("/", Some(&other)), (None, None));
        assert_eq!(script.next("/", Some(&other)), (Some(Fault::Hang), None));
        script.add(Some("/Services".to_owned()), When::Next(1), Fault::Refuse(500));
        assert_eq!(script.next("/v2/Services/VA1", None), (Some(Fault::Refuse(500)), None));
        assert_eq!(script.next("/v2/Services/VA1", None), (None, None));
        script.clear();
        script.add(None, When::Every(0), Fault::Hang);
        assert!((0..9).all(|_| script.next("/", Some(&other)) == (None, None)));
    }

    #[test]
    fn a_seed_gives_one_order_and_seeds_give_all() {
        let order = |seed| {
            let mut things = [1, 2, 3];
            shuffle(&mut things, seed);
            things
        };
        assert!((0..99).all(|seed| order(seed) == order(seed)));
        let orders: std::collections::HashSet<_> = (0..99).map(order).collect();
        assert_eq!(orders.len(), 6);
    }
}
