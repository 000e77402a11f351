//! Random ids, without a system call for each: a message is named before it is sent, and asking the
//! system for randomness would cost a fiftieth of the whole send.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::SystemTime,
};

use uuid::{Builder, Uuid};

/// A random UUID (version 4): unique, and not a secret.
pub(crate) fn uuid() -> Uuid {
    Builder::from_u128(u128::from(bits()) << 64 | u128::from(bits()))
        .with_variant(uuid::Variant::RFC4122)
        .with_version(uuid::Version::Random)
        .into_uuid()
}

/// A random part of a whole: at least 0 and less than 1.
#[cfg(feature = "layers")]
pub(crate) fn part() -> f64 {
    (bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// The standard library seeds each thread's hash keys from the system and never gives the same keys
/// twice, so the hash of anything is random. The time goes in for a process that was forked, whose
/// keys go on where its parent's do.
fn bits() -> u64 {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u128(time.as_nanos());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[cfg(feature = "layers")]
    #[test]
    fn a_part_is_anything_from_0_to_1() {
        let parts: Vec<f64> = (0..10_000).map(|_| part()).collect();
        assert!(parts.iter().all(|part| (0.0..1.0).contains(part)));
        for tenth in 0..10 {
            let from = f64::from(tenth) / 10.0;
            let here = parts.iter().filter(|part| (from..from + 0.1).contains(*part)).count();
            assert!((800..1_200).contains(&here), "{from}: {here}");
        }
    }

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
