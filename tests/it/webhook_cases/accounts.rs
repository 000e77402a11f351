//! Several accounts behind one address: each request is checked with the keys of the account it names.

use std::collections::{BTreeMap, HashMap};

use anysms::{
    plivo::PlivoWebhook,
    twilio::TwilioWebhook,
    webhook::{
        KeyRing, PublicUrl,
        WebhookErrorKind::{BadSignature, WrongAccount},
    },
};

use crate::webhook_cases::common::{Call, NONCE, PS, S, SIGNATURE, TOKEN, U, form, s_and, s_but};

const A: &str = S[0].1;
const B: &str = "AC00000000000000000000000000000002";
const HOST: &str = "https://hooks.example.com";

fn ring(token: &str) -> KeyRing {
    KeyRing::new(token).unwrap()
}

fn twilio() -> TwilioWebhook {
    let keys = HashMap::from([(A.to_owned(), ring(TOKEN)), (B.to_owned(), ring("token of B"))]);
    TwilioWebhook::by_account(keys, U.parse().unwrap())
}

fn signed_by(token: &str, body: String) -> Call {
    let webhook = TwilioWebhook::new(token, U.parse().unwrap()).unwrap();
    Call::post(U, body).signed_by(&webhook, U)
}

#[test]
fn twilio_is_checked_with_the_keys_of_its_account() {
    let webhook = twilio();
    assert_eq!(Call::status().check(&webhook), Ok(0));
    assert_eq!(Call::status().update(&webhook).account.unwrap().as_str(), A);
    let of_b = s_but("AccountSid", B);
    let call = signed_by("token of B", of_b.clone());
    assert_eq!(call.update(&webhook).account.unwrap().as_str(), B);
    assert_eq!(webhook.sign(U, of_b.as_bytes()), signed_by_header(&call));
    // Another account's key never verifies, whichever way round.
    assert_eq!(signed_by(TOKEN, of_b.clone()).check(&webhook), Err(BadSignature));
    assert_eq!(signed_by("token of B", form(&S)).check(&webhook), Err(BadSignature));
    assert_eq!(Call::status().saying(of_b).signed(SIGNATURE).check(&webhook), Err(BadSignature));
}

/// The signature that a call carries.
fn signed_by_header(call: &Call) -> Result<String, anysms::webhook::WebhookError> {
    let text = |text: Option<&str>| text.unwrap().to_owned();
    call.request(|request| request.header("X-Twilio-Signature").map(text))
}

