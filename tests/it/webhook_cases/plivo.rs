//! D01 to D20: Plivo's signatures, headers and nonces.

use anysms::{
    plivo::PlivoWebhook,
    webhook::{
        Authenticity, MemoryReplayStore, Webhook,
        WebhookErrorKind::{
            self, BadNonce, BadSignature, MissingSignature, NonceReused, UnsupportedMethod,
        },
        WebhookExt,
    },
};

use crate::webhook_cases::common::{Call, FORM, NONCE, PLIVO_TOKEN, PS, V, form, plivo, plivo_get};

const HOST: &str = "https://hooks.example.com";
const V2: &str = "Qx/Xv4S2dGFpQ4ng3zaj7d0EX21gSHttY3zYvSU+PL0=";
const V3: &str = "Qwdjq6JZHJ4BlrmKsyIUQyrbyMN3aj3s14RZABoKdYw=";

/// `PS` sent to `V`, signed by V2.
fn v2() -> Call {
    Call::post(V, form(&PS)).v2(V2, NONCE)
}

/// `PS` sent to `V`, signed by V3.
fn v3() -> Call {
    Call::post(V, form(&PS)).v3(V3, NONCE)
}

fn authenticity(call: &Call, webhook: &PlivoWebhook) -> Authenticity {
    call.proof(webhook, |proof| proof.authenticity)
}

#[test]
fn d01_v2_published() {
    let signature = "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=";
    let at = |url: &str, token: &str| PlivoWebhook::new(token, url.parse().unwrap()).unwrap();
    let call = Call::post("https://answer.url", "").v2(signature, "12345");
    assert_eq!(call.check(&at("https://answer.url", "my_auth_token")), Ok(0));
    assert_eq!(call.check(&at("https://answer.url", "my_auth_tokens")), Err(BadSignature));
    assert_eq!(call.check(&at("https://answer.urls", "my_auth_token")), Err(BadSignature));
    let other = call.v2(signature, "123456");
    assert_eq!(other.check(&at("https://answer.url", "my_auth_token")), Err(BadSignature));
}

#[test]
fn d02_v2_own_vector() {
    assert_eq!(plivo(V).sign_v2(V, NONCE).as_deref(), Ok(V2));
    assert_eq!(v2().check(&plivo(V)), Ok(0));
    // The query is not signed; a whole address holds it all the same.
    let query = v2().to(&format!("{V}?x=1"));
    assert_eq!(query.check(&plivo(HOST)), Ok(0));
    assert_eq!(query.check(&plivo(V)), Err(BadSignature));
    assert_eq!(v2().to(&format!("{V}/")).check(&plivo(HOST)), Err(BadSignature));
    assert_eq!(v2().v2(V3, NONCE).check(&plivo(V)), Err(BadSignature));
}

#[test]
fn d03_v2_does_not_sign_the_body() {
    let tampered = v2().saying(form(&PS).replace("delivered", "failed"));
    for call in [v2(), tampered] {
        assert_eq!(call.check(&plivo(V)), Ok(0));
        assert_eq!(authenticity(&call, &plivo(V)), Authenticity::UrlOnly);
        assert_eq!(
            call.update(&plivo(V)).authenticity,
            Authenticity::UrlOnly,
            "and the event says so"
        );
    }
    assert_eq!(v3().update(&plivo(V)).authenticity, Authenticity::Full);
    let tampered = v3().saying(form(&PS).replace("delivered", "failed"));
    assert_eq!(tampered.check(&plivo(V)), Err(BadSignature));
}

#[test]
fn d04_v3_published() {
    let url = "https://plivobin.non-prod.plivops.com/api/v1/validate_signature03.xml";
    let params = form(&[
        ("Direction", "outbound"),
        ("From", "19792014278"),
        ("ALegUUID", "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"),
        ("CallStatus", "in-progress"),
        ("BillRate", "0.002"),
        ("ParentAuthID", "MANWVLYTK4ZWU1YTY4QA"),
        ("To", "sip:PlivoSignature382029104058171078704104@phone-qa.voice.plivodev.com"),
        ("ALegRequestUUID", "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"),
        ("CallUUID", "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"),
        ("RequestUUID", "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36"),
        ("SIP-H-To", "<sip:PlivoSignature382029104058171078704104@52.9.11.55;transport=udp>;tag=1"),
        ("SessionStart", "2020-04-08 11:34:33.238707"),
        ("Event", "StartApp"),
    ]);
    let token = "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4";
    let nonce = "31627761595286130198";
    let slash = format!("{url}/?a=b&c=d");
    for (address, get, signature) in [
        (slash.as_str(), false, "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c="),
        (slash.as_str(), true, "UBq8jAtd32wR8EK9VgxbBn4n5rpI/l1H9iN4WfSEHFQ="),
        (url, false, "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0="),
    ] {
        let public: anysms::webhook::PublicUrl = address.parse().unwrap();
        let public = if get { public.by_get() } else { public };
        let webhook = PlivoWebhook::new(token, public).unwrap();
        let call = match get {
            true => Call::get(&format!("{address}&{params}")),
            false => Call::post(address, params.as_str()),
        };
        let call = call.v3(signature, nonce);
        assert_eq!(call.check(&webhook), Ok(0), "{signature}");
        assert_eq!(call.v3(V3, nonce).check(&webhook), Err(BadSignature));
    }
}

