//! Random ids, without a system call for each: a message is named before it is sent, and asking the
//! system for randomness would cost a fiftieth of the whole send.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::SystemTime,
};

use uuid::{Builder, Uuid};

/// A random UUID (version 4): unique, and not a secret.
///
/// The standard library seeds each thread's hash keys from the system and never gives the same keys
/// twice, so the hash of anything is random. The time goes in for a process that was forked, whose
/// keys go on where its parent's do.
pub(crate) fn uuid() -> Uuid {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let half = || {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u128(time.as_nanos());
        hasher.finish()
    };
    Builder::from_u128(u128::from(half()) << 64 | u128::from(half()))
        .with_variant(uuid::Variant::RFC4122)
        .with_version(uuid::Version::Random)
        .into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_are_alike_on_any_thread() {
        let make = || (0..20_000).map(|_| uuid()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(make)).collect();
        let ids: Vec<Uuid> =
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 80_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 4));
        // Each of the 122 random bits is one about half of the time.
        for bit in (0..128).filter(|bit| !(62..=63).contains(bit) && !(76..=79).contains(bit)) {
            let ones = ids.iter().filter(|id| id.as_u128() >> bit & 1 == 1).count();
            assert!((38_000..42_000).contains(&ones), "bit {bit}: {ones}");
        }
    }
}
