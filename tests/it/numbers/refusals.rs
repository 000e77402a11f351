//! What is refused before a vendor is asked, and what an answer that cannot be read proves.

use std::sync::Arc;

use anysms::{
    ErrorKind, Outcome, Sender,
    number::Region,
    numbers::{
        InboundRoute, NumberCategory, NumberQuery, NumberSearch, NumberSetup, Numbers, PoolQuery,
        PoolSetup, Pools, Purchase, Release, ShortCodes,
    },
    plivo::{Plivo, PlivoConfig},
    testing::ScriptedTransport,
    transport::TransportErrorKind,
    twilio::{Twilio, TwilioConfig},
};

use super::{mobile, usd};

fn twilio(transport: &ScriptedTransport) -> Twilio {
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token");
    Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

fn plivo(transport: &ScriptedTransport) -> Plivo {
    let config = PlivoConfig::new("MA000000000000000001", "token");
    Plivo::with_transport(&config, Arc::new(transport.clone())).unwrap()
}

fn us() -> NumberSearch {
    NumberSearch::new(Region::US, NumberCategory::Local)
}

#[tokio::test]
async fn what_a_vendor_does_not_have_is_refused_before_it_is_asked() {
    let transport = ScriptedTransport::new();
    let (twilio, plivo) = (twilio(&transport), plivo(&transport));
    let url = || "https://example.com/sms".parse().unwrap();
    let any = || Purchase::at_any_price(mobile(100));
    let gb = NumberSearch::new(Region::GB, NumberCategory::Local).in_area("20");
    let application = NumberSetup::new().routed_to(InboundRoute::Application("AP1".into()));
    let errors = [
        twilio.search(&gb).await.unwrap_err(),
        twilio.create_pool(&PoolSetup::new("a").with_application("1")).await.unwrap_err(),
        twilio.add_sender(&"MG1".parse().unwrap(), &"rcs:acme".parse().unwrap()).await.unwrap_err(),
        twilio.configure_short_code(&"72345".parse().unwrap(), &application).await.unwrap_err(),
        plivo.search(&us().containing("CLUB")).await.unwrap_err(),
        plivo.buy(&any().with_address("AD1")).await.unwrap_err(),
        plivo.buy(&any().with_setup(NumberSetup::new().named("Club"))).await.unwrap_err(),
        plivo.buy(&any().with_setup(NumberSetup::new().calling(url()))).await.unwrap_err(),
        plivo.configure(mobile(100), &NumberSetup::new().calling(url())).await.unwrap_err(),
        plivo.create_pool(&PoolSetup::new("a").with_inbound(url())).await.unwrap_err(),
        plivo.create_pool(&PoolSetup::new("a").with_fallback(url())).await.unwrap_err(),
        plivo.create_pool(&PoolSetup::new("a").with_status_callback(url())).await.unwrap_err(),
        plivo.add_sender(&"p".parse().unwrap(), &"ACME".parse().unwrap()).await.unwrap_err(),
        plivo.list_short_codes().await.unwrap_err(),
        plivo.configure_short_code(&"72345".parse().unwrap(), &application).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
        assert!(error.detail().contains(": ") && error.provider().is_some(), "{error}");
    }
    let errors = [
        twilio.search(&us().in_area("55")).await.unwrap_err(),
        twilio.search(&us().at_most(0)).await.unwrap_err(),
        plivo.search(&us().in_area("+1")).await.unwrap_err(),
        twilio.list_numbers(&NumberQuery::new().at_most(0)).await.unwrap_err(),
        plivo.list_numbers(&NumberQuery::new().at_most(100_001)).await.unwrap_err(),
        twilio.buy(&any().with_address("AD 1")).await.unwrap_err(),
        plivo.buy(&any().with_documents("")).await.unwrap_err(),
        twilio.create_pool(&PoolSetup::new("")).await.unwrap_err(),
        plivo.delete_application("../x").await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
    }
    assert!(transport.requests().is_empty());
}

#[tokio::test]
async fn a_purchase_whose_answer_cannot_be_read_may_have_happened() {
    let other = r#"{"sid":"PN1","phone_number":"+447700900199"}"#;
    for (status, body) in [(201, ""), (201, "<html>"), (201, "{}"), (201, other), (500, "{}")] {
        let transport = ScriptedTransport::new().answer(status, body);
        let bought = twilio(&transport).buy(&Purchase::at_any_price(mobile(100))).await;
        assert_eq!(bought.unwrap_err().outcome(), Outcome::Unknown, "{status} {body}");
    }
    let pending =
        r#"{"numbers":[{"number":"447700900100","status":"Success"}],"status":"pending"}"#;
    for (status, body) in [(201, ""), (201, "{}"), (201, pending), (504, "")] {
        let transport = ScriptedTransport::new().answer(status, body);
        let bought = plivo(&transport).buy(&Purchase::at_any_price(mobile(100))).await;
        assert_eq!(bought.unwrap_err().outcome(), Outcome::Unknown, "{status} {body}");
    }
    let done = r#"{"numbers":[{"number":"447700900100","status":"Success"}],"status":"fulfilled"}"#;
    let transport =
        ScriptedTransport::new().answer(201, done).fail(TransportErrorKind::Interrupted);
    let bought = plivo(&transport).buy(&Purchase::at_any_price(mobile(100))).await.unwrap();
    assert_eq!((bought.number, bought.id.as_str()), (mobile(100), "447700900100"));
}

#[tokio::test]
async fn a_price_that_cannot_be_asked_is_no_purchase() {
    for status in [500, 503, 429, 401] {
        let transport = ScriptedTransport::new().answer(status, "{}");
        let error =
            twilio(&transport).buy(&Purchase::new(mobile(100), usd("9"))).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent, "{status}");
        assert_eq!(transport.requests().len(), 1);
        assert_eq!(transport.requests()[0].method(), "GET");
    }
}

