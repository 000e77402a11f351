//! [`PlivoProfile`]: what Plivo has to know of a business before it registers a brand.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{items, without_id};
use crate::{
    error::Result, message::Text, number::PhoneNumber, plivo::Plivo, registration::scalar,
};

/// Profile of a business at Plivo.
///
/// ```
/// # #[cfg(all(feature = "sandbox", feature = "plivo"))]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use anysms::plivo::{Plivo, PlivoConfig, PlivoProfile};
/// use anysms::sandbox::Sandbox;
///
/// let sandbox = Sandbox::start().await?;
/// let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox))?;
/// let id = plivo.create_profile(&PlivoProfile::new("club", "Club")).await?;
/// assert_eq!(plivo.profile(&id).await?.company_name, "Club");
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "sandbox", feature = "plivo")))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PlivoProfile {
    /// Plivo's id, a UUID; `None` before it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile_uuid: Option<String>,
    /// Our own name of it.
    pub profile_alias: String,
    /// `DIRECT` for a business of one's own, `RESELLER` for one's customers.
    pub customer_type: String,
    /// Kind of business: `PRIVATE`, `PUBLIC`, `NON_PROFIT`, `GOVERNMENT` or `INDIVIDUAL`.
    pub entity_type: String,
    /// Name of the business.
    pub company_name: Text,
    /// Tax number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ein: Option<Text>,
    /// Country of the tax number, such as `US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ein_issuing_country: Option<String>,
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<ProfileAddress>,
    /// Address of the website.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<Text>,
    /// Trade, such as `RETAIL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertical: Option<String>,
    /// Symbol at a stock exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock_symbol: Option<String>,
    /// Stock exchange.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock_exchange: Option<String>,
    /// Contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorized_contact: Option<ProfileContact>,
    /// E-mail address of the business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_contact_email: Option<Text>,
    /// Subaccount that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plivo_subaccount: Option<String>,
}

/// Address of a business in a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProfileAddress {
    /// Street and house number.
    pub street: Text,
    /// City.
    pub city: Text,
    /// State or province.
    pub state: Text,
    /// Postal code.
    pub postal_code: Text,
    /// Country, such as `US`.
    pub country: String,
}

/// Contact of a business in a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProfileContact {
    /// First name.
    pub first_name: Text,
    /// Last name.
    pub last_name: Text,
    /// Phone number, as Plivo writes it.
    pub phone: Text,
    /// E-mail address.
    pub email: Text,
    /// Title.
    pub title: Text,
    /// Seniority.
    pub seniority: Text,
}

impl ProfileContact {
    /// Returns the phone number; `None` if Plivo wrote none that can be read.
    #[must_use]
    pub fn number(&self) -> Option<PhoneNumber> {
        format!("+{}", self.phone.trim_start_matches('+')).parse().ok()
    }
}

impl PlivoProfile {
    /// Begins a profile of a private business of one's own.
    #[must_use]
    pub fn new(alias: impl Into<String>, company: impl Into<Text>) -> Self {
        Self {
            profile_alias: alias.into(),
            customer_type: "DIRECT".to_owned(),
            entity_type: "PRIVATE".to_owned(),
            company_name: company.into(),
            ..Self::default()
        }
    }
}

impl Plivo {
    /// Creates a profile and returns its id. A profile is free; look among [`profiles`](Self::profiles) for its
    /// alias if the outcome of an earlier call is not known.
    ///
    /// # Errors
    /// As any change.
    pub async fn create_profile(&self, profile: &PlivoProfile) -> Result<String> {
        let answer = self.request(Method::POST, ["Profile"]).json(profile).send().await?;
        let value: Value = answer.json()?;
        scalar(&value, "profile_uuid").ok_or_else(|| without_id(self, &answer))
    }

    /// Returns a profile.
    ///
    /// # Errors
    /// `NotFound` if there is none; else as any read.
    pub async fn profile(&self, id: &str) -> Result<PlivoProfile> {
        let answer = self.request(Method::GET, ["Profile", id]).send().await?;
        let value: Value = answer.json()?;
        read(value.get("profile").unwrap_or(&value)).ok_or_else(|| without_id(self, &answer))
    }

    /// Returns all profiles of the account.
    ///
    /// # Errors
    /// As any read.
    pub async fn profiles(&self) -> Result<Vec<PlivoProfile>> {
        let all = items(self, &["Profile"], "profiles").await?;
        Ok(all.iter().filter_map(read).collect())
    }

    /// Deletes a profile.
    ///
    /// # Errors
    /// `NotFound` if there is none; else as any change.
    pub async fn delete_profile(&self, id: &str) -> Result<()> {
        self.request(Method::DELETE, ["Profile", id]).send().await.map(drop)
    }
}

/// Reads a profile; `None` if it is none. Null is what is not set.
fn read(value: &Value) -> Option<PlivoProfile> {
    let Value::Object(fields) = value else { return None };
    let set = fields.iter().filter(|(_, value)| !value.is_null());
    let set: serde_json::Map<_, _> = set.map(|(k, v)| (k.clone(), v.clone())).collect();
    serde_json::from_value(Value::Object(set)).ok()
}
