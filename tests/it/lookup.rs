//! Lookups of both vendors, and the cache around them.

use std::{sync::Arc, time::Duration};

use anysms::{
    ErrorKind, Outcome, PhoneNumber,
    lookup::{LineType, Lookup, LookupCache, LookupPackage, LookupReport},
    plivo::{PLIVO, Plivo, PlivoConfig},
    sandbox::{Fault, Sandbox, When},
    testing::ScriptedTransport,
    twilio::{TWILIO, Twilio, TwilioConfig},
};

fn number() -> PhoneNumber {
    "+447700900123".parse().unwrap()
}

async fn both() -> (Sandbox, [Arc<dyn Lookup>; 2]) {
    let sandbox = Sandbox::start().await.unwrap();
    let twilio = Twilio::new(&TwilioConfig::sandbox(&sandbox)).unwrap();
    let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox)).unwrap();
    (sandbox, [Arc::new(twilio), Arc::new(plivo)])
}

#[tokio::test]
async fn a_line_and_its_carrier_are_told_and_a_number_that_is_none_is_no_error() {
    let (_sandbox, lookups) = both().await;
    for lookup in lookups {
        let report = lookup.lookup(number(), &[LookupPackage::LineType]).await.unwrap();
        assert_eq!((report.valid, report.line), (Some(true), Some(LineType::Mobile)));
        assert_eq!(report.country.unwrap().as_str(), "GB");
        assert!(report.carrier.unwrap().name.is_some());
        assert!(report.failed.is_empty());
        let bare = lookup.lookup(number(), &[]).await.unwrap();
        assert_eq!((bare.valid, bare.line, bare.carrier), (Some(true), None, None));
        let none: PhoneNumber = "+4415123456".parse().unwrap();
        assert_eq!(lookup.lookup(none, &[]).await.unwrap().valid, Some(false));
    }
}

#[tokio::test]
async fn a_package_that_a_provider_does_not_have_is_refused_before_it_is_paid() {
    let (sandbox, [twilio, plivo]) = both().await;
    assert_eq!(twilio.packages().len(), 7);
    let error = plivo.lookup(number(), &[LookupPackage::SimSwap]).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    assert!(sandbox.usage().is_empty());
    assert_eq!(plivo.lookup_price(&[]).unwrap().to_string(), "0.004 USD");
    assert_eq!(twilio.lookup_price(&[]).unwrap().to_string(), "0 USD");
    assert_eq!(twilio.lookup_price(&[LookupPackage::SimSwap]), None, "nobody publishes it");
    assert_eq!((twilio.lookup_provider(), plivo.lookup_provider()), (TWILIO, PLIVO));
}

#[tokio::test]
async fn every_package_of_twilio_is_read() {
    let answer = r#"{"calling_country_code":"44","country_code":"GB","phone_number":"+447700900123",
        "valid":true,"validation_errors":[],
        "line_type_intelligence":{"type":"nonFixedVoip","carrier_name":"Acme","mobile_country_code":"234",
            "mobile_network_code":null,"error_code":null},
        "caller_name":{"caller_name":"CLUB","caller_type":"BUSINESS","error_code":null},
        "sim_swap":{"last_sim_swap":{"last_sim_swap_date":"2026-11-29T08:00:00Z","swapped_period":"PT48H",
            "swapped_in_period":true},"error_code":null},
        "call_forwarding":{"call_forwarding_enabled":"true","error_code":null},
        "line_status":{"status":"unreachable","error_code":null},
        "reassigned_number":{"is_number_reassigned":"no_data_available","error_code":"60608"},
        "sms_pumping_risk":{"sms_pumping_risk_score":73,"error_code":null},"later":{"x":1}}"#;
    let transport = Arc::new(ScriptedTransport::new().answer(200, answer));
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token");
    let twilio = Twilio::with_transport(&config, transport.clone()).unwrap();
    let report = twilio.lookup(number(), twilio.packages()).await.unwrap();
    assert_eq!(report.line, Some(LineType::NonFixedVoip));
    let carrier = report.carrier.unwrap();
    assert_eq!(
        (carrier.name.as_deref(), carrier.mcc.as_deref(), carrier.mnc),
        (Some("Acme"), Some("234"), None)
    );
    assert_eq!(report.caller_name.as_deref(), Some("CLUB"));
    assert_eq!(
        (report.sim_swapped, report.forwarded, report.active),
        (Some(true), Some(true), Some(false))
    );
    assert_eq!(report.sim_swapped_at, Some("2026-11-29T08:00:00Z".parse().unwrap()));
    assert_eq!((report.reassigned, report.pumping_risk), (None, Some(73)));
    assert_eq!(report.failed, [(LookupPackage::Reassigned, 60608)]);
    let request = transport.requests().remove(0);
    let asked = request.uri().to_string();
    assert!(
        asked.starts_with("https://lookups.twilio.com/v2/PhoneNumbers/%2B447700900123?Fields="),
        "{asked}"
    );
}

#[tokio::test]
async fn a_cache_pays_once_for_what_stays_and_each_time_for_what_does_not() {
    let (sandbox, [twilio, _]) = both().await;
    let cache = LookupCache::new(twilio);
    let paid = || sandbox.usage().iter().map(|used| used.count).sum::<u64>();
    let packages = [LookupPackage::LineType, LookupPackage::SimSwap];
    let first = cache.lookup(number(), &packages).await.unwrap();
    assert_eq!(paid(), 2);
    assert_eq!(cache.missing(number(), &packages), [LookupPackage::SimSwap]);
    let second = cache.lookup(number(), &packages).await.unwrap();
    assert_eq!((second.line, second.carrier), (first.line, first.carrier));
    assert_eq!(second.at, first.at, "it is as old as its oldest part");
    assert_eq!(paid(), 3, "the SIM alone was asked about again");
    sandbox.inject_at("/PhoneNumbers/", When::Every(1), Fault::Refuse(503));
    let kept = cache.lookup(number(), &[LookupPackage::LineType]).await.unwrap();
    assert_eq!((kept.line, kept.valid), (first.line, Some(true)), "without asking");
    let error = cache.lookup(number(), &packages).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    sandbox.clear_faults();

    let cache = cache.with_life(LookupPackage::LineType, Duration::ZERO);
    assert_eq!(cache.missing(number(), &packages), packages);
}

#[test]
fn a_plan_tells_something_without_asking() {
    let report = LookupReport::offline("+447700900123".parse().unwrap());
    assert_eq!((report.line, report.carrier), (Some(LineType::Mobile), None));
    let report = LookupReport::offline("+448081570123".parse().unwrap());
    assert_eq!(report.line, Some(LineType::TollFree));
}
