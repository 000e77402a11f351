//! Plivo's applications: where messages go that come in at a number.

use std::fmt;

use http::Method;
use serde_json::{Value, json};

use super::numbers::{PAGE, items, own};
use crate::{
    error::{Error, ErrorKind, Result},
    message::WebUrl,
    numbers::HookMethod,
    plivo::Plivo,
    transport::lenient::field,
};

/// Most applications that are listed.
const APPLICATIONS: usize = 1_000;

/// Application of an account at Plivo: a webhook that numbers are routed to.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlivoApplication {
    /// Plivo's id of it, digits.
    pub id: String,
    /// Name.
    pub name: String,
    /// Webhook for messages that come in, with its method; `None` if it has none.
    pub inbound: Option<(WebUrl, HookMethod)>,
}

impl fmt::Debug for PlivoApplication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlivoApplication")
            .field("id", &self.id)
            .field("inbound", &self.inbound)
            .finish_non_exhaustive()
    }
}

fn application(item: &Value) -> Option<PlivoApplication> {
    let url = field(item, "message_url").and_then(|url| url.parse().ok());
    let method = HookMethod::of_word(field(item, "message_method").as_deref());
    Some(PlivoApplication {
        id: field(item, "app_id")?,
        name: field(item, "app_name").unwrap_or_default(),
        inbound: url.map(|url| (url, method)),
    })
}

impl Plivo {
    /// Creates an application that has a webhook called for messages that come in. Returns its id, for
    /// [`InboundRoute::Application`](crate::numbers::InboundRoute::Application). It costs nothing, and several may
    /// have one name.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::numbers::{HookMethod, InboundRoute, NumberSetup, Numbers};
    /// use anysms::{plivo::{Plivo, PlivoConfig, PlivoSandbox}, sandbox::Sandbox};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox))?;
    /// let url = "https://example.com/sms".parse()?;
    /// let id = plivo.create_application("inbox", &url, HookMethod::Post).await?;
    /// let setup = NumberSetup::new().routed_to(InboundRoute::Application(id));
    /// plivo.configure(PlivoSandbox::NUMBER.parse()?, &setup).await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for an empty name; else Plivo's refusal.
    pub async fn create_application(
        &self,
        name: &str,
        inbound: &WebUrl,
        method: HookMethod,
    ) -> Result<String> {
        if name.trim().is_empty() {
            let error = own(Error::not_sent(ErrorKind::InvalidRequest)).without_message();
            return Err(error.with_detail("name: must not be empty"));
        }
        let body = json!({"app_name": name, "message_url": inbound.as_str(), "message_method": method.as_str()});
        let request = self.request(Method::POST, ["Application"]).json(&body);
        let created: Value = request.send().await?.json()?;
        field(&created, "app_id").ok_or_else(|| {
            let error = own(Error::unknown(ErrorKind::InvalidResponse)).without_message();
            error.with_detail("answer to an application's creation: does not name it")
        })
    }

    /// Lists applications, at most 1,000.
    ///
    /// # Errors
    /// As any read of Plivo.
    pub async fn applications(&self) -> Result<Vec<PlivoApplication>> {
        let request = self.request(Method::GET, ["Application"]);
        items(request, (PAGE, APPLICATIONS), application).await
    }

    /// Deletes an application. Its numbers are routed nowhere then.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for what is no id; `NotFound` if there is none of this id; else Plivo's refusal.
    pub async fn delete_application(&self, id: &str) -> Result<()> {
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
            let error = own(Error::not_sent(ErrorKind::InvalidRequest)).without_message();
            return Err(error.with_detail("application: its id has digits alone"));
        }
        self.request(Method::DELETE, ["Application", id]).send().await.map(drop)
    }
}
