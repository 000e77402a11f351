//! Twilio's registrations: brands and campaigns of 10DLC, and toll-free verifications.
//!
//! What belongs here: the neutral trait, a file for each kind, the meaning of Twilio's words (`words`), and what its
//! Event Streams say (`event`).

mod brand;
mod campaign;
mod event;
mod toll_free;
mod words;

use async_trait::async_trait;
use http::Method;
use serde_json::Value;

pub use event::registration_events;

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    registration::{
        RegistrationForm, RegistrationId, RegistrationKind, RegistrationReport, Registrations,
        unsupported_kind,
    },
    transport::{ApiRequest, ApiResponse},
    twilio::{Product, TWILIO, Twilio},
};

#[async_trait]
impl Registrations for Twilio {
    fn registrar(&self) -> AccountKey {
        AccountKey::new(TWILIO, self.inner().api.account().clone())
    }

    /// Submits a form. A campaign needs a Messaging Service, and its brand approved.
    async fn submit_registration(&self, form: &RegistrationForm) -> Result<RegistrationReport> {
        match form {
            RegistrationForm::Brand(form) => brand::submit(self, form).await,
            RegistrationForm::Campaign(form) => campaign::submit(self, form).await,
            RegistrationForm::TollFree(form) => toll_free::submit(self, form).await,
        }
    }

    /// Looks for a brand by its two profiles, for a campaign in its Messaging Service by brand, use case and
    /// description, and for a toll-free verification by its number.
    async fn find_registration(
        &self,
        form: &RegistrationForm,
    ) -> Result<Option<RegistrationReport>> {
        match form {
            RegistrationForm::Brand(form) => brand::find(self, form).await,
            RegistrationForm::Campaign(form) => campaign::find(self, form).await,
            RegistrationForm::TollFree(form) => toll_free::find(self, form).await,
        }
    }

    async fn fetch_registration(&self, id: &RegistrationId) -> Result<RegistrationReport> {
        let path = path_of(self, id)?;
        let answer = self.request(Method::GET, Product::Messaging, path).send().await?;
        report(self, id.kind(), &answer)
    }

    async fn list_registrations(&self, kind: RegistrationKind) -> Result<Vec<RegistrationReport>> {
        let all = match kind {
            RegistrationKind::Brand => brand::all(self).await?,
            RegistrationKind::Campaign => campaign::all(self).await?,
            RegistrationKind::TollFree => toll_free::all(self, None).await?,
            _ => return Err(unsupported_kind(&self.registrar())),
        };
        Ok(all.iter().filter_map(|one| words::report(kind, one)).collect())
    }

    /// Submits a brand once more, which takes no field: mend the profiles first. Of a campaign and of a toll-free
    /// verification it changes the fields.
    async fn resubmit_registration(
        &self,
        id: &RegistrationId,
        form: &RegistrationForm,
    ) -> Result<RegistrationReport> {
        let request = self.request(Method::POST, Product::Messaging, path_of(self, id)?);
        let request = match form {
            _ if form.kind() != id.kind() => return Err(wrong_kind(self)),
            RegistrationForm::Brand(_) => request,
            RegistrationForm::Campaign(form) => campaign::changed(request, form),
            RegistrationForm::TollFree(form) => toll_free::changed(request, form)?,
        };
        report(self, id.kind(), &request.send().await?)
    }

    /// Deletes a campaign or a toll-free verification. A brand cannot be deleted by API.
    async fn delete_registration(&self, id: &RegistrationId) -> Result<()> {
        if id.kind() == RegistrationKind::Brand {
            let rule = "delete: a brand cannot be deleted by API; ask Twilio's support";
            return Err(Error::unsupported(TWILIO, rule));
        }
        let path = path_of(self, id)?;
        // The answer of 204 has no body.
        self.request(Method::DELETE, Product::Messaging, path).send().await.map(drop)
    }
}

/// Returns the path of a registration.
fn path_of(twilio: &Twilio, id: &RegistrationId) -> Result<Vec<String>> {
    let path = match id.kind() {
        RegistrationKind::Brand => vec!["v1", "a2p", "BrandRegistrations", id.value()],
        RegistrationKind::Campaign => {
            let (service, campaign) = id.value().split_once('/').ok_or_else(|| {
                let rule = "registration id: a campaign of Twilio's needs MG…/QE…";
                Error::not_sent(ErrorKind::InvalidRequest).with_provider(TWILIO).with_detail(rule)
            })?;
            vec!["v1", "Services", service, "Compliance", "Usa2p", campaign]
        }
        RegistrationKind::TollFree => vec!["v1", "Tollfree", "Verifications", id.value()],
        _ => return Err(unsupported_kind(&twilio.registrar())),
    };
    Ok(path.into_iter().map(str::to_owned).collect())
}

fn wrong_kind(twilio: &Twilio) -> Error {
    Error::not_sent(ErrorKind::InvalidRequest)
        .with_provider(TWILIO)
        .with_account(twilio.registrar().id)
        .with_detail("form: is of another kind than the registration")
}

/// Reads an answer about one registration.
fn report(
    twilio: &Twilio,
    kind: RegistrationKind,
    answer: &ApiResponse,
) -> Result<RegistrationReport> {
    let value: Value = answer.json()?;
    words::report(kind, &value).ok_or_else(|| {
        // Something was taken, and nobody can say what: it is looked for.
        Error::unknown(ErrorKind::InvalidResponse)
            .with_provider(TWILIO)
            .with_account(twilio.registrar().id)
            .with_status(answer.status().as_u16())
            .with_detail("registration: the answer has no id")
    })
}

/// Reads every item of a list.
async fn items(request: ApiRequest<'_>, key: &str) -> Result<Vec<Value>> {
    let (mut all, mut pages) = (Vec::new(), request.pages());
    while let Some(page) = pages.next().await {
        let mut page: Value = page?.json()?;
        if let Value::Array(items) = page[key].take() {
            all.extend(items);
        }
    }
    Ok(all)
}

/// Adds a field if there is a value for it.
fn optional<'a>(
    request: ApiRequest<'a>,
    name: &'static str,
    value: Option<impl ToString>,
) -> ApiRequest<'a> {
    match value {
        Some(value) => request.form(name, value.to_string()),
        None => request,
    }
}

/// Adds a field once for each of its values.
fn each<'a>(
    request: ApiRequest<'a>,
    name: &'static str,
    values: impl IntoIterator<Item = impl ToString>,
) -> ApiRequest<'a> {
    values.into_iter().fold(request, |request, value| request.form(name, value.to_string()))
}