#[tokio::test]
async fn lists_end_at_their_limit_and_read_what_is_odd() {
    let page = r#"{"incoming_phone_numbers":[{"sid":"PN1","phone_number":"+15555550101",
        "friendly_name":null,"sms_url":"","capabilities":{"SMS":true},"later":1},
        {"sid":null,"phone_number":"+15555550102"},{"sid":"PN3","phone_number":"club"},null],
        "next_page_uri":"/2010-04-01/Accounts/AC00000000000000000000000000000001/IncomingPhoneNumbers.json?Page=1"}"#;
    let last = r#"{"incoming_phone_numbers":[{"sid":"PN4","phone_number":"+15555550104"},
        {"sid":"PN5","phone_number":"+15555550105"}]}"#;
    let transport = ScriptedTransport::new().answer(200, page).answer(200, last);
    let found = twilio(&transport).list_numbers(&NumberQuery::new().at_most(2)).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["PN1", "PN4"], "those that are none are left out");
    assert!(found[0].capabilities.sms && found[0].inbound == Some(InboundRoute::Nowhere));

    let transport = ScriptedTransport::new().answer(200, r#"{"meta":{"next":""},"objects":null}"#);
    assert!(plivo(&transport).list_pools(&PoolQuery::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_rented_or_given_up_by_the_way() {
    let powerpack =
        r#"{"uuid":"u-1","name":"club","number_pool":"/v1/Account/MA/NumberPool/n-1/"}"#;
    let transport = ScriptedTransport::new()
        .answer(200, powerpack)
        .answer(200, "{}")
        .answer(200, powerpack)
        .answer(200, "{}")
        .answer(200, "{}");
    let (plivo, pool) = (plivo(&transport), "u-1".parse().unwrap());
    let sender = Sender::Number(mobile(100));
    plivo.add_sender(&pool, &sender).await.unwrap();
    plivo.remove_sender(&pool, &sender).await.unwrap();
    plivo.delete_pool(&pool).await.unwrap();
    let bodies: Vec<String> = transport
        .requests()
        .iter()
        .filter(|request| request.method() != "GET")
        .map(|request| String::from_utf8(request.body().to_vec()).unwrap())
        .collect();
    assert_eq!(bodies, ["{}", r#"{"unrent":false}"#, r#"{"unrent_numbers":false}"#]);
}

#[tokio::test]
async fn a_release_asks_for_the_very_number() {
    // Twilio's filter takes a part of a number.
    let others = r#"{"incoming_phone_numbers":[{"sid":"PN1","phone_number":"+4477009001001"}]}"#;
    let transport = ScriptedTransport::new().answer(200, others);
    let release = Release::confirm(mobile(100), "+447700900100").unwrap();
    let error = twilio(&transport).release(&release).await.unwrap_err();
    assert_eq!((error.kind(), transport.requests().len()), (ErrorKind::NotFound, 1));
}