#[test]
fn d05_v3_without_a_query() {
    let signed = plivo(V).sign_v3("POST", V, form(&PS).as_bytes(), NONCE);
    assert_eq!(signed.as_deref(), Ok(V3));
    assert_eq!(v3().check(&plivo(V)), Ok(0));
    let mut reversed = PS.to_vec();
    reversed.reverse();
    assert_eq!(v3().saying(form(&reversed)).check(&plivo(V)), Ok(0));
    for without in 0..PS.len() {
        let rest = [&PS[..without], &PS[without + 1..]].concat();
        assert_eq!(v3().saying(form(&rest)).check(&plivo(V)), Err(BadSignature));
    }
    assert_eq!(v3().saying(form(&PS) + "&a=").check(&plivo(V)), Err(BadSignature));
}

#[test]
fn d06_v3_with_a_query() {
    let signature = "/AB7Th0lmhbkYetF+XaztchdRjKV8BqNwAK/OA6MRRo=";
    let (given, reordered) = (format!("{V}?b=2&a=1"), format!("{V}?a=1&b=2"));
    for url in [&given, &reordered] {
        let call = Call::post(url, form(&PS)).v3(signature, NONCE);
        assert_eq!((call.check(&plivo(url)), call.check(&plivo(HOST))), (Ok(0), Ok(0)), "{url}");
        assert_eq!(call.clone().v3(V3, NONCE).check(&plivo(url)), Err(BadSignature));
        let changed = call.to(&url.replace("b=2", "b=3"));
        assert_eq!(changed.check(&plivo(HOST)), Err(BadSignature));
    }
    // A whole address is its query too, in whatever order the request has it.
    let call = Call::post(&reordered, form(&PS)).v3(signature, NONCE);
    assert_eq!(call.check(&plivo(&given)), Ok(0));
    for other in ["?a=1&b=3", "?a=1", "?a=1&b=2&c=3"] {
        let call = call.clone().to(&format!("{V}{other}"));
        assert_eq!(call.check(&plivo(&given)), Err(BadSignature), "{other}");
    }
    assert_eq!(call.to(V).check(&plivo(HOST)), Err(BadSignature));
}

#[test]
fn d07_v3_by_get() {
    let signature = "HJ85+g2FlI/oFvvWrK81H0Mj8ZIKsd+txtC92q6c1kA=";
    let url = format!("{V}?b=2&{}", form(&PS));
    let call = Call::get(&url).v3(signature, NONCE);
    for given in [&format!("{V}?b=2"), V, HOST] {
        assert_eq!(call.check(&plivo_get(given)), Ok(0), "{given}");
    }
    assert_eq!(call.check(&plivo_get(&format!("{V}?b=3"))), Err(BadSignature));
    let changed = call.clone().to(&url.replace("delivered", "failed"));
    assert_eq!(changed.check(&plivo_get(V)), Err(BadSignature));
    // Nothing parts a name from a value there, so that it proves the address alone.
    assert_eq!(authenticity(&call, &plivo_get(V)), Authenticity::UrlOnly);
}

#[test]
fn d08_v3_without_parameters() {
    let signature = "aOxtIQNFP/MRdu4HhxuLCykKlNRj/xpSeFhsJiRXkKo=";
    let call = Call::post(V, "").v3(signature, NONCE);
    assert_eq!(call.check(&plivo(V)), Ok(0));
    assert_eq!(call.clone().without("Content-Type").check(&plivo(V)), Ok(0));
    assert_eq!(call.clone().saying(form(&PS)).check(&plivo(V)), Err(BadSignature));
    // With the question mark that some of Plivo's libraries add.
    let mark = "sZ4w/6TkwyHluz2NkMzluvlW1k1T+DOQedfWeDcEDRg=";
    assert_eq!(call.v3(mark, NONCE).check(&plivo(V)), Err(BadSignature));
    assert_eq!(v3().saying("").check(&plivo(V)), Err(BadSignature));
}

