//! [`IdSigner`]: ids of challenges at a vendor that carry their purpose, so that nobody can change it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{ChallengeId, Purpose};
use crate::error::{Error, ErrorKind, Result};

/// Signer of ids, by a secret of the account.
///
/// A vendor keeps no purpose. An id is therefore `vendor's id.purpose.MAC`: a client that has it cannot make a proof for
/// another purpose of it.
#[derive(Clone)]
pub(crate) struct IdSigner(Hmac<Sha256>);

impl IdSigner {
    pub(crate) fn new(secret: &str) -> Result<Self> {
        let mac = Hmac::new_from_slice(secret.as_bytes());
        let refuse = |_| Error::not_sent(ErrorKind::Config).with_detail("credentials: cannot sign");
        mac.map(Self).map_err(refuse) // HMAC takes any length
    }

    pub(crate) fn id(&self, remote: &str, purpose: &Purpose) -> Result<ChallengeId> {
        let text =
            format!("{remote}.{purpose}.{}", URL_SAFE_NO_PAD.encode(self.mac(remote, purpose)));
        text.parse().map_err(|_| {
            Error::unknown(ErrorKind::InvalidResponse)
                .with_detail("answer to start: the id is malformed")
        })
    }

    /// Returns the vendor's id and the purpose; `None` if the id is not one of this account's.
    pub(crate) fn read<'a>(&self, id: &'a ChallengeId) -> Option<(&'a str, Purpose)> {
        let (rest, mac) = id.as_str().rsplit_once('.')?;
        let (remote, purpose) = rest.rsplit_once('.')?;
        let (purpose, mac): (Purpose, _) =
            (purpose.parse().ok()?, URL_SAFE_NO_PAD.decode(mac).ok()?);
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        if remote.is_empty() || !remote.bytes().all(plain) {
            return None;
        }
        let mut own = self.0.clone();
        update(&mut own, remote, &purpose);
        own.verify_truncated_left(&mac).ok().filter(|()| mac.len() == 16)?;
        Some((remote, purpose))
    }

    fn mac(&self, remote: &str, purpose: &Purpose) -> Vec<u8> {
        let mut mac = self.0.clone();
        update(&mut mac, remote, purpose);
        mac.finalize().into_bytes().iter().copied().take(16).collect()
    }
}

fn update(mac: &mut Hmac<Sha256>, remote: &str, purpose: &Purpose) {
    mac.update(b"anysms/verification/1\n");
    mac.update(remote.as_bytes());
    mac.update(b"\n");
    mac.update(purpose.as_str().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_with_another_purpose_is_none() {
        let signer = IdSigner::new("token").unwrap();
        let id = signer.id("VE01", &"sign-in".parse().unwrap()).unwrap();
        assert_eq!(signer.read(&id).unwrap(), ("VE01", "sign-in".parse().unwrap()));
        let forged: ChallengeId = id.as_str().replace("sign-in", "payout").parse().unwrap();
        assert_eq!(signer.read(&forged), None);
        let forged: ChallengeId = id.as_str().replace("VE01", "VE02").parse().unwrap();
        assert_eq!(signer.read(&forged), None);
        let short: ChallengeId = id.as_str()[..id.as_str().len() - 2].parse().unwrap();
        assert_eq!(signer.read(&short), None);
        let unsigned: ChallengeId = "VE01.sign-in.".parse().unwrap();
        assert_eq!(signer.read(&unsigned), None);
        assert_eq!(IdSigner::new("another").unwrap().read(&id), None);
    }
}
