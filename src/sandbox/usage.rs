//! [`Usage`]: what the accounts of a sandbox used, by category and day, and what it cost.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::account_id::AccountId;

/// Amount of one category that an account used on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Used {
    /// Account.
    pub account: AccountId,
    /// Category, by the vendor's name.
    pub category: String,
    /// Day, in UTC.
    pub day: Date,
    /// Number of things: messages, numbers, lookups.
    pub count: u64,
    /// Number of units that are paid for, such as segments.
    pub units: u64,
    /// Price of all, in US dollars.
    pub price: Decimal,
}

/// The usage of all accounts.
#[derive(Debug, Default)]
pub(super) struct Usage(Mutex<BTreeMap<(AccountId, String, Date), Used>>);

impl Usage {
    pub(super) fn add(&self, used: Used) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (used.account.clone(), used.category.clone(), used.day);
        match all.get_mut(&key) {
            Some(sum) => {
                sum.count += used.count;
                sum.units += used.units;
                sum.price += used.price;
            }
            None => drop(all.insert(key, used)),
        }
    }

    pub(super) fn all(&self) -> Vec<Used> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().cloned().collect()
    }
}