#[test]
fn d09_no_way_back_to_v2() {
    let both = v3().v2(V2, NONCE);
    assert_eq!(both.proof(&plivo(V), |proof| proof.scheme), "X-Plivo-Signature-V3");
    assert_eq!(authenticity(&both, &plivo(V)), Authenticity::Full);
    for wrong in [V2, "x", "=", ",", " "] {
        for name in ["X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3"] {
            let call = both.clone().without("X-Plivo-Signature-V3").with(name, wrong);
            assert_eq!(call.check(&plivo(V)), Err(BadSignature), "{name} {wrong}");
        }
    }
    let tampered = both.saying(form(&PS).replace("delivered", "failed"));
    assert_eq!(tampered.check(&plivo(V)), Err(BadSignature));
    // Nor does a right V3 save it where its nonce is missing.
    let call = v3().v2(V2, NONCE).without("X-Plivo-Signature-V3-Nonce");
    assert_eq!(call.check(&plivo(V)), Err(BadNonce));
}

#[test]
fn d10_v3_required() {
    let strict = plivo(V).require_v3();
    assert_eq!(v2().check(&plivo(V)), Ok(0));
    assert_eq!(v2().check(&strict), Err(MissingSignature));
    let main = v2().without("X-Plivo-Signature-V2").with("X-Plivo-Signature-Ma-V2", V2);
    assert_eq!((main.check(&plivo(V)), main.check(&strict)), (Ok(0), Err(MissingSignature)));
    assert_eq!(v3().check(&strict), Ok(0));
}

#[test]
fn d11_the_account_and_its_subaccount() {
    let sub = "a subaccount's token";
    let by = |token: &str| {
        let webhook = PlivoWebhook::new(token, V.parse().unwrap()).unwrap();
        webhook.sign_v3("POST", V, form(&PS).as_bytes(), NONCE).unwrap()
    };
    let call = |plain: &str, main: &str| {
        let call = Call::post(V, form(&PS)).v3(&by(plain), NONCE);
        call.with("X-Plivo-Signature-Ma-V3", by(main))
    };
    let right = call(sub, PLIVO_TOKEN);
    let swapped = call(PLIVO_TOKEN, sub);
    let both = plivo(V).with_subaccount_key(sub).unwrap();
    let only_main = plivo(V).by_main_account();
    let only_sub = PlivoWebhook::new(sub, V.parse().unwrap()).unwrap();
    // The plain header decides where it is there.
    assert_eq!((right.check(&both), right.check(&only_sub)), (Ok(1), Ok(0)));
    assert_eq!(right.check(&plivo(V)), Err(BadSignature));
    assert_eq!((right.check(&only_main), swapped.check(&only_main)), (Ok(0), Err(BadSignature)));
    assert_eq!(swapped.check(&both), Ok(0), "the main account may own the number");
    assert_eq!(swapped.check(&only_sub), Err(BadSignature));
    // The main account's header is never signed by a subaccount.
    let bare = |call: Call| call.without("X-Plivo-Signature-V3");
    assert_eq!(bare(right.clone()).check(&both), Ok(0));
    assert_eq!(bare(swapped).check(&both), Err(BadSignature));
    let plain_only = right.without("X-Plivo-Signature-Ma-V3");
    assert_eq!(plain_only.check(&only_main), Err(MissingSignature));
}

#[test]
fn d12_several_signatures() {
    let filler = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let check = |header: &str| v3().v3(header, NONCE).check(&plivo(V));
    let lenient = |header: &str| v3().v3(header, NONCE).check(&plivo(V).lenient());
    for header in
        [format!("{filler},{V3}"), format!("{V3},{filler}"), format!(",{V3},"), format!("x,{V3}")]
    {
        assert_eq!((check(&header), lenient(&header)), (Ok(0), Ok(0)), "{header}");
    }
    for spaced in [format!("{filler}, {V3}"), format!(" {V3}"), format!("{V3} ,x")] {
        assert_eq!(check(&spaced), Err(BadSignature), "{spaced}");
        assert_eq!(lenient(&spaced), Ok(0), "{spaced}");
    }
    for (count, expected) in [(7, Ok(0)), (8, Err(BadSignature)), (1_000, Err(BadSignature))] {
        let header = format!("{}{V3}", format!("{filler},").repeat(count));
        assert_eq!((check(&header), lenient(&header)), (expected, expected), "{count}");
        let header = format!("{V3}{}", ",".repeat(count));
        assert_eq!(check(&header), expected, "{count} empty entries");
    }
    for none in [",", ",,,,,,,", &format!("{filler},{filler}"), &V3.replace('w', "W"), &V3[..43]] {
        assert_eq!((check(none), lenient(none)), (Err(BadSignature), Err(BadSignature)), "{none}");
    }
    let twice = v3().also("X-Plivo-Signature-V3", filler);
    assert_eq!(twice.check(&plivo(V)), Err(WebhookErrorKind::AmbiguousHeader));
}

