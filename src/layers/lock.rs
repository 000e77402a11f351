//! Mutex of the layers: the standard library's, or `shuttle`'s in `interleavings/`, which tests thread
//! schedules.

#[cfg(all(test, anysms_shuttle))]
pub(super) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(all(test, anysms_shuttle)))]
pub(super) use std::sync::{Mutex, MutexGuard};

use std::sync::PoisonError;

/// Locks a mutex, also a poisoned one: no layer leaves its state half changed when it panics.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
