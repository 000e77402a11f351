//! The lock of the layers: the standard library's, and `shuttle`'s where `interleavings/` tries who comes
//! first.

#[cfg(all(test, anysms_shuttle))]
pub(super) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(all(test, anysms_shuttle)))]
pub(super) use std::sync::{Mutex, MutexGuard};

use std::sync::PoisonError;

/// A poisoned lock is taken all the same: no state of the layers is half changed by a panic.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
