//! The requests about numbers, pools, short codes and applications.

use std::time::Duration;

use anysms::{
    number::Region,
    numbers::{
        HookMethod, InboundRoute, NumberCapabilities, NumberCategory, NumberQuery, NumberSearch,
        NumberSetup, Numbers, PoolQuery, PoolSetup, Pools, Purchase, Release, ShortCodes,
    },
    testing::ScriptedTransport,
};

use super::{Golden, POWERPACK, plivo, sender, to, twilio, twilio_config, url};

const POOL: &str = super::POOL;
const OWN: &str = r#"{"incoming_phone_numbers":[{"sid":"PN00000000000000000000000000000008",
    "phone_number":"+447700900123"}]}"#;
const CODE: &str =
    r#"{"short_codes":[{"sid":"SC00000000000000000000000000000009","short_code":"72345"}]}"#;
const PRICES: &str = r#"{"price_unit":"USD","phone_number_prices":[
    {"number_type":"mobile","base_price":"1.15","current_price":"1.15"}]}"#;

fn scripted(answers: &[(u16, &str)]) -> ScriptedTransport {
    answers.iter().fold(ScriptedTransport::new(), |script, (status, body)| {
        script.answer(*status, (*body).to_owned())
    })
}

fn search() -> NumberSearch {
    NumberSearch::new(Region::US, NumberCategory::Local)
        .in_area("415")
        .in_region("CA")
        .in_city("San Francisco")
        .able_to(NumberCapabilities::MMS.and_voice())
        .at_most(10)
}

fn purchase() -> Purchase {
    Purchase::new(to(), "2 USD".parse().unwrap()).with_documents("BU1")
}

fn release() -> Release {
    Release::confirm(to(), "+447700900123").unwrap()
}

