//! [`HookSecret`]: signatures by the Standard Webhooks specification, which identity services use for their hooks.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;

use crate::error::{Error, ErrorKind, Result};

/// Most difference between a request's time and ours (standardwebhooks.com, 2026-11: five minutes).
const TOLERANCE: Duration = Duration::from_secs(300);

/// Secrets of a hook that is signed by the Standard Webhooks specification: one, or several while they are rotated.
///
/// ```
/// use anysms::verification::HookSecret;
///
/// # fn main() -> anysms::Result<()> {
/// let secret = HookSecret::new("v1,whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HookSecret(Vec<Hmac<Sha256>>);

impl HookSecret {
    /// Reads secrets as services show them: `v1,whsec_…` or `whsec_…`, several with `|` between.
    ///
    /// # Errors
    /// `Config` if one is no Base64 or has fewer than 24 bytes, which the specification demands.
    pub fn new(secrets: &str) -> Result<Self> {
        let refuse = || {
            Error::not_sent(ErrorKind::Config).with_detail(
                "hook secret: must be v1,whsec_ and at least 24 bytes as Base64; copy it whole",
            )
        };
        let mut macs = Vec::new();
        for secret in secrets.split('|') {
            let secret = secret.trim();
            let secret = secret.strip_prefix("v1,").unwrap_or(secret);
            let secret = secret.strip_prefix("whsec_").unwrap_or(secret);
            let bytes = STANDARD.decode(secret).map_err(|_| refuse())?;
            if bytes.len() < 24 {
                return Err(refuse());
            }
            macs.push(Hmac::new_from_slice(&bytes).map_err(|_| refuse())?);
        }
        Ok(Self(macs))
    }

    /// Checks the signature and the age of a request, and returns its id.
    ///
    /// # Errors
    /// `Credentials` if a header is missing, the signature is none of these secrets', or the request is more than five
    /// minutes old or ahead.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<String> {
        let refuse =
            |rule| Error::not_sent(ErrorKind::Credentials).with_detail(rule).without_message();
        let header = |name: &str| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.filter(|value| value.len() <= 1_024)
        };
        let (Some(id), Some(time), Some(signatures)) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
        else {
            return Err(refuse(
                "hook: webhook-id, webhook-timestamp or webhook-signature is missing",
            ));
        };
        let at: Option<Timestamp> =
            time.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        let tolerance = SignedDuration::try_from(TOLERANCE).unwrap_or(SignedDuration::ZERO);
        let fresh = at.is_some_and(|at| now.duration_since(at).abs() <= tolerance);
        let signed = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,")).any(|one| {
            let Ok(signature) = STANDARD.decode(one) else { return false };
            self.0.iter().any(|mac| signed(mac, id, time, body).verify_slice(&signature).is_ok())
        });
        if !signed {
            return Err(refuse("hook: the signature is not ours; check the secret"));
        }
        if !fresh {
            return Err(refuse("hook: is more than five minutes old or ahead; check both clocks"));
        }
        Ok(id.to_owned())
    }

    /// Returns the signature that a request has, for tests of an endpoint.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let time = at.as_second().to_string();
        let signature =
            self.0.first().map(|mac| signed(mac, id, &time, body).finalize().into_bytes());
        format!("v1,{}", STANDARD.encode(signature.unwrap_or_default()))
    }
}

fn signed(mac: &Hmac<Sha256>, id: &str, time: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = mac.clone();
    mac.update(format!("{id}.{time}.").as_bytes());
    mac.update(body);
    mac
}

impl fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookSecret({} secrets)", self.0.len())
    }
}
