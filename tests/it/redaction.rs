//! No `Debug` and no error shows a token, a full number, a text, a URL's path or an account.

use std::{error::Error as StdError, fmt::Debug, sync::Arc, time::Duration};

use anysms::{
    Error, ErrorKind, Message, MessageId, MessageRecord, MessageStatus, PhoneNumber, Query, Sender,
    SmsProvider, SmsProviderExt,
    message::{Address, Cursor, Extra, Media, MediaRecord, Page, Text, WebUrl},
    plivo::{Location, Plivo, PlivoConfig, PlivoOptions, PlivoQuery, PlivoWebhook, PlivoXml},
    provider::{AccountState, AccountStatus},
    testing::ScriptedTransport,
    transport::{BodyError, ReqwestTransport, TransportError, TransportErrorKind},
    twilio::{Twilio, TwilioConfig, TwilioOptions, TwilioWebhook, Twiml},
    webhook::{
        Authenticity, Event, InboundMessage, PublicUrl, ReplyMessage, Verified, Webhook,
        WebhookExt, WebhookRequest,
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};

const TOKEN: &str = "CANARY_token";
const TEXT: &str = "CANARY_text";
const NUMBER: &str = "+447700900123";
const URL: &str = "https://user:CANARY_token@example.com/CANARY_path?CANARY_query#CANARY_rest";
const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const API_KEY: &str = "SK0123456789abcdef0123456789abcdef";
const MAIN: &str = "MA0123456789ABCDEFGH";
const SUB: &str = "SA0123456789ABCDEFGH";

/// Everything that was formatted, each with what it is.
#[derive(Default)]
struct Shown(Vec<(String, String)>);

impl Shown {
    fn debug(&mut self, value: &(impl Debug + ?Sized)) {
        let name = std::any::type_name_of_val(value).to_owned();
        self.0.push((name.clone(), format!("{value:?}")));
        self.0.push((name, format!("{value:#?}")));
    }

    /// An error and all its causes.
    fn error(&mut self, error: &(dyn StdError + 'static)) {
        let mut next = Some(error);
        while let Some(error) = next {
            let texts = [error.to_string(), format!("{error:?}"), format!("{error:#?}")];
            self.0.extend(texts.map(|text| ("an error".to_owned(), text)));
            next = error.source();
        }
    }

    fn assert_silent(&self) {
        assert!(self.0.len() >= 10);
        let hits: Vec<_> = self.0.iter().filter(|(_, text)| tells(text).is_some()).collect();
        let shown: Vec<_> = hits.iter().map(|(name, text)| format!("{name}: {text}")).collect();
        assert!(hits.is_empty(), "{}", shown.join("\n"));
    }
}

/// The first secret in a text.
fn tells(text: &str) -> Option<String> {
    let basic = |user: &str| STANDARD.encode(format!("{user}:{TOKEN}"))[..16].to_owned();
    let mut secrets: Vec<String> =
        ["CANARY", "canary", "7700900123", ACCOUNT, API_KEY, MAIN, SUB].map(str::to_owned).into();
    secrets.extend([ACCOUNT, API_KEY, MAIN, SUB].map(basic));
    secrets.into_iter().find(|secret| text.contains(secret.as_str()))
}

#[test]
fn a_secret_would_be_found() {
    let number = number();
    for text in [number.to_string(), Text::from(TEXT).to_string(), url().to_string()] {
        assert!(tells(&text).is_some(), "{text}");
    }
    let header = format!("Basic {}", STANDARD.encode(format!("{ACCOUNT}:{TOKEN}")));
    assert!(tells(&header).is_some() && tells("+44•••0123").is_none());
}

fn number() -> PhoneNumber {
    NUMBER.parse().unwrap()
}

fn url() -> WebUrl {
    URL.parse().unwrap()
}

fn twilio_options() -> TwilioOptions {
    let mut options = TwilioOptions::default();
    options.content_sid = Some("HX0123456789abcdef0123456789abcdef".into());
    options.content_variables = Some(format!(r#"{{"1":"{TEXT}","2":"{NUMBER}"}}"#).into());
    options.persistent_action = vec![TEXT.into()];
    options
}

fn plivo_options() -> PlivoOptions {
    let mut options = PlivoOptions::default();
    options.template = Some(format!(r#"{{"1":"{TEXT}"}}"#).into());
    options.interactive = Some(format!(r#"{{"1":"{NUMBER}"}}"#).into());
    options.location = Some(location());
    options
}

fn location() -> Location {
    let mut location = Location::default();
    location.latitude = TEXT.into();
    location.longitude = TEXT.into();
    location.name = Some(TEXT.into());
    location.address = Some(TEXT.into());
    location
}

fn message() -> Message {
    Message::new(number(), TEXT)
        .with_sender("+447700900124".parse().unwrap())
        .with_media(Media::from_url(url()))
        .with_status_callback(url())
        .with_options(&twilio_options())
}

fn twilio_config() -> TwilioConfig {
    TwilioConfig::new(ACCOUNT, TOKEN).with_sender(number().into())
}

fn plivo_config(auth_id: &str) -> PlivoConfig {
    PlivoConfig::new(auth_id, TOKEN).with_sender(number().into())
}

fn extra() -> Extra {
    [("To".to_owned(), NUMBER.to_owned()), ("Body".to_owned(), TEXT.to_owned())]
        .into_iter()
        .collect()
}

#[test]
fn values_of_messages_are_silent() {
    let mut shown = Shown::default();
    shown.debug(&number());
    shown.debug(&number().masked());
    shown.0.push(("Masked".into(), number().masked().to_string()));
    shown.debug(&anysms::number::uk::parse(NUMBER));
    shown.debug(&number().national());
    shown.debug(&number().rfc3966());
    for text in ["+447700900123 (Dave)", "07700_900123", "+4407700900123456"] {
        shown.error(&anysms::number::uk::parse(text).unwrap_err());
    }
    shown.error(&Sender::parse("447700900123").unwrap_err());
    shown.debug(&Sender::from(number()));
    for text in [NUMBER, "447700900123", "whatsapp:+447700900123", "CANARY", "CANARY, no sender"] {
        shown.debug(&Address::from_wire(text));
    }
    shown.debug(&Text::from(TEXT));
    shown.debug(&extra());
    shown.debug(&url());
    shown.debug(&Media::from_url(url()));
    shown.debug(&message());
    shown.debug(&message().with_options(&plivo_options()));
    shown.debug(&Cursor::new(URL));
    let mut query = PlivoQuery::default();
    query.subaccount = Some(SUB.into());
    shown.debug(&query);
    let query = Query::new().with_to(number()).with_from(number()).with_options(&query);
    shown.debug(&query.with_cursor(Cursor::new(URL)));

    let mut record = MessageRecord::new("plivo:1".parse().unwrap(), MessageStatus::Sent);
    record.from = Some(number().into());
    record.to = Some(Address::Other(NUMBER.into()));
    record.text = Some(TEXT.into());
    record.extra = extra();
    shown.debug(&record);
    shown.debug(&Page::new(vec![record], Some(Cursor::new(URL))));
    let mut media = MediaRecord::new("ME1");
    media.url = Some(url());
    media.content_type = Some("CANARY/type".into());
    shown.debug(&media);
    shown.debug(&AccountStatus::new(AccountState::Active));
    shown.assert_silent();
}

#[test]
fn configurations_clients_and_options_are_silent() {
    let mut shown = Shown::default();
    shown.debug(&twilio_config());
    shown.debug(&twilio_config().with_api_key(API_KEY, TOKEN).with_base_url(URL));
    shown.debug(&plivo_config(MAIN));
    shown.debug(&plivo_config(SUB).with_base_url(URL));
    shown.debug(&twilio_options());
    shown.debug(&plivo_options());
    shown.debug(&location());

    let proxied = ReqwestTransport::builder()
        .proxy("http://user:CANARY_token@127.0.0.1:9/CANARY_path")
        .root_certificates(TOKEN);
    shown.debug(&proxied);
    let proxied = ReqwestTransport::builder().proxy("http://user:CANARY_token@127.0.0.1:9");
    let transport = Arc::new(proxied.build().unwrap());
    shown.debug(&*transport);
    let scripted = ScriptedTransport::new().answer(201, TEXT);
    shown.debug(&scripted);
    let twilio = Twilio::with_transport(&twilio_config(), transport.clone()).unwrap();
    shown.debug(&twilio);
    shown.debug(&twilio.list_all(Query::new().with_to(number())));
    let keyed = twilio_config().with_api_key(API_KEY, TOKEN);
    shown.debug(&Twilio::with_transport(&keyed, Arc::new(scripted)).unwrap().into_dyn());
    for auth_id in [MAIN, SUB] {
        shown.debug(&Plivo::with_transport(&plivo_config(auth_id), transport.clone()).unwrap());
    }

    let public: PublicUrl = "https://user:CANARY_token@example.com/CANARY_path".parse().unwrap();
    shown.debug(&public);
    let twilio = TwilioWebhook::new(TOKEN, public.clone()).unwrap().for_account(ACCOUNT);
    shown.debug(&twilio);
    shown.debug(&PlivoWebhook::new(TOKEN, public).unwrap().with_subaccount_key(TOKEN).unwrap());
    shown.assert_silent();
}

#[test]
fn webhooks_are_silent() {
    let mut shown = Shown::default();
    let public: PublicUrl = "https://example.com/CANARY_path?CANARY_query".parse().unwrap();
    let webhook = TwilioWebhook::new(TOKEN, public.clone()).unwrap();
    let plivo = PlivoWebhook::new(TOKEN, public).unwrap();
    let ends = "To=%2B447700900123&From=%2B447700900123";
    for body in [
        format!("MessageSid=SM1&MessageStatus=sent&AccountSid={ACCOUNT}&Odd={TEXT}&{ends}"),
        format!(
            "MessageSid=SM1&AccountSid={ACCOUNT}&Body={TEXT}&NumMedia=1&MediaUrl0=https://example.com/CANARY_path&MediaContentType0=CANARY/type&Odd={TEXT}&From=CANARY&To=%2B447700900123"
        ),
        format!("EventType=odd&AccountSid={ACCOUNT}&Body={TEXT}&{ends}"),
        format!("MessageSid={TEXT}%20&MessageStatus=sent&{ends}"),
        format!("MessageSid=SM1&MessageStatus={TEXT}&{ends}"),
        format!("MessageSid=SM1&MessageStatus=sent&ErrorCode={TEXT}&{ends}"),
    ] {
        let address = "https://example.com/CANARY_path?CANARY_query";
        let twilio_signature = webhook.sign(address, body.as_bytes()).unwrap();
        let plivo_signature = plivo.sign_v3("POST", address, body.as_bytes(), "1").unwrap();
        let headers: [(&str, &[u8]); 5] = [
            ("content-type", b"application/x-www-form-urlencoded"),
            ("x-twilio-signature", twilio_signature.as_bytes()),
            ("x-plivo-signature-v3", plivo_signature.as_bytes()),
            ("x-plivo-signature-v3-nonce", b"1"),
            ("authorization", TOKEN.as_bytes()),
        ];
        let path = "/CANARY_path?CANARY_query";
        let request = WebhookRequest::new("POST", path, &headers, body.as_bytes());
        shown.debug(&request);
        let verified = Verified::check(&webhook, request).unwrap();
        shown.debug(&verified);
        shown.debug(verified.proof());
        match webhook.parse(&verified) {
            Ok(Event::Status(update)) => shown.debug(&update),
            Ok(Event::Inbound(message)) => {
                assert_eq!(message.media.len(), 1);
                shown.debug(&message);
                shown.debug(&message.media[0]);
            }
            Ok(event) => shown.debug(&event),
            Err(error) => shown.error(&error),
        }
        shown.debug(&plivo.receive(request));

        let forged = WebhookRequest::new("POST", path, &headers[..4], TEXT.as_bytes());
        shown.error(&webhook.receive(forged).unwrap_err());
        shown.error(&plivo.receive(forged).unwrap_err());
        let bare = WebhookRequest::new("POST", path, &[], body.as_bytes());
        shown.error(&webhook.receive(bare).unwrap_err());
    }
    let plivo_body = format!(
        "MessageUUID=1&From=447700900123&To=447700900123&Text={TEXT}&Media0=https://x.example/CANARY_path"
    );
    let address = "https://example.com/CANARY_path?CANARY_query";
    let signature = plivo.sign_v2(address, "1").unwrap();
    let headers: [(&str, &[u8]); 3] = [
        ("content-type", b"application/x-www-form-urlencoded"),
        ("x-plivo-signature-v2", signature.as_bytes()),
        ("x-plivo-signature-v2-nonce", b"1"),
    ];
    let request = WebhookRequest::new("POST", "/?CANARY_query", &headers, plivo_body.as_bytes());
    shown.debug(&plivo.receive(request).unwrap());
    shown.assert_silent();
}

#[test]
fn replies_are_silent() {
    let mut shown = Shown::default();
    let public: PublicUrl = "https://example.com/CANARY_path".parse().unwrap();
    let twilio = TwilioWebhook::new(TOKEN, public.clone()).unwrap();
    let plivo = PlivoWebhook::new(TOKEN, public).unwrap();
    let text = || ReplyMessage::new(TEXT).with_to(number()).with_status_callback(url());
    let inbound = |id: &str, from: &str| {
        let ends = (Address::from_wire(from), Address::from_wire("+447700900124"));
        InboundMessage::new(id.parse().unwrap(), ends, TEXT.into(), Authenticity::Full)
    };
    let messages = [
        text(),
        text().with_sender(number().into()),
        text().with_media(Media::from_url(url())),
        text().with_sender("CANARY-1".parse().unwrap()),
        text().with_sender("5ec4c8c9-cd74-42b5-9e41-0d7670d6bb46".parse().unwrap()),
        ReplyMessage::new("\0").with_to(number()),
        ReplyMessage::new(TEXT),
    ];
    for (at, message) in messages.iter().enumerate() {
        if at != 3 {
            shown.debug(message); // a sender's name is no secret
        }
        for id in ["twilio:1", "plivo:1"] {
            for from in [NUMBER, "447700900123<447700900124", "CANARY, no sender"] {
                for hook in [&twilio as &dyn Webhook, &plivo] {
                    match hook.reply(&inbound(id, from), std::slice::from_ref(message)) {
                        Ok(reply) => {
                            assert!(tells(reply.body()).is_some());
                            shown.debug(&reply);
                        }
                        Err(error) => shown.error(&error),
                    }
                }
            }
        }
    }
    let twiml = Twiml::new().with_message(text());
    shown.debug(&twiml.clone().with_action(url()));
    shown.debug(&twiml.with_redirect(url()));
    for from in [NUMBER, "447700900123<447700900124"] {
        shown.debug(&PlivoXml::answering(&inbound("plivo:1", from)).with_message(text()));
    }
    shown.assert_silent();
}

/// Every error that a whole round of calls ends in.
async fn failures(twilio: &Twilio, plivo: &Plivo, shown: &mut Shown) {
    let (sid, uuid): (MessageId, MessageId) =
        ("twilio:SM1".parse().unwrap(), "plivo:1".parse().unwrap());
    let plain = Message::new(number(), TEXT).with_sender("+447700900124".parse().unwrap());
    let errors: [Error; 12] = [
        twilio.send(&message()).await.unwrap_err(),
        plivo.send(&plain).await.unwrap_err(),
        twilio.fetch(&sid).await.unwrap_err(),
        plivo.fetch(&uuid).await.unwrap_err(),
        twilio.list(&Query::new().with_to(number())).await.unwrap_err(),
        plivo.list(&Query::new().with_to(number())).await.unwrap_err(),
        twilio.list(&Query::new().with_cursor(Cursor::new(URL))).await.unwrap_err(),
        twilio.check().await.unwrap_err(),
        plivo.check().await.unwrap_err(),
        twilio.media(&sid, None).await.unwrap_err(),
        plivo.media(&uuid).await.unwrap_err(),
        twilio.delete_media(&sid, TEXT).await.unwrap_err(),
    ];
    for error in &errors {
        shown.error(error);
    }
}

#[tokio::test]
async fn errors_are_silent() {
    let mut shown = Shown::default();
    // From a port that does not listen, directly and through a proxy with a password.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    let base = format!("http://127.0.0.1:{port}");
    let proxy = format!("http://user:CANARY_token@127.0.0.1:{port}");
    let proxied = ReqwestTransport::builder().timeout(Duration::from_secs(5)).proxy(proxy);
    for transport in [ReqwestTransport::new().unwrap(), proxied.build().unwrap()] {
        let transport = Arc::new(transport);
        let twilio = twilio_config().with_base_url(&base);
        let plivo = plivo_config(MAIN).with_base_url(&base);
        let twilio = Twilio::with_transport(&twilio, transport.clone()).unwrap();
        let plivo = Plivo::with_transport(&plivo, transport).unwrap();
        failures(&twilio, &plivo, &mut shown).await;
    }
    // From answers that quote what was asked, or are not JSON.
    let quoting =
        format!(r#"{{"code":21211,"message":"{NUMBER} {TEXT} {ACCOUNT}","error":"{TEXT}"}}"#);
    for (status, body) in [(400, quoting), (500, format!("{{\"sid\": {TEXT}")), (404, TEXT.into())]
    {
        let script =
            (0..24).fold(ScriptedTransport::new(), |script, _| script.answer(status, body.clone()));
        let twilio = Twilio::with_transport(&twilio_config(), Arc::new(script.clone())).unwrap();
        let plivo = Plivo::with_transport(&plivo_config(MAIN), Arc::new(script)).unwrap();
        failures(&twilio, &plivo, &mut shown).await;
    }
    for body in [format!("{{\"sid\": {TEXT}"), format!("\"{TEXT}\""), format!("{{\"{TEXT}\":1,")] {
        let script = || Arc::new(ScriptedTransport::new().answer(200, body.clone()));
        let twilio = Twilio::with_transport(&twilio_config(), script()).unwrap();
        shown.error(&twilio.fetch(&"twilio:SM1".parse().unwrap()).await.unwrap_err());
        let plivo = Plivo::with_transport(&plivo_config(MAIN), script()).unwrap();
        shown.error(&plivo.list(&Query::new()).await.unwrap_err());
    }
    // From settings that are wrong.
    let scripted = || Arc::new(ScriptedTransport::new());
    for config in [
        TwilioConfig::new(TEXT, TOKEN),
        TwilioConfig::new(ACCOUNT, ""),
        twilio_config().with_api_key("", TOKEN),
        twilio_config().with_region(TEXT, TEXT),
        twilio_config().with_base_url(URL),
        twilio_config().with_base_url("CANARY_path").allow_custom_host(),
    ] {
        shown.error(&Twilio::with_transport(&config, scripted()).unwrap_err());
    }
    for config in [PlivoConfig::new(TEXT, TOKEN), plivo_config(MAIN).with_base_url(URL)] {
        shown.error(&Plivo::with_transport(&config, scripted()).unwrap_err());
    }
    for builder in [
        ReqwestTransport::builder().proxy("http://user:CANARY_token@[CANARY_path"),
        ReqwestTransport::builder().proxy("CANARY_token:@://"),
        ReqwestTransport::builder().root_certificates(
            "-----BEGIN CERTIFICATE-----\nCANARY_token\n-----END CERTIFICATE-----\n",
        ),
    ] {
        shown.error(&builder.build().unwrap_err());
    }
    // From texts that cannot be parsed.
    shown.error(&"+4477009001234567".parse::<PhoneNumber>().unwrap_err());
    shown.error(&"CANARY sender".parse::<Sender>().unwrap_err());
    shown.error(&"CANARY id".parse::<MessageId>().unwrap_err());
    shown.error(&"https://CANARY_path /".parse::<WebUrl>().unwrap_err());
    shown.error(&"CANARY_path".parse::<PublicUrl>().unwrap_err());
    let config = format!(
        r#"{{"account_sid":"{ACCOUNT}","auth_token":"{TOKEN}","sender":"{TEXT}, too long"}}"#
    );
    shown.error(&serde_json::from_str::<TwilioConfig>(&config).unwrap_err());
    // From those who make errors themselves.
    let own = Error::unknown(ErrorKind::Other)
        .with_provider_message(Some(NUMBER.into()))
        .with_help(Some(URL.into()))
        .with_source(
            TransportError::new(TransportErrorKind::Timeout).with_source(BodyError::Timeout),
        );
    shown.error(&own);
    shown.assert_silent();
}

#[tokio::test]
async fn a_sandbox_and_what_it_carries_are_silent() {
    use anysms::sandbox::{Inbound, Sandbox};

    let mut shown = Shown::default();
    let sandbox = Sandbox::start().await.unwrap();
    let message = Message::new(number(), TEXT)
        .with_sender("+447700900124".parse().unwrap())
        .with_media(Media::from_url(url()))
        .with_status_callback(url());
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    twilio.send(&message).await.unwrap();
    let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    plivo.send(&message).await.unwrap();
    assert_eq!(sandbox.messages().len(), 2);
    shown.debug(&sandbox);
    shown.debug(&sandbox.messages());
    shown.debug(&Sandbox::builder());
    shown.debug(&Inbound::new(number(), number(), TEXT));
    shown.debug(&anysms::message::AccountId::from(ACCOUNT));
    shown.debug(&[twilio.into_dyn(), plivo.into_dyn()]);
    shown.assert_silent();
}

#[tokio::test]
async fn numbers_purchases_and_pools_are_silent() {
    use anysms::intent::MemoryIntents;
    use anysms::numbers::{
        HookMethod, InboundRoute, NumberBuyer, NumberCategory, NumberQuery, NumberSearch,
        NumberSetup, Numbers, PoolMaker, PoolSetup, Purchase, Release,
    };
    use anysms::{plivo::PlivoSandbox, sandbox::Sandbox};

    let mut shown = Shown::default();
    let sandbox = Sandbox::start().await.unwrap();
    let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    let setup = NumberSetup::new().named(TEXT).calling(url());
    shown.debug(&setup);
    shown.debug(&Purchase::at_any_price(number()).with_setup(setup.clone()));
    shown.debug(&Release::confirm(number(), NUMBER).unwrap());
    shown.error(&Release::confirm("+447700900124".parse().unwrap(), NUMBER).unwrap_err());
    shown.debug(&NumberQuery::of(number()).named(TEXT));
    let search = NumberSearch::new("GB".parse().unwrap(), NumberCategory::Mobile);
    shown.debug(&search.containing("447700900123").in_area("7700900123"));
    shown.debug(&PoolSetup::new("club").with_inbound(url()).with_status_callback(url()));
    for numbers in [Arc::new(twilio.clone()) as Arc<dyn Numbers>, Arc::new(plivo.clone())] {
        let buyer = NumberBuyer::new(numbers.clone(), Arc::new(MemoryIntents::new()));
        shown.debug(&buyer.buy(&Purchase::at_any_price(number())).await.unwrap());
        shown.debug(&buyer);
        shown.debug(&numbers.list_numbers(&NumberQuery::new()).await.unwrap());
        let offered = NumberSearch::new("GB".parse().unwrap(), NumberCategory::Mobile);
        shown.debug(&numbers.search(&offered).await.unwrap());
        let cheap = Purchase::new(number(), "0.01 USD".parse().unwrap());
        shown.error(&numbers.buy(&cheap).await.unwrap_err());
        let unowned = "+447700900199".parse().unwrap();
        shown.error(&numbers.configure(unowned, &setup).await.unwrap_err());
        shown.error(&buyer.forget(number()).await.unwrap_err());
        shown.debug(&buyer.recover().await.unwrap());
    }
    plivo.create_application(TEXT, &url(), HookMethod::Post).await.unwrap();
    shown.debug(&plivo.applications().await.unwrap());
    let id = "CANARY".to_owned();
    shown.error(&plivo.delete_application(&id).await.unwrap_err());
    let setup = NumberSetup::new().routed_to(InboundRoute::Application("CANARY_x".into()));
    shown.error(&plivo.configure(PlivoSandbox::NUMBER.parse().unwrap(), &setup).await.unwrap_err());
    shown.debug(&PoolMaker::new(twilio, Arc::new(MemoryIntents::new())));
    shown.assert_silent();
}

#[tokio::test]
async fn registrations_are_silent() {
    use anysms::plivo::PlivoProfile;
    use anysms::registration::{
        BrandForm, CampaignForm, Filing, MemoryRegistrationHistory, RegistrationDesk,
        RegistrationForm, RegistrationReason, RegistrationState, TollFreeForm,
    };

    let mut shown = Shown::default();
    let mut brand = BrandForm::new("club");
    brand.profile = Some("p-1".to_owned());
    brand.callback = Some(URL.into());
    let mut campaign = CampaignForm::new("tables", TEXT);
    campaign.description = TEXT.into();
    campaign.message_flow = TEXT.into();
    campaign.samples = vec![TEXT.into(), NUMBER.into()];
    campaign.opt_in_message = Some(TEXT.into());
    campaign.privacy_policy = Some(URL.into());
    let mut line = TollFreeForm::new("line");
    line.number = Some(number());
    line.notification_email = TEXT.into();
    line.sample = TEXT.into();
    line.business.name = TEXT.into();
    line.business.contact_first_name = Some(TEXT.into());
    line.business.contact_phone = Some(number());
    line.business.registration_number = Some(TEXT.into());
    for form in [brand.clone().into(), campaign.into(), RegistrationForm::from(line)] {
        shown.debug(&form);
        shown.debug(&form.check());
        for finding in form.check() {
            shown.0.push(("a finding".to_owned(), finding.to_string()));
        }
    }
    let mut profile = PlivoProfile::new("club", TEXT);
    profile.ein = Some(TEXT.into());
    shown.debug(&profile);
    shown.debug(&RegistrationReason::new(TEXT));
    let answers = ScriptedTransport::new()
        .answer(200, r#"{"brands":[]}"#)
        .answer(202, r#"{"brand_id":"B1"}"#)
        .answer(
            200,
            format!(
                r#"{{"brand":{{"brand_id":"B1","registration_status":"FAILED",
            "declined_reasons":[{{"code":"1","message":"{TEXT}"}}]}}}}"#
            ),
        )
        .answer(500, format!(r#"{{"error":"{TEXT} {NUMBER}"}}"#));
    let config = plivo_config(MAIN);
    let plivo = Plivo::with_transport(&config, Arc::new(answers)).unwrap();
    let intents = Arc::new(anysms::intent::MemoryIntents::new());
    let history = Arc::new(MemoryRegistrationHistory::new());
    let desk = RegistrationDesk::new(plivo, intents, history.clone());
    let made = desk.submit(&brand.into()).await.unwrap();
    shown.debug(&made);
    let Filing::New(made) = made else { panic!("{made:?}") };
    let (rejected, moved) = desk.refresh(made.kind, "club").await.unwrap();
    assert_eq!(rejected.state, RegistrationState::Rejected);
    shown.debug(&(rejected, moved));
    shown.debug(&desk.history(made.kind, "club").await.unwrap());
    shown.error(&desk.refresh(made.kind, "club").await.unwrap_err());
    shown.debug(&desk);
    shown.debug(&history);
    shown.assert_silent();
}

#[tokio::test]
async fn layers_are_silent() {
    use anysms::layers::{
        Failover, GuardPolicy, LayerExt, ProviderHealth, Quota, RetryPolicy, Route, Weighted,
    };
    use anysms::number::Region;
    use anysms::suppression::{MemorySuppressionList, SuppressionList, SuppressionSource};

    let answers = || {
        let script = ScriptedTransport::new();
        (0..20).fold(script, |script, _| script.answer(201, r#"{"sid":"SM1"}"#))
    };
    let twilio = || Twilio::with_transport(&twilio_config(), Arc::new(answers())).unwrap();
    let (list, reports) = (MemorySuppressionList::new(), ProviderHealth::default());
    list.insert("+447700900999".parse().unwrap(), SuppressionSource::Keyword).await.unwrap();
    let inner = || {
        let limits = [Quota::messages(1_000).per_sender(), Quota::messages(1_000).per_campaign()];
        twilio().suppress(Arc::new(list.clone())).unwrap().rate_limit(limits)
    };
    let retry = || inner().retry(RetryPolicy::default());
    let failover = Failover::new(retry()).or(retry()).unwrap();
    let route = Route::new(failover).countries([Region::GB], retry()).unwrap();
    let weighted = Weighted::new(route, 1, &reports).and(retry(), 1).unwrap();
    let policy = GuardPolicy::new([Region::GB]).redirecting_to(number());
    let sms = weighted.guard(policy).timeout(Duration::from_secs(10));
    let message = Message::new(number(), TEXT).with_sender("+447700900124".parse().unwrap());
    let mut shown = Shown::default();
    shown.debug(&sms);
    sms.send(&message).await.unwrap();
    shown.debug(&sms);
    shown.debug(&(list.clone(), reports));
    let suppressed = Message::new("+447700900999".parse::<PhoneNumber>().unwrap(), TEXT);
    shown.error(&inner().send(&suppressed).await.unwrap_err());
    for _ in 0..3 {
        let _ = sms.send(&message).await;
    }
    shown.error(&sms.send(&message).await.unwrap_err());
    let mut all = std::sync::Arc::new(sms).send_each([message.clone()]);
    shown.debug(&all);
    let sent = all.next().await.unwrap();
    shown.debug(&(sent, all.summary().clone()));
    shown.debug(&all);
    shown.assert_silent();
}