#[test]
fn d13_only_digits_are_a_nonce() {
    let most = "1".repeat(64);
    for nonce in ["0", "05", most.as_str()] {
        let v3 = plivo(V).sign_v3("POST", V, form(&PS).as_bytes(), nonce).unwrap();
        assert_eq!(Call::post(V, form(&PS)).v3(&v3, nonce).check(&plivo(V)), Ok(0), "{nonce}");
    }
    let over = "1".repeat(65);
    for nonce in ["", " ", "a", "1.2", "-1", "+1", "1 ", "0x1", over.as_str()] {
        let v3 = plivo(V).sign_v3("POST", V, form(&PS).as_bytes(), nonce).unwrap();
        let call = Call::post(V, form(&PS)).v3(&v3, nonce);
        let error = call.error(&plivo(V));
        let field = "X-Plivo-Signature-V3-Nonce";
        assert_eq!((error.kind(), error.field()), (BadNonce, field), "{nonce}");
        assert_eq!(error.http_status(), 403);
        let v2 = plivo(V).sign_v2(V, nonce).unwrap();
        let call = Call::post(V, form(&PS)).v2(&v2, nonce);
        assert_eq!(call.check(&plivo(V)), Err(BadNonce), "{nonce}");
    }
    assert_eq!(v3().without("X-Plivo-Signature-V3-Nonce").check(&plivo(V)), Err(BadNonce));
    assert_eq!(v2().without("X-Plivo-Signature-V2-Nonce").check(&plivo(V)), Err(BadNonce));
    let twice = v3().also("X-Plivo-Signature-V3-Nonce", NONCE);
    assert_eq!(twice.check(&plivo(V)), Err(WebhookErrorKind::AmbiguousHeader));
}

#[test]
fn d14_the_end_of_a_value_and_the_nonce() {
    let one = plivo(V).sign_v3("POST", V, b"A=B", "1.2").unwrap();
    assert_eq!(plivo(V).sign_v3("POST", V, b"A=B.1", "2"), Ok(one.clone()), "the same text");
    assert_eq!(Call::post(V, "A=B").v3(&one, "1.2").check(&plivo(V)), Err(BadNonce));
    // Plivo never signs the first, so that nobody has a signature for the second.
    assert_eq!(Call::post(V, "A=B.1").v3(&one, "2").check(&plivo(V)), Ok(0));
    let digits = plivo(V).sign_v3("POST", V, b"A=B", "12").unwrap();
    assert_eq!(Call::post(V, "A=B1").v3(&digits, "2").check(&plivo(V)), Err(BadSignature));
    assert_eq!(Call::post(V, "A=B.1").v3(&digits, "2").check(&plivo(V)), Err(BadSignature));
}

#[test]
fn d15_the_end_of_the_path_and_the_nonce() {
    let (long, short) = (format!("{HOST}/12"), format!("{HOST}/1"));
    let signature = plivo(HOST).sign_v2(&long, "34").unwrap();
    assert_eq!(plivo(HOST).sign_v2(&short, "234"), Ok(signature.clone()), "the same text");
    let shifted = Call::post(&short, "").v2(&signature, "234");
    assert_eq!(Call::post(&long, "").v2(&signature, "34").check(&plivo(&long)), Ok(0));
    assert_eq!(shifted.check(&plivo(&long)), Err(BadSignature));
    // With a host alone the path is for the router in front.
    assert_eq!(shifted.check(&plivo(HOST)), Ok(0));
}

