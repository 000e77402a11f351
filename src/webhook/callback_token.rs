//! [`CallbackTokens`]: a word in the callback's path that ties it to one message.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    error::Result,
    message::MessageKey,
    webhook::{Key, WebhookError, WebhookErrorKind},
};

/// Makes and checks the words that tie a callback to the message it is about.
///
/// Give each message its own callback address, with the word as the last segment of the path:
/// `https://example.com/hooks/plivo/{token}`. A scheme that signs nothing but the address
/// ([`UrlOnly`](super::Authenticity::UrlOnly)) then proves which message is meant, and a callback
/// that comes before the answer of the send finds its message.
///
/// ```
/// use anysms::{message::MessageKey, webhook::CallbackTokens};
///
/// let tokens = CallbackTokens::new("a secret of your own")?;
/// let key: MessageKey = "order-17".parse()?;
/// let token = tokens.token(&key);
/// assert!(tokens.check(&token, &key).is_ok());
/// assert!(tokens.check(&token, &"order-18".parse()?).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CallbackTokens(Key);

/// The bytes of a token: 128 bits of HMAC-SHA256.
const LEN: usize = 16;

impl CallbackTokens {
    /// Tokens by a secret of the application, not one of a provider.
    ///
    /// # Errors
    /// `Config` if the secret is empty.
    pub fn new(secret: impl Into<String>) -> Result<Self> {
        Key::new(secret.into()).map(Self)
    }

    /// Returns the token of a message: 22 letters, digits, `-` and `_`.
    #[must_use]
    pub fn token(&self, message: &MessageKey) -> String {
        URL_SAFE_NO_PAD.encode(&self.0.sha256(&signed(message))[..LEN])
    }

    /// Checks that a token is the one of this message, in constant time.
    ///
    /// # Errors
    /// `TokenMismatch` if it is not, or is no token: answer 404.
    pub fn check(&self, token: &str, message: &MessageKey) -> Result<(), WebhookError> {
        let mismatch = WebhookError::new(WebhookErrorKind::TokenMismatch);
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| mismatch)?;
        let mac: [u8; LEN] = bytes.try_into().map_err(|_| mismatch)?;
        if self.0.starts_sha256(&signed(message), &mac) { Ok(()) } else { Err(mismatch) }
    }
}

fn signed(message: &MessageKey) -> Vec<u8> {
    [b"anysms callback ", message.as_str().as_bytes()].concat()
}

impl std::fmt::Debug for CallbackTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CallbackTokens")
    }
}
