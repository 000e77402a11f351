//! Registrations of both vendors: one table of promises, the desk, the driver, and what breaks on the way.

mod broken;
mod desk;
mod driver;
pub(crate) mod golden;
mod published;
mod requests;
mod vendors;
mod words;

use std::sync::Arc;

use anysms::{
    http::Method,
    plivo::{Plivo, PlivoConfig, PlivoProfile},
    registration::{
        BrandForm, BrandType, CampaignForm, RegistrationForm, Registrations, TollFreeForm,
    },
    sandbox::Sandbox,
    transport::{HttpTransport, ReqwestTransport},
    twilio::{Product, Twilio, TwilioConfig, TwilioSandbox},
};

const NUMBER: &str = "+18005550100";

/// The clients of a sandbox, with all that forms need.
struct World {
    sandbox: Sandbox,
    twilio: Twilio,
    plivo: Plivo,
    service: String,
    profile: String,
}

impl World {
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let transport = Arc::new(ReqwestTransport::new().unwrap());
        let twilio = twilio(&sandbox, transport.clone());
        let plivo = plivo(&sandbox, transport);
        let service = service(&sandbox).await;
        let path = ["IncomingPhoneNumbers.json"];
        let number = twilio.request(Method::POST, Product::Account, path);
        number.form("PhoneNumber", NUMBER).send().await.unwrap();
        let profile = plivo.create_profile(&PlivoProfile::new("club", "Club")).await.unwrap();
        Self { sandbox, twilio, plivo, service, profile }
    }

    fn both(&self) -> [Arc<dyn Registrations>; 2] {
        [Arc::new(self.twilio.clone()), Arc::new(self.plivo.clone())]
    }

    fn brand(&self, name: &str) -> BrandForm {
        let mut form = BrandForm::new(name);
        form.customer_profile = Some(bundle(name, 1));
        form.messaging_profile = Some(bundle(name, 2));
        form.profile = Some(self.profile.clone());
        form
    }

    fn campaign(&self, name: &str, brand: &str) -> CampaignForm {
        let mut form = CampaignForm::new(name, "Club");
        form.brand = brand.to_owned();
        form.service = Some(self.service.clone());
        form.use_case = "CUSTOMER_CARE".to_owned();
        form.vertical = Some("HOSPITALITY".to_owned());
        form.description =
            format!("Tells members of the club when their table is ready, as {name} does.").into();
        form.message_flow =
            "Members tick a box on the form at https://example.com/join to agree.".into();
        form.samples = vec![
            "Club: your table is ready, [name]. Reply STOP to opt out.".into(),
            "Club: your table moves to [time]. See you soon.".into(),
        ];
        form.privacy_policy = Some("https://example.com/privacy".into());
        form.terms = Some("https://example.com/terms".into());
        form
    }

    fn toll_free(&self, name: &str) -> TollFreeForm {
        let mut form = TollFreeForm::new(name);
        form.number = Some(NUMBER.parse().unwrap());
        form.profile = Some(self.profile.clone());
        form.business.name = "Club".into();
        form.business.website = "https://example.com".into();
        form.notification_email = "desk@example.com".into();
        form.use_cases = vec!["CUSTOMER_CARE".to_owned(), "2FA".to_owned()];
        form.summary = "Tells members when their table is ready.".into();
        form.sample = "Club: your table is ready. Reply STOP to opt out.".into();
        form.opt_in_images = vec!["https://example.com/form.png".into()];
        form.opt_in_type = "WEB_FORM".to_owned();
        form.monthly_volume = 1_000;
        form
    }

    /// A form of each kind for a provider, whose brand is registered.
    async fn forms(&self, registrations: &dyn Registrations) -> [RegistrationForm; 3] {
        let brand = registrations.submit_registration(&self.brand("first").into()).await.unwrap();
        [
            self.brand("second").into(),
            self.campaign("tables", brand.id.value()).into(),
            self.toll_free("line").into(),
        ]
    }
}

/// Makes a Messaging Service.
async fn service(sandbox: &Sandbox) -> String {
    let url = format!("{}/messaging.twilio.com/v1/Services", sandbox.base_url());
    let made = reqwest::Client::new()
        .post(url)
        .basic_auth(TwilioSandbox::ACCOUNT_SID, Some(TwilioSandbox::AUTH_TOKEN))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("FriendlyName=Club");
    let made = made.send().await.unwrap().bytes().await.unwrap();
    let made: serde_json::Value = serde_json::from_slice(&made).unwrap();
    made["sid"].as_str().unwrap().to_owned()
}

fn twilio(sandbox: &Sandbox, transport: Arc<dyn HttpTransport>) -> Twilio {
    Twilio::with_transport(&TwilioConfig::sandbox(sandbox), transport).unwrap()
}

fn plivo(sandbox: &Sandbox, transport: Arc<dyn HttpTransport>) -> Plivo {
    Plivo::with_transport(&PlivoConfig::sandbox(sandbox), transport).unwrap()
}

/// An id of a bundle, another for each name.
fn bundle(name: &str, which: u8) -> String {
    let hex: String = name.bytes().map(|b| format!("{b:02x}")).collect();
    format!("BU{:0>31}{which}", &hex[..hex.len().min(31)])
}

#[test]
fn forms_of_these_tests_have_no_errors() {
    use anysms::registration::FindingSeverity;
    let world = |form: RegistrationForm| {
        form.check().into_iter().filter(|one| one.severity == FindingSeverity::Error).count()
    };
    let mut brand = BrandForm::new("club");
    brand.brand_type = BrandType::SoleProprietor;
    brand.profile = Some("x".to_owned());
    assert_eq!(world(brand.into()), 0);
}