#[test]
fn d16_one_version_for_the_other() {
    let v3 = plivo(V).sign_v3("POST", V, b"", NONCE).unwrap();
    let dotted = format!(".{NONCE}");
    assert_eq!(plivo(V).sign_v2(V, &dotted), Ok(v3.clone()), "the same text");
    let call = Call::post(V, "");
    assert_eq!(call.clone().v3(&v3, NONCE).check(&plivo(V)), Ok(0));
    assert_eq!(call.clone().v2(&v3, &dotted).check(&plivo(V)), Err(BadNonce));
    assert_eq!(call.clone().v2(&v3, NONCE).check(&plivo(V)), Err(BadSignature));
    assert_eq!(call.v3(V2, NONCE).check(&plivo(V)), Err(BadSignature));
}

#[test]
fn d17_the_query_and_the_body() {
    let given = format!("{V}?a=1");
    let signature = plivo(V).sign_v3("POST", &given, b"From=1", NONCE).unwrap();
    let shifted = format!("{V}?a=1.From1");
    assert_eq!(
        plivo(V).sign_v3("POST", &shifted, b"", NONCE),
        Ok(signature.clone()),
        "the same text"
    );
    let call = Call::post(&given, "From=1").v3(&signature, NONCE);
    assert_eq!(call.check(&plivo(&given)), Ok(0));
    let shifted = call.to(&shifted).saying("");
    let error = shifted.error(&plivo(&given));
    assert_eq!((error.kind(), error.field()), (BadSignature, "query"));
}

#[test]
fn d18_an_escaped_separator() {
    let given = format!("{V}?a=1&b=2");
    let signature = plivo(V).sign_v3("POST", &given, b"From=1", NONCE).unwrap();
    let escaped = format!("{V}?a=1%26b=2");
    let same = plivo(V).sign_v3("POST", &escaped, b"From=1", NONCE);
    assert_eq!(same, Ok(signature.clone()), "the same text");
    let call = Call::post(&given, "From=1").v3(&signature, NONCE);
    assert_eq!(call.check(&plivo(&given)), Ok(0));
    let error = call.to(&escaped).error(&plivo(&given));
    assert_eq!((error.kind(), error.field()), (BadSignature, "query"));
}

#[test]
fn d19_methods() {
    for method in ["post", "HEAD", "PUT", "PATCH", "DELETE", "get", ""] {
        for call in [v2(), v3()] {
            assert_eq!(call.by(method).check(&plivo(V)), Err(UnsupportedMethod), "{method}");
        }
    }
    assert_eq!(v2().by("GET").check(&plivo(V)), Err(UnsupportedMethod));
    assert_eq!(v2().check(&plivo_get(V)), Err(UnsupportedMethod));
    let get = Call::get(&format!("{V}?{}", form(&PS))).v2(V2, NONCE);
    assert_eq!((get.check(&plivo_get(V)), get.check(&plivo(V))), (Ok(0), Err(UnsupportedMethod)));
    // V2 signs no body, yet what is no form is not read as one.
    for kind in ["application/json", "text/plain"] {
        let call = v2().with("Content-Type", kind);
        assert_eq!(call.check(&plivo(V)), Err(WebhookErrorKind::UnsupportedContent));
    }
    assert_eq!(v2().with("Content-Type", FORM).check(&plivo(V)), Ok(0));
}

#[test]
fn d20_a_nonce_again() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = MemoryReplayStore::default();
    let receive = |call: &Call, store: &MemoryReplayStore| {
        let webhook: &dyn Webhook = &plivo(V);
        call.request(|request| runtime.block_on(webhook.receive_once(request, store))).unwrap()
    };
    let other_body = v2().saying(form(&PS).replace("delivered", "failed"));
    assert_eq!(receive(&v2(), &store).map(|received| received.replay), Ok(false));
    let error = receive(&other_body, &store).unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (NonceReused, 403));
    // The same request again is the provider's next attempt.
    assert_eq!(receive(&v2(), &store).map(|received| received.replay), Ok(true));
    let store = MemoryReplayStore::default();
    assert_eq!(receive(&v3(), &store).map(|received| received.replay), Ok(false));
    assert_eq!(receive(&v3(), &store).map(|received| received.replay), Ok(true));
    // Whoever refuses what was taken can take it again.
    let taken = receive(&v3(), &store).unwrap();
    runtime.block_on(taken.forget(&store)).unwrap();
    assert_eq!(receive(&v3(), &store).map(|received| received.replay), Ok(false));
    // A request that is refused uses no nonce up.
    let store = MemoryReplayStore::default();
    assert_eq!(receive(&v3().saying("a=b"), &store).unwrap_err().kind(), BadSignature);
    assert!(store.is_empty());
}
