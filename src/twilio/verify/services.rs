//! [`VerifyServices`]: the services of Twilio Verify, which hold what codes and texts are like.

use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    error::{Error, ErrorKind, Result},
    message::{UNREADABLE, word},
    transport::{
        api::{ApiRequest, Call},
        lenient,
    },
    twilio::{Product, TWILIO, Twilio, config::is_sid},
};

/// Most characters of a name. Twilio's pages say 30 and 32 (twilio.com/docs/verify/api/service, 2026-11-20).
const NAME: usize = 32;

/// Settings of a service. `None` leaves a setting as it is, and at a creation as Twilio has it.
///
/// ```
/// use anysms::twilio::VerifyServiceSettings;
///
/// let settings = VerifyServiceSettings::named("Rowing club").with_code_length(4);
/// assert_eq!(settings.code_length, Some(4));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyServiceSettings {
    /// Name, which stands in the texts: 1 to 32 characters, without five digits in a row.
    pub name: Option<String>,
    /// Number of digits of a code, 4 to 10.
    pub code_length: Option<u8>,
    /// `true` to look a number up before a code is sent, which costs a lookup.
    pub lookup_enabled: Option<bool>,
    /// `true` to send no SMS to landlines; needs the lookup.
    pub skip_sms_to_landlines: Option<bool>,
    /// `true` to warn in the text that a code must not be told to anybody.
    pub do_not_share_warning: Option<bool>,
    /// `true` to let a start bring a code of one's own.
    pub custom_code: Option<bool>,
    /// Template of the texts, `HJ` and 32 hex digits.
    pub default_template: Option<String>,
    /// `true` to put amount and payee into the text, as PSD2 wants it.
    pub psd2: Option<bool>,
    /// `true` to let a call wait for a key before it reads the code.
    pub dtmf_input_required: Option<bool>,
    /// Name as a call reads it.
    pub tts_name: Option<String>,
}

impl VerifyServiceSettings {
    /// Begins with a name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// Sets the number of digits of a code.
    #[must_use]
    pub const fn with_code_length(mut self, digits: u8) -> Self {
        self.code_length = Some(digits);
        self
    }

    /// Names the first field that breaks a rule.
    fn checked(&self, new: bool) -> Result<()> {
        if let Some(name) = &self.name {
            let length = name.chars().count();
            if name.trim().is_empty() || length > NAME {
                return Err(refuse("name: must have 1 to 32 characters"));
            }
            if name.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() > 4) {
                return Err(refuse("name: must not have 5 digits in a row"));
            }
        } else if new {
            return Err(refuse("name: none given; a service needs one, as it stands in the texts"));
        }
        if self.code_length.is_some_and(|digits| !(4..=10).contains(&digits)) {
            return Err(refuse("code_length: must be 4 to 10"));
        }
        let lookup = self.lookup_enabled.unwrap_or(!new);
        if self.skip_sms_to_landlines == Some(true) && !lookup {
            return Err(refuse("skip_sms_to_landlines: needs the lookup; set lookup_enabled"));
        }
        if self.default_template.as_ref().is_some_and(|sid| !is_sid(sid, "HJ")) {
            return Err(refuse("default_template: must be HJ and 32 hex digits"));
        }
        Ok(())
    }

    fn write<'a>(&self, mut request: ApiRequest<'a>) -> ApiRequest<'a> {
        let texts = [
            ("FriendlyName", self.name.clone()),
            ("CodeLength", self.code_length.map(|digits| digits.to_string())),
            ("LookupEnabled", self.lookup_enabled.map(|on| on.to_string())),
            ("SkipSmsToLandlines", self.skip_sms_to_landlines.map(|on| on.to_string())),
            ("DoNotShareWarningEnabled", self.do_not_share_warning.map(|on| on.to_string())),
            ("CustomCodeEnabled", self.custom_code.map(|on| on.to_string())),
            ("DefaultTemplateSid", self.default_template.clone()),
            ("Psd2Enabled", self.psd2.map(|on| on.to_string())),
            ("DtmfInputRequired", self.dtmf_input_required.map(|on| on.to_string())),
            ("TtsName", self.tts_name.clone()),
        ];
        for (name, value) in texts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            request = request.form(name, value);
        }
        request
    }
}

/// Service of Twilio Verify.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyService {
    /// Id: `VA` and 32 hex digits. [`Twilio::verification`] takes it.
    pub sid: String,
    /// Settings; `None` where Twilio does not say it.
    pub settings: VerifyServiceSettings,
    /// Time at which it was created.
    pub created_at: Option<Timestamp>,
    /// Time of its last change.
    pub updated_at: Option<Timestamp>,
}

/// Services of Twilio Verify, to be created, read, changed and deleted; [`Twilio::verify_services`] returns them.
#[derive(Clone, Debug)]
pub struct VerifyServices {
    twilio: Twilio,
}

impl Twilio {
    /// Returns the services of Twilio Verify.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{sandbox::Sandbox, twilio::{Twilio, TwilioConfig, VerifyServiceSettings}};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let services = Twilio::new(&TwilioConfig::sandbox(&sandbox))?.verify_services();
    /// let made = services.create(&VerifyServiceSettings::named("Rowing club")).await?;
    /// let shorter = VerifyServiceSettings::default().with_code_length(4);
    /// let changed = services.update(&made.sid, &shorter).await?;
    /// assert_eq!(changed.settings.name.as_deref(), Some("Rowing club"));
    /// services.delete(&made.sid).await?;
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn verify_services(&self) -> VerifyServices {
        VerifyServices { twilio: self.clone() }
    }
}

