//! Plivo's registrations: profiles, brands and campaigns of 10DLC, and toll-free verifications.
//!
//! What belongs here: the neutral trait, a file for each kind, profiles and the numbers of campaigns, which only
//! Plivo has (`profile`, `numbers`), the meaning of Plivo's words (`words`), and its callback (`event`).

mod brand;
mod campaign;
mod event;
mod numbers;
mod profile;
mod toll_free;
mod words;

use async_trait::async_trait;
use http::Method;
use serde_json::{Map, Value};

pub use event::registration_event;
pub use numbers::CampaignNumber;
pub use profile::{PlivoProfile, ProfileAddress, ProfileContact};

use crate::{
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    message::Text,
    plivo::{PLIVO, Plivo},
    registration::{
        RegistrationForm, RegistrationId, RegistrationKind, RegistrationReport, RegistrationState,
        Registrations, scalar, unsupported_kind,
    },
    transport::{ApiRequest, ApiResponse},
};

#[async_trait]
impl Registrations for Plivo {
    fn registrar(&self) -> AccountKey {
        AccountKey::new(PLIVO, self.inner().api.account().clone())
    }

    /// Submits a form. A brand and a toll-free number need a profile, a campaign a brand and a vertical.
    async fn submit_registration(&self, form: &RegistrationForm) -> Result<RegistrationReport> {
        let (path, body) = match form {
            RegistrationForm::Brand(form) => (&brand::PATH[..], brand::body(self, form)?),
            RegistrationForm::Campaign(form) => (&campaign::PATH[..], campaign::body(self, form)?),
            RegistrationForm::TollFree(form) => {
                (&toll_free::PATH[..], toll_free::body(self, form)?)
            }
        };
        let answer = self.request(Method::POST, path).json(&body).send().await?;
        created(self, form.kind(), &answer)
    }

    /// Looks for a brand and a campaign by their alias, which is the name of the form, and for a toll-free
    /// verification by its number. A campaign whose alias Plivo leaves out is known by brand, use case and
    /// description.
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
        let answer = self.request(Method::GET, path_of(self, id)?).send().await?;
        let value: Value = answer.json()?;
        words::report(id.kind(), words::inner(id.kind(), &value))
            .ok_or_else(|| without_id(self, &answer))
    }

    async fn list_registrations(&self, kind: RegistrationKind) -> Result<Vec<RegistrationReport>> {
        let all = match kind {
            RegistrationKind::Brand => items(self, &brand::PATH, "brands").await?,
            RegistrationKind::Campaign => items(self, &campaign::PATH, "campaigns").await?,
            RegistrationKind::TollFree => items(self, &toll_free::PATH, "objects").await?,
            _ => return Err(unsupported_kind(&self.registrar())),
        };
        Ok(all.iter().filter_map(|one| words::report(kind, one)).collect())
    }

    /// Changes a campaign, or a toll-free verification that is not decided or has to be mended. A brand cannot be
    /// changed by API.
    async fn resubmit_registration(
        &self,
        id: &RegistrationId,
        form: &RegistrationForm,
    ) -> Result<RegistrationReport> {
        let body = match form {
            _ if form.kind() != id.kind() => {
                let rule = "form: is of another kind than the registration";
                return Err(invalid(self, rule));
            }
            RegistrationForm::Brand(_) => {
                let rule =
                    "resubmit: a brand cannot be changed by API; delete it and register anew";
                return Err(Error::unsupported(PLIVO, rule));
            }
            RegistrationForm::Campaign(form) => campaign::changed(form),
            RegistrationForm::TollFree(form) => toll_free::changed(form)?,
        };
        let request = self.request(Method::POST, path_of(self, id)?).json(&body);
        let answer = request.send().await?;
        let value: Value = answer.json()?;
        let report = words::report(id.kind(), words::inner(id.kind(), &value));
        // The answer may have no more than words for people.
        Ok(report.unwrap_or_else(|| submitted(id.clone())))
    }

    async fn delete_registration(&self, id: &RegistrationId) -> Result<()> {
        self.request(Method::DELETE, path_of(self, id)?).send().await.map(drop)
    }
}

/// Returns the path of a registration.
fn path_of(plivo: &Plivo, id: &RegistrationId) -> Result<Vec<String>> {
    let path = match id.kind() {
        RegistrationKind::Brand => &brand::PATH[..],
        RegistrationKind::Campaign => &campaign::PATH[..],
        RegistrationKind::TollFree => &toll_free::PATH[..],
        _ => return Err(unsupported_kind(&plivo.registrar())),
    };
    Ok(path.iter().copied().chain([id.value()]).map(str::to_owned).collect())
}

/// Returns the report of what was just submitted: the answer has an id and no state.
fn submitted(id: RegistrationId) -> RegistrationReport {
    RegistrationReport::new(id, "", Some(RegistrationState::Submitted))
}

fn created(
    plivo: &Plivo,
    kind: RegistrationKind,
    answer: &ApiResponse,
) -> Result<RegistrationReport> {
    let value: Value = answer.json()?;
    let id = scalar(&value, words::id_of(kind)).ok_or_else(|| without_id(plivo, answer))?;
    Ok(submitted(RegistrationId::new(kind, id)))
}

/// Something was taken, and nobody can say what: it is looked for.
fn without_id(plivo: &Plivo, answer: &ApiResponse) -> Error {
    Error::unknown(ErrorKind::InvalidResponse)
        .with_provider(PLIVO)
        .with_account(plivo.registrar().id)
        .with_status(answer.status().as_u16())
        .with_detail("registration: the answer has no id")
}

fn invalid(plivo: &Plivo, rule: &'static str) -> Error {
    Error::not_sent(ErrorKind::InvalidRequest)
        .with_provider(PLIVO)
        .with_account(plivo.registrar().id)
        .with_detail(rule)
}

/// Reads every item of a list.
async fn items(plivo: &Plivo, path: &[&str], key: &str) -> Result<Vec<Value>> {
    items_of(plivo.request(Method::GET, path.iter().copied()), key).await
}

async fn items_of(request: ApiRequest<'_>, key: &str) -> Result<Vec<Value>> {
    let (mut all, mut pages) = (Vec::new(), request.pages());
    while let Some(page) = pages.next().await {
        let mut page: Value = page?.json()?;
        if let Value::Array(items) = page[key].take() {
            all.extend(items);
        }
    }
    Ok(all)
}

/// Body of a request, to which only what is set is added.
#[derive(Default)]
struct Body(Map<String, Value>);

impl Body {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn text(&mut self, name: &str, value: Option<&Text>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.set(name, value.as_str());
        }
    }

    /// Sets the words of a list as Plivo takes them: joined by commas.
    fn words(&mut self, name: &str, words: &[String]) {
        if !words.is_empty() {
            self.set(name, words.join(","));
        }
    }

    fn value(self) -> Value {
        Value::Object(self.0)
    }
}
