//! Random ids without a system call for each. Every message gets an id before it is sent, and a call for
//! system randomness would cost 2 % of the whole send.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::SystemTime,
};

use uuid::{Builder, Uuid};

/// Returns a random UUID (version 4). Unique, but predictable: not for secrets.
pub(crate) fn uuid() -> Uuid {
    Builder::from_u128(u128::from(bits()) << 64 | u128::from(bits()))
        .with_variant(uuid::Variant::RFC4122)
        .with_version(uuid::Version::Random)
        .into_uuid()
}

/// Returns a random fraction: at least 0 and less than 1.
#[cfg(feature = "layers")]
pub(crate) fn fraction() -> f64 {
    (bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Returns 64 random bits.
///
/// The standard library seeds each thread's hash keys from the system and never hands out the same keys
/// twice, so the hash of any value is random. The time is hashed in case the process was forked: its keys
/// continue where its parent's do.
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
    fn a_fraction_is_anything_from_0_to_1() {
        let fractions: Vec<f64> = (0..10_000).map(|_| fraction()).collect();
        assert!(fractions.iter().all(|fraction| (0.0..1.0).contains(fraction)));
        for tenth in 0..10 {
            let from = f64::from(tenth) / 10.0;
            let here = fractions.iter().filter(|f| (from..from + 0.1).contains(*f)).count();
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