pub(super) async fn of_twilio(golden: &mut Golden) {
    let client = |transport: &ScriptedTransport| twilio(&twilio_config(), transport);
    let found = r#"{"available_phone_numbers":[{"phone_number":"+15555550123"}]}"#;
    let transport = scripted(&[(200, found), (200, PRICES)]);
    client(&transport).search(&search().containing("CLUB*")).await.unwrap();
    golden.check("numbers_search", &transport);

    let bought = r#"{"sid":"PN1","phone_number":"+447700900123"}"#;
    let transport = scripted(&[(200, PRICES), (201, bought)]);
    let setup = NumberSetup::new().named("Club & Co").calling(url("https://example.com/sms"));
    let whole = purchase().with_setup(setup.clone()).with_address("AD1");
    client(&transport).buy(&whole).await.unwrap();
    golden.check("numbers_buy", &transport);
    let transport = scripted(&[(201, bought)]);
    client(&transport).buy(&Purchase::at_any_price(to())).await.unwrap();
    golden.check("numbers_buy_at_any_price", &transport);

    for (name, setup) in [
        ("numbers_configure", setup),
        ("numbers_configure_nobody", NumberSetup::new().calling_nobody()),
        (
            "numbers_configure_application",
            NumberSetup::new().routed_to(InboundRoute::Application("AP1".into())),
        ),
    ] {
        let transport = scripted(&[(200, OWN), (200, "{}")]);
        client(&transport).configure(to(), &setup).await.unwrap();
        golden.check(name, &transport);
    }
    let transport = scripted(&[(200, "{}")]);
    client(&transport).list_numbers(&NumberQuery::new().at_most(20)).await.unwrap();
    golden.check("numbers_list", &transport);
    let transport = scripted(&[(200, OWN), (204, "")]);
    client(&transport).release(&release()).await.unwrap();
    golden.check("numbers_release", &transport);

    let pool = POOL.parse().unwrap();
    let created = format!(r#"{{"sid":"{POOL}","friendly_name":"club"}}"#);
    let setup = PoolSetup::new("club")
        .with_sticky_sender(false)
        .with_inbound(url("https://example.com/in"))
        .with_fallback(url("https://example.com/fallback"))
        .with_status_callback(url("https://example.com/status"))
        .with_validity(Duration::from_secs(3_600));
    let transport = scripted(&[(201, &created)]);
    client(&transport).create_pool(&setup).await.unwrap();
    golden.check("pools_create", &transport);
    let transport = scripted(&[(200, "{}")]);
    client(&transport).list_pools(&PoolQuery::named("club")).await.unwrap();
    golden.check("pools_list", &transport);
    for (name, text, looked) in [
        ("pools_add_number", "+447700900123", Some(OWN)),
        ("pools_add_short_code", "72345", Some(CODE)),
        ("pools_add_alphanumeric", "ACME", None),
    ] {
        let mut answers: Vec<(u16, &str)> = looked.into_iter().map(|body| (200, body)).collect();
        answers.push((201, "{}"));
        let transport = scripted(&answers);
        client(&transport).add_sender(&pool, &sender(text)).await.unwrap();
        golden.check(name, &transport);
    }
    let members = r#"{"alpha_senders":[{"sid":"AI1","alpha_sender":"ACME"}]}"#;
    let transport = scripted(&[(200, members), (204, "")]);
    client(&transport).remove_sender(&pool, &sender("ACME")).await.unwrap();
    golden.check("pools_remove", &transport);
    let transport = scripted(&[(200, "{}"), (200, "{}"), (200, members)]);
    client(&transport).senders(&pool).await.unwrap();
    golden.check("pools_senders", &transport);
    let transport = scripted(&[(204, "")]);
    client(&transport).delete_pool(&pool).await.unwrap();
    golden.check("pools_delete", &transport);

    let transport = scripted(&[(200, CODE)]);
    client(&transport).list_short_codes().await.unwrap();
    golden.check("short_codes_list", &transport);
    let transport = scripted(&[(200, CODE), (200, "{}")]);
    let setup = NumberSetup::new()
        .named("Club")
        .routed_to(InboundRoute::Webhook(url("https://example.com/sms"), HookMethod::Get));
    client(&transport).configure_short_code(&"72345".parse().unwrap(), &setup).await.unwrap();
    golden.check("short_codes_configure", &transport);
}

pub(super) async fn of_plivo(golden: &mut Golden) {
    let client = |transport: &ScriptedTransport| plivo("MA000000000000000001", transport);
    let transport = scripted(&[(200, r#"{"objects":[]}"#)]);
    client(&transport).search(&search()).await.unwrap();
    golden.check("numbers_search", &transport);

    let offered = r#"{"objects":[{"number":"447700900123","type":"mobile","setup_rate":"0.0",
        "monthly_rental_rate":"1.15"}]}"#;
    let bought =
        r#"{"numbers":[{"number":"447700900123","status":"Success"}],"status":"fulfilled"}"#;
    let own = r#"{"number":"447700900123"}"#;
    let application = NumberSetup::new().routed_to(InboundRoute::Application("123".into()));
    let transport = scripted(&[(200, offered), (201, bought), (200, own)]);
    client(&transport).buy(&purchase().with_setup(application.clone())).await.unwrap();
    golden.check("numbers_buy", &transport);
    for (name, setup) in [
        ("numbers_configure", application.named("Club & Co")),
        ("numbers_configure_nobody", NumberSetup::new().calling_nobody()),
    ] {
        let transport = scripted(&[(202, "{}")]);
        client(&transport).configure(to(), &setup).await.unwrap();
        golden.check(name, &transport);
    }
    let transport = scripted(&[(200, "{}")]);
    client(&transport).list_numbers(&NumberQuery::new().named("Club")).await.unwrap();
    golden.check("numbers_list", &transport);
    let transport = scripted(&[(204, "")]);
    client(&transport).release(&release()).await.unwrap();
    golden.check("numbers_release", &transport);

    let pool = POWERPACK.parse().unwrap();
    let powerpack = format!(
        r#"{{"uuid":"{POWERPACK}","name":"club","number_pool":"/v1/Account/MA/NumberPool/n-1/"}}"#
    );
    let transport = scripted(&[(200, &powerpack)]);
    let setup = PoolSetup::new("club").with_sticky_sender(false).with_application("123");
    client(&transport).create_pool(&setup).await.unwrap();
    golden.check("pools_create", &transport);
    let transport = scripted(&[(200, "{}")]);
    client(&transport).list_pools(&PoolQuery::new()).await.unwrap();
    golden.check("pools_list", &transport);
    for (name, text) in [
        ("pools_add_number", "+447700900123"),
        ("pools_add_toll_free", "+18005550123"),
        ("pools_add_short_code", "72345"),
    ] {
        let transport = scripted(&[(200, &powerpack), (200, "{}")]);
        client(&transport).add_sender(&pool, &sender(text)).await.unwrap();
        golden.check(name, &transport);
    }
    let transport = scripted(&[(200, &powerpack), (200, "{}")]);
    client(&transport).remove_sender(&pool, &sender("72345")).await.unwrap();
    golden.check("pools_remove", &transport);
    let transport = scripted(&[(200, &powerpack), (200, "{}"), (200, "{}"), (200, "{}")]);
    client(&transport).senders(&pool).await.unwrap();
    golden.check("pools_senders", &transport);
    let transport = scripted(&[(200, "{}")]);
    client(&transport).delete_pool(&pool).await.unwrap();
    golden.check("pools_delete", &transport);

    let transport = scripted(&[(201, r#"{"app_id":"123"}"#)]);
    let hook = url("https://example.com/sms");
    client(&transport).create_application("inbox", &hook, HookMethod::Post).await.unwrap();
    golden.check("applications_create", &transport);
    let transport = scripted(&[(200, "{}")]);
    client(&transport).applications().await.unwrap();
    golden.check("applications_list", &transport);
    let transport = scripted(&[(204, "")]);
    client(&transport).delete_application("123").await.unwrap();
    golden.check("applications_delete", &transport);
}