impl VerifyServices {
    /// Creates a service.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for a setting that breaks its rule; else as any change at Twilio. After an error
    /// whose outcome is `Unknown` look for it in [`list`](Self::list).
    pub async fn create(&self, settings: &VerifyServiceSettings) -> Result<VerifyService> {
        settings.checked(true)?;
        let request = self.twilio.request(Method::POST, Product::Verify, ["v2", "Services"]);
        self.read(Call::changing("create service"), settings.write(request)).await
    }

    /// Reads a service.
    ///
    /// # Errors
    /// `InvalidRequest`, not sent, for what is no id of a service; `NotFound` if there is none of this id; else as any
    /// read of Twilio.
    pub async fn fetch(&self, sid: &str) -> Result<VerifyService> {
        self.read(Call::reading("fetch service"), self.one(Method::GET, sid)?).await
    }

    /// Changes a service: the settings that are given, and no others.
    ///
    /// # Errors
    /// Those of [`create`](Self::create) and [`fetch`](Self::fetch).
    pub async fn update(
        &self,
        sid: &str,
        settings: &VerifyServiceSettings,
    ) -> Result<VerifyService> {
        settings.checked(false)?;
        let request = settings.write(self.one(Method::POST, sid)?);
        self.read(Call::changing("update service"), request).await
    }

    /// Returns all services.
    ///
    /// # Errors
    /// As any read of Twilio.
    pub async fn list(&self) -> Result<Vec<VerifyService>> {
        let request = self.twilio.request(Method::GET, Product::Verify, ["v2", "Services"]);
        let listed = all(&self.twilio, request, "services").await?;
        Ok(listed.iter().filter_map(service).collect())
    }

    /// Deletes a service. What was verified by it stays so; what waits for a code is lost.
    ///
    /// # Errors
    /// Those of [`fetch`](Self::fetch), as any change at Twilio.
    pub async fn delete(&self, sid: &str) -> Result<()> {
        self.one(Method::DELETE, sid)?.send_empty().await
    }

    fn one(&self, method: Method, sid: &str) -> Result<ApiRequest<'_>> {
        if !is_sid(sid, "VA") {
            return Err(refuse("sid: must be VA and 32 hex digits"));
        }
        Ok(self.twilio.request(method, Product::Verify, ["v2", "Services", sid]))
    }

    async fn read(&self, call: Call, request: ApiRequest<'_>) -> Result<VerifyService> {
        let answer: Value = request.send().await?.json()?;
        let missing = || self.twilio.inner().api.unreadable(call, "the sid is missing");
        service(&answer).ok_or_else(missing)
    }
}

fn service(answer: &Value) -> Option<VerifyService> {
    let flag = |field: &str| flag(&answer[field]);
    let settings = VerifyServiceSettings {
        name: text(&answer["friendly_name"]),
        code_length: number(&answer["code_length"]),
        lookup_enabled: flag("lookup_enabled"),
        skip_sms_to_landlines: flag("skip_sms_to_landlines"),
        do_not_share_warning: flag("do_not_share_warning_enabled"),
        custom_code: flag("custom_code_enabled"),
        default_template: text(&answer["default_template_sid"]),
        psd2: flag("psd2_enabled"),
        dtmf_input_required: flag("dtmf_input_required"),
        tts_name: text(&answer["tts_name"]),
    };
    Some(VerifyService {
        sid: id(&answer["sid"])?,
        settings,
        created_at: time(&answer["date_created"]),
        updated_at: time(&answer["date_updated"]),
    })
}

pub(super) fn refuse(rule: &'static str) -> Error {
    let error = Error::not_sent(ErrorKind::InvalidRequest).with_provider(TWILIO);
    error.with_detail(rule).without_message()
}

/// Most pages of a list, at 1,000 on each.
const MOST_PAGES: usize = 1_000;

/// Reads a list to its end.
pub(super) async fn all(
    twilio: &Twilio,
    request: ApiRequest<'_>,
    field: &'static str,
) -> Result<Vec<Value>> {
    let (mut pages, mut all) = (request.query("PageSize", "1000").pages(), Vec::new());
    let mut read = 0;
    while let Some(page) = pages.next().await {
        if read == MOST_PAGES {
            return Err(refuse("list: has more than a million rows; ask for less"));
        }
        read += 1;
        let mut page: Value = page?.json()?;
        match page.get_mut(field).map(Value::take) {
            Some(Value::Array(rows)) => all.extend(rows),
            _ => {
                let why = format!("the {field} are missing");
                return Err(twilio.inner().api.unreadable(Call::reading("list"), why));
            }
        }
    }
    Ok(all)
}

/// Returns a value as text, whether it was written as one or as a number.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns an id, which may be logged.
pub(super) fn id(value: &Value) -> Option<String> {
    text(value).map(|sid| word(&sid).unwrap_or(UNREADABLE).to_owned())
}

pub(super) fn number<T: std::str::FromStr>(value: &Value) -> Option<T> {
    text(value)?.parse().ok()
}

pub(super) fn flag(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

pub(super) fn time(value: &Value) -> Option<Timestamp> {
    lenient::time(value.as_str()?)
}