#[test]
fn twilio_of_an_account_that_is_not_known() {
    let webhook = twilio();
    for body in [
        s_but("AccountSid", "AC00000000000000000000000000000003"),
        s_but("AccountSid", &A.to_lowercase()),
        s_but("AccountSid", ""),
        form(&S[1..]),
        s_and(&[("AccountSid", B)]),
        s_and(&[("AccountSid", A)]),
    ] {
        for token in [TOKEN, "token of B"] {
            let error = signed_by(token, body.clone()).error(&webhook);
            assert_eq!((error.kind(), error.http_status()), (WrongAccount, 403), "{body}");
        }
        assert!(webhook.sign(U, body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn twilio_by_get_names_its_account_in_the_query() {
    let keys = BTreeMap::from([(A.to_owned(), ring(TOKEN))]);
    let public: PublicUrl = U.parse().unwrap();
    let webhook = TwilioWebhook::by_account(keys, public.by_get());
    let url = format!("{U}?{}", form(&S));
    let by_a = crate::webhook_cases::common::twilio_get(U);
    let call = Call::get(&url).signed_by(&by_a, &url);
    assert_eq!(call.check(&webhook), Ok(0));
    let other = url.replace(A, B);
    assert_eq!(Call::get(&other).signed_by(&by_a, &other).check(&webhook), Err(WrongAccount));
}

fn plivo() -> PlivoWebhook {
    let keys = [("MA1", "token of 1"), ("MA2", "token of 2")];
    let keys: HashMap<_, _> = keys.map(|(name, token)| (name.to_owned(), ring(token))).into();
    PlivoWebhook::by_account(keys, HOST.parse().unwrap())
}

/// A request to the address of one account, signed by the token of another, in V3 and V2.
fn plivo_calls(account: &str, token: &str) -> [Call; 2] {
    let url = format!("{HOST}/plivo/{account}");
    let signer = PlivoWebhook::new(token, HOST.parse().unwrap()).unwrap();
    let call = Call::post(&url, form(&PS));
    let v2 = call.clone().v2(&signer.sign_v2(&url, NONCE).unwrap(), NONCE);
    [call.v3_of(&signer), v2]
}

#[test]
fn plivo_names_the_account_in_its_path() {
    let webhook = plivo();
    for (account, token) in [("MA1", "token of 1"), ("MA2", "token of 2")] {
        for call in plivo_calls(account, token) {
            assert_eq!(call.check(&webhook), Ok(0));
            assert!(
                call.proof(&webhook, |proof| proof.account.as_deref() == Some(account)),
                "the proof says it"
            );
            assert_eq!(call.update(&webhook).account.unwrap().as_str(), account);
        }
    }
    for (account, token) in [("MA1", "token of 2"), ("MA2", "token of 1")] {
        for call in plivo_calls(account, token) {
            assert_eq!(call.check(&webhook), Err(BadSignature), "{account}");
        }
    }
    for account in ["MA3", "ma1", "", "MA1/x", "MA1%2f"] {
        for call in plivo_calls(account, "token of 1") {
            let error = call.error(&webhook);
            assert_eq!((error.kind(), error.http_status()), (WrongAccount, 403), "{account}");
        }
    }
}

#[test]
fn plivo_of_one_account_cannot_be_told_as_anothers() {
    let webhook = plivo();
    for call in plivo_calls("MA2", "token of 2") {
        // Moved to the address of the other, or named as it in what is not signed.
        assert_eq!(call.clone().to("/plivo/MA1").check(&webhook), Err(BadSignature));
        let named = call.clone().to("/plivo/MA2?account=MA1");
        let told = named.receive(&webhook).map(|event| format!("{event:?}"));
        assert!(told.map_or(true, |event| !event.contains("MA1")));
        assert_eq!(call.update(&webhook).account.unwrap().as_str(), "MA2");
        assert_eq!(call.to("/plivo/MA2/MA1").check(&webhook), Err(BadSignature));
    }
    // Where the whole address is configured, the path of the request names nobody.
    let keys = HashMap::from([("MA1".to_owned(), ring("token of 1"))]);
    let url = format!("{HOST}/plivo/MA2");
    let pinned = PlivoWebhook::by_account(keys, url.parse().unwrap());
    let signer = PlivoWebhook::new("token of 1", HOST.parse().unwrap()).unwrap();
    let call = Call::post(&url, form(&PS)).v3_of(&signer).to("/plivo/MA1");
    assert_eq!(call.check(&pinned), Err(WrongAccount));
}

#[test]
fn keys_that_are_looked_up_change_meanwhile() {
    let of_a = ring("old token");
    let keys = HashMap::from([(A.to_owned(), of_a.clone())]);
    let webhook = TwilioWebhook::by_account(keys, U.parse().unwrap());
    assert_eq!(Call::status().check(&webhook), Err(BadSignature));
    of_a.add(TOKEN).unwrap();
    assert_eq!(Call::status().check(&webhook), Ok(1));
    of_a.replace([TOKEN]).unwrap();
    assert_eq!(Call::status().check(&webhook), Ok(0));
    assert!(webhook.with_key(TOKEN).is_err() && plivo().with_key(TOKEN).is_err());
}

#[test]
fn one_verifiers_keys_are_not_its_clones() {
    let production = crate::webhook_cases::common::twilio(U);
    let staging = production.clone().with_key("staging").unwrap();
    let call =
        Call::status().signed_by(&TwilioWebhook::new("staging", U.parse().unwrap()).unwrap(), U);
    assert_eq!((call.check(&staging), call.check(&production)), (Ok(1), Err(BadSignature)));

    let production = crate::webhook_cases::common::plivo(crate::webhook_cases::common::V);
    let staging = production.clone().with_key("staging").unwrap();
    let subaccounts = staging.clone().with_subaccount_key("more").unwrap();
    let more = subaccounts.clone().with_subaccount_key("most").unwrap();
    let by = |token: &str| {
        Call::plivo(crate::webhook_cases::common::V).v3_of(
            &PlivoWebhook::new(token, crate::webhook_cases::common::V.parse().unwrap()).unwrap(),
        )
    };
    assert_eq!(
        (by("staging").check(&staging), by("staging").check(&production)),
        (Ok(1), Err(BadSignature))
    );
    assert_eq!(
        (by("more").check(&subaccounts), by("more").check(&staging)),
        (Ok(2), Err(BadSignature))
    );
    assert_eq!(
        (by("most").check(&more), by("most").check(&subaccounts)),
        (Ok(3), Err(BadSignature))
    );
}
