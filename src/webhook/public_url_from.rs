//! Conversions of [`PublicUrl`] from and to the types of addresses that users have in hand.

use crate::{
    message::WebUrl,
    webhook::{PublicUrl, PublicUrlError},
};

/// Keeps the bytes, as the provider signs them, but for a fragment, which is never signed.
///
/// ```
/// use anysms::{message::WebUrl, webhook::PublicUrl};
///
/// let callback: WebUrl = "https://example.com/hooks/twilio".parse()?;
/// let public = PublicUrl::try_from(&callback)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl TryFrom<&WebUrl> for PublicUrl {
    type Error = PublicUrlError;

    fn try_from(url: &WebUrl) -> Result<Self, PublicUrlError> {
        Self::parse(url.as_str())
    }
}

/// Fails if the address is not absolute.
///
/// ```
/// use anysms::webhook::PublicUrl;
///
/// let uri = http::Uri::from_static("https://example.com/hooks/twilio");
/// let public = PublicUrl::try_from(&uri)?;
/// # Ok::<(), anysms::webhook::PublicUrlError>(())
/// ```
impl TryFrom<&http::Uri> for PublicUrl {
    type Error = PublicUrlError;

    fn try_from(uri: &http::Uri) -> Result<Self, PublicUrlError> {
        Self::parse(&uri.to_string())
    }
}

/// Fails behind a [`TrustedProxy`](crate::webhook::TrustedProxy), which names the address only with a request.
///
/// ```
/// use anysms::webhook::PublicUrl;
///
/// let public: PublicUrl = "https://example.com/hooks/twilio".parse()?;
/// assert_eq!(http::Uri::try_from(&public)?.path(), "/hooks/twilio");
/// # Ok::<(), anysms::webhook::PublicUrlError>(())
/// ```
impl TryFrom<&PublicUrl> for http::Uri {
    type Error = PublicUrlError;

    fn try_from(public: &PublicUrl) -> Result<Self, PublicUrlError> {
        public.text().and_then(|text| text.parse().ok()).ok_or(PublicUrlError)
    }
}

/// Takes the URL as the `url` crate writes it, which normalises: give the provider the same text.
///
/// ```
/// use anysms::webhook::PublicUrl;
///
/// let url = url::Url::parse("https://example.com/hooks/twilio").expect("a URL");
/// let public = PublicUrl::try_from(&url)?;
/// # Ok::<(), anysms::webhook::PublicUrlError>(())
/// ```
#[cfg(feature = "url")]
impl TryFrom<&url::Url> for PublicUrl {
    type Error = PublicUrlError;

    fn try_from(url: &url::Url) -> Result<Self, PublicUrlError> {
        Self::parse(url.as_str())
    }
}

/// Fails behind a [`TrustedProxy`](crate::webhook::TrustedProxy), which names the address only with a request.
///
/// ```
/// use anysms::webhook::PublicUrl;
///
/// let public: PublicUrl = "https://example.com/hooks/twilio".parse()?;
/// assert_eq!(url::Url::try_from(&public)?.path(), "/hooks/twilio");
/// # Ok::<(), anysms::webhook::PublicUrlError>(())
/// ```
#[cfg(feature = "url")]
impl TryFrom<&PublicUrl> for url::Url {
    type Error = PublicUrlError;

    fn try_from(public: &PublicUrl) -> Result<Self, PublicUrlError> {
        public.text().and_then(|text| Self::parse(&text).ok()).ok_or(PublicUrlError)
    }
}
