//! [`CampaignNumber`]: the numbers that send under a campaign.

use http::Method;
use serde_json::{Value, json};

use super::campaign;
use crate::{error::Result, number::PhoneNumber, plivo::Plivo, registration::scalar};

/// Number that sends under a campaign of Plivo's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CampaignNumber {
    /// Number.
    pub number: PhoneNumber,
    /// Plivo's word for its state: `PROCESSING` and `COMPLETED` were seen (2026-11).
    pub status: String,
}

impl Plivo {
    /// Links numbers of the account to a campaign, which takes a while: [`campaign_numbers`](Self::campaign_numbers)
    /// tells when each is done.
    ///
    /// ```
    /// # async fn example(plivo: anysms::plivo::Plivo) -> anysms::Result<()> {
    /// plivo.link_numbers("CY5NVUA", &["+15555550100".parse().expect("a number")]).await?;
    /// let numbers = plivo.campaign_numbers("CY5NVUA").await?;
    /// let done = numbers.iter().all(|number| number.status == "COMPLETED");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As any change.
    pub async fn link_numbers(&self, campaign: &str, numbers: &[PhoneNumber]) -> Result<()> {
        let numbers: Vec<String> = numbers.iter().map(plain).collect();
        let request = self.request(Method::POST, path(campaign, None));
        request.json(&json!({ "numbers": numbers })).send().await.map(drop)
    }

    /// Returns the numbers of a campaign. One that cannot be read is left out.
    ///
    /// # Errors
    /// As any read.
    pub async fn campaign_numbers(&self, campaign: &str) -> Result<Vec<CampaignNumber>> {
        let all = super::items_of(self.request(Method::GET, path(campaign, None)), "phone_numbers");
        Ok(all.await?.iter().filter_map(read).collect())
    }

    /// Takes a number away from a campaign.
    ///
    /// # Errors
    /// As any change.
    pub async fn unlink_number(&self, campaign: &str, number: PhoneNumber) -> Result<()> {
        let path = path(campaign, Some(&plain(&number)));
        self.request(Method::DELETE, path).send().await.map(drop)
    }
}

fn path(campaign: &str, number: Option<&str>) -> Vec<String> {
    let parts = campaign::PATH.into_iter().chain([campaign, "Number"]).chain(number);
    parts.map(str::to_owned).collect()
}

fn plain(number: &PhoneNumber) -> String {
    number.to_string().trim_start_matches('+').to_owned()
}

fn read(value: &Value) -> Option<CampaignNumber> {
    let number = scalar(value, "number")?;
    let number = format!("+{}", number.trim_start_matches('+')).parse().ok()?;
    Some(CampaignNumber { number, status: scalar(value, "status").unwrap_or_default() })
}
