//! Templates of the texts of Twilio Verify, with their translations.

use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use super::services::{all, flag, id, text, time};
use crate::{
    error::Result,
    twilio::{Product, Twilio},
};

/// Template of the texts of Twilio Verify.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyTemplate {
    /// Id: `HJ` and 32 hex digits.
    pub sid: String,
    /// Name.
    pub name: Option<String>,
    /// Channels that it is for, in Twilio's words.
    pub channels: Vec<String>,
    /// Translations, by their locale.
    pub translations: Vec<VerifyTranslation>,
}

/// Translation of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyTranslation {
    /// Locale, such as `en` or `pt-BR`.
    pub locale: String,
    /// `true` for the one that is taken where no other fits.
    pub is_default: bool,
    /// Twilio's word for whether it may be used, such as `approved`.
    pub status: Option<String>,
    /// Text, with `{{code}}` in the place of the code.
    pub text: Option<String>,
    /// Time at which it was created.
    pub created_at: Option<Timestamp>,
    /// Time of its last change.
    pub updated_at: Option<Timestamp>,
}

impl Twilio {
    /// Returns the templates of Twilio Verify: those of a name, or all.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig}};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox))?;
    /// for template in twilio.verify_templates(None).await? {
    ///     assert!(template.translations.iter().any(|translation| translation.is_default));
    /// }
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// As any read of Twilio.
    pub async fn verify_templates(&self, name: Option<&str>) -> Result<Vec<VerifyTemplate>> {
        let mut request = self.request(Method::GET, Product::Verify, ["v2", "Templates"]);
        if let Some(name) = name {
            request = request.query("FriendlyName", name);
        }
        let listed = all(self, request, "templates").await?;
        Ok(listed.iter().filter_map(template).collect())
    }
}

fn template(row: &Value) -> Option<VerifyTemplate> {
    let translations = row["translations"].as_object().into_iter().flatten();
    Some(VerifyTemplate {
        sid: id(&row["sid"])?,
        name: text(&row["friendly_name"]),
        channels: row["channels"].as_array().into_iter().flatten().filter_map(text).collect(),
        translations: translations
            .map(|(locale, translation)| VerifyTranslation {
                locale: text(&translation["locale"]).unwrap_or_else(|| locale.clone()),
                is_default: flag(&translation["is_default_translation"]) == Some(true),
                status: text(&translation["status"]),
                text: text(&translation["text"]),
                created_at: time(&translation["date_created"]),
                updated_at: time(&translation["date_updated"]),
            })
            .collect(),
    })
}
