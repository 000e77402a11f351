//! [`Media`]: a file of a message.

use serde::{Deserialize, Serialize};

use crate::message::WebUrl;

/// A file that the provider fetches and attaches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Media {
    url: WebUrl,
}

impl Media {
    /// Creates a file at a URL that the provider can fetch without credentials.
    #[must_use]
    pub const fn from_url(url: WebUrl) -> Self {
        Self { url }
    }

    /// Returns the address of the file.
    #[must_use]
    pub const fn url(&self) -> &WebUrl {
        &self.url
    }
}
