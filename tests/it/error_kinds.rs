//! Kinds of faults in what an error says: each test is named after its kind.

use std::{error::Error as StdError, sync::Arc};

use anysms::{
    Error, ErrorKind, Message, Outcome, PhoneNumber, SmsProvider,
    plivo::{Plivo, PlivoConfig},
    testing::ScriptedTransport,
    transport::{HttpTransport, ReqwestTransport, TransportError, TransportErrorKind},
    twilio::{Twilio, TwilioConfig},
};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SID: &str = "AC00000000000000000000000000000001";
const AUTH_ID: &str = "MA000000000000000001";

/// An error, its `Debug`, and all its causes.
fn shown(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text += &format!("{error} {error:?} {error:#?}\n");
        next = error.source();
    }
    text
}

fn silent(error: &(dyn StdError + 'static), what: &str) {
    let text = shown(error);
    for secret in ["CANARY", "canary"] {
        assert!(!text.contains(secret), "{what}: {text}");
    }
}

fn request(url: &str) -> http::Request<Bytes> {
    let request = http::Request::post(url).header("authorization", "Basic CANARY");
    request.body(Bytes::from("CANARYBODY")).unwrap()
}

#[tokio::test]
async fn no_foreign_text_of_a_proxy_in_an_error() {
    for url in [
        "http://user:CANARYPW@127.0.0.1:1",
        "http://user:CANARYPW@",
        "user:CANARYPW@host:99999",
        "socks5://user:CANARYPW@127.0.0.1:1",
        "ftp://user:CANARYPW@h",
        "http://user:CANARYPW@h:port",
        "http://user:CANARYPW@[::1",
        "http://CANARYUSER:CANARY PW@h",
        "://CANARYPW",
        "CANARYPW",
        "http://user:CANARYPW@nohost.invalid:8080",
        "http://user:CANARYPW@h\n",
        "http://user:%zzCANARYPW@h:0x1",
    ] {
        let builder = ReqwestTransport::builder().proxy(url);
        assert!(!format!("{builder:?}").contains("CANARY"), "{url}");
        match builder.build() {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Config, "{url}");
                silent(&error, url);
            }
            Ok(transport) => {
                let error = transport.execute(request("https://api.twilio.com/CANARYPATH")).await;
                silent(&error.expect_err(url), url);
            }
        }
    }
}

/// A server that answers whatever it is asked with these bytes.
async fn server(answer: &'static [u8]) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await;
        let _ = socket.write_all(answer).await;
    });
    port
}

#[tokio::test]
async fn no_foreign_text_of_a_server_in_an_error() {
    for answer in [
        &b"CANARY garbage CANARY\r\n\r\n"[..],
        b"HTTP/1.1 200 CANARY\r\nCANARY bad header\r\n\r\n",
        b"HTTP/1.1 9999 CANARY\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: CANARY\r\n\r\n",
        b"HTTP/1.1 407 CANARY\r\nProxy-Authenticate: Basic realm=\"CANARY\"\r\nContent-Length: 6\r\n\r\nCANARY",
        b"\x16\x03\x01CANARY",
        b"",
    ] {
        let what = String::from_utf8_lossy(answer);
        let port = server(answer).await;
        let direct = ReqwestTransport::new().unwrap();
        if let Err(error) = direct.execute(request(&format!("http://127.0.0.1:{port}/CANARY"))).await {
            silent(&error, &what);
            let whole = Error::new(ErrorKind::Interrupted, error.kind().outcome()).with_source(error);
            silent(&whole, &what);
        }
        let port = server(answer).await;
        let proxy = format!("http://user:CANARYPW@127.0.0.1:{port}");
        let proxied = ReqwestTransport::builder().proxy(proxy).build().unwrap();
        let error = proxied.execute(request("https://api.twilio.com/CANARY")).await.unwrap_err();
        silent(&error, &what);
        // TLS with what does not speak it.
        let port = server(answer).await;
        let url = format!("https://127.0.0.1:{port}/CANARY");
        silent(&direct.execute(request(&url)).await.unwrap_err(), &what);
    }
}

#[test]
fn a_cause_from_elsewhere_leaves_nothing_but_its_name() {
    let foreign = || std::io::Error::other("CANARY +447700900123");
    let error = Error::not_sent(ErrorKind::Other).with_source(foreign());
    silent(&error, "an error");
    assert!(shown(&error).contains("std::io::error::Error"), "{}", shown(&error));
    silent(&Error::unknown(ErrorKind::Other).with_source("CANARY"), "a text");
    let transport = TransportError::new(TransportErrorKind::Connect).with_source(foreign());
    silent(&transport, "a transport");
    let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    let transport = TransportError::new(TransportErrorKind::Connect).with_source(refused);
    assert_eq!(transport.to_string(), "connection: could not be made: refused");
}

fn twilio(config: &TwilioConfig, script: &ScriptedTransport) -> Twilio {
    Twilio::with_transport(config, Arc::new(script.clone())).unwrap()
}

fn plivo(config: &PlivoConfig, script: &ScriptedTransport) -> Plivo {
    Plivo::with_transport(config, Arc::new(script.clone())).unwrap()
}

fn message() -> Message {
    let to: PhoneNumber = "+447700900123".parse().unwrap();
    Message::new(to, "Hello").with_sender("+15555550100".parse().unwrap())
}

/// How both vendors' clients read an answer to a submission.
async fn answered(status: u16, body: &str) -> [Error; 2] {
    let script = || ScriptedTransport::new().answer(status, body.to_owned());
    let (twilio, plivo) = (
        twilio(&TwilioConfig::new(SID, "token"), &script()),
        plivo(&PlivoConfig::new(AUTH_ID, "token"), &script()),
    );
    [twilio.send(&message()).await.unwrap_err(), plivo.send(&message()).await.unwrap_err()]
}

#[tokio::test]
async fn words_read_in_a_page_that_is_not_the_vendors() {
    let pages = [
        "<HTML><HEAD><META charset=\"text/html\"><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD>\
            <BODY>Generated by cloudfront (CloudFront) media text geo permission dst src destination</BODY></HTML>",
        "<html>\r\n<head><title>403 Forbidden</title></head><body><center>nginx</center>text media</body></html>",
        "Access denied by the caller id firewall: insufficient authentication, dst text",
        "[\"geo\",\"permission\",\"text\"]",
    ];
    for page in pages {
        for (status, kind, outcome) in [
            (403, ErrorKind::Unavailable, Outcome::NotSent),
            (404, ErrorKind::NotFound, Outcome::NotSent),
            (400, ErrorKind::InvalidRequest, Outcome::NotSent),
            (429, ErrorKind::RateLimited, Outcome::NotSent),
            (502, ErrorKind::Unavailable, Outcome::Unknown),
            (503, ErrorKind::Unavailable, Outcome::Unknown),
            (504, ErrorKind::Unavailable, Outcome::Unknown),
        ] {
            for error in answered(status, page).await {
                assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{status} {page}");
                assert_eq!(
                    error.may_fail_over(),
                    outcome == Outcome::NotSent && kind.blame().is_elsewhere()
                );
            }
        }
    }
    // The JSON of a gateway is not the vendor's either.
    for body in [
        r#"{"message":"Forbidden"}"#,
        r#"{"message":"text and media","status":403}"#,
        r#"{"code":403,"message":"x"}"#,
    ] {
        for error in answered(403, body).await {
            assert_eq!((error.kind(), error.code()), (ErrorKind::Unavailable, None), "{body}");
        }
        for error in answered(400, body).await {
            assert_eq!((error.kind(), error.code()), (ErrorKind::InvalidRequest, None), "{body}");
        }
    }
    // Of the vendor's own words only whole ones are read, and none over 429 and 5xx.
    for (status, words, kind) in [
        (400, "context", ErrorKind::InvalidRequest),
        (400, "try again immediately", ErrorKind::InvalidRequest),
        (400, "text is missing", ErrorKind::InvalidContent),
        (400, "multimedia", ErrorKind::InvalidRequest),
        (429, "text", ErrorKind::RateLimited),
        (429, "dst is limited", ErrorKind::RateLimited),
        (500, "insufficient media", ErrorKind::Unavailable),
        (503, "geo permission", ErrorKind::Unavailable),
        (403, "anything", ErrorKind::GeoPermission),
    ] {
        let [_, plivo] = answered(status, &format!(r#"{{"api_id":"a1","error":"{words}"}}"#)).await;
        assert_eq!(plivo.kind(), kind, "{status} {words}");
    }
}

#[tokio::test]
async fn refusals_by_definition_are_known() {
    for status in [407, 411, 417, 426, 428, 431, 451] {
        for body in ["", "<html>text</html>", "{}"] {
            for error in answered(status, body).await {
                assert_eq!(error.outcome(), Outcome::NotSent, "{error}");
                assert!(error.may_fail_over(), "{error}");
            }
        }
    }
}

#[test]
fn an_error_has_a_status_for_ones_own_callers() {
    for (error, status) in [
        (Error::not_sent(ErrorKind::InvalidRequest), 400),
        (Error::not_sent(ErrorKind::OptedOut), 403),
        (Error::not_sent(ErrorKind::InvalidRecipient), 422),
        (Error::not_sent(ErrorKind::Conflict), 409),
        (Error::not_sent(ErrorKind::RateLimited), 429),
        (Error::not_sent(ErrorKind::Credentials), 500), // never 401: that would be the caller's
        (Error::not_sent(ErrorKind::Connect), 503),
        (Error::not_sent(ErrorKind::Unavailable).with_status(503), 503),
        (Error::unknown(ErrorKind::Timeout), 504),
        // What may have been sent must not look as if a new try were safe.
        (Error::unknown(ErrorKind::Unavailable).with_status(503), 504),
        (Error::unknown(ErrorKind::RateLimited), 502),
        (Error::unknown(ErrorKind::Conflict), 502),
    ] {
        assert_eq!(error.http_status(), status, "{error}");
    }
}

#[tokio::test]
async fn a_secret_with_a_newline_signs_in() {
    let authorization = |script: &ScriptedTransport| {
        script.requests()[0].headers()["authorization"].to_str().unwrap().to_owned()
    };
    let taken = || ScriptedTransport::new().answer(201, r#"{"sid":"SM1","message_uuid":["1"]}"#);
    let mut seen = Vec::new();
    for token in ["token", "token\n", " token\r\n"] {
        let script = taken();
        twilio(&TwilioConfig::new(SID, token), &script).send(&message()).await.unwrap();
        seen.push(authorization(&script));
        let keyed = TwilioConfig::new(SID, token).with_api_key("SK1\n".trim_end(), token);
        let script = taken();
        twilio(&keyed, &script).send(&message()).await.unwrap();
        seen.push(authorization(&script));
        let script = taken();
        plivo(&PlivoConfig::new(AUTH_ID, token), &script).send(&message()).await.unwrap();
        seen.push(authorization(&script));
    }
    for token in ["to\nken", "to\0ken"] {
        let script = Arc::new(ScriptedTransport::new());
        let errors = [
            Twilio::with_transport(&TwilioConfig::new(SID, token), script.clone()).unwrap_err(),
            Plivo::with_transport(&PlivoConfig::new(AUTH_ID, token), script).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("control character"), "{error}");
        }
    }
    assert_eq!(seen[..3], seen[3..6]);
    assert_eq!(seen[..3], seen[6..]);
}

#[tokio::test]
async fn a_client_without_a_sender_says_so_at_the_first_look() {
    let account = format!(r#"{{"sid":"{SID}","auth_id":"{AUTH_ID}","status":"active"}}"#);
    let script = || ScriptedTransport::new().answer(200, account.clone());
    let (of_twilio, of_plivo) =
        (TwilioConfig::new(SID, "token"), PlivoConfig::new(AUTH_ID, "token"));
    let bare: [(Arc<dyn SmsProvider>, _); 2] = [
        (Arc::new(twilio(&of_twilio, &script())), ["TWILIO_FROM", "TWILIO_PHONE_NUMBER"]),
        (Arc::new(plivo(&of_plivo, &script())), ["PLIVO_FROM", "PLIVO_SOURCE_NUMBER"]),
    ];
    for (sms, names) in bare {
        let to: PhoneNumber = "+447700900123".parse().unwrap();
        for error in
            [sms.check().await.unwrap_err(), sms.send(&Message::new(to, "x")).await.unwrap_err()]
        {
            let text = error.to_string();
            assert!(names.iter().all(|name| text.contains(name)), "{text}");
        }
    }
    assert!(twilio(&of_twilio.with_sender_per_message(), &script()).check().await.is_ok());
    assert!(plivo(&of_plivo.with_sender_per_message(), &script()).check().await.is_ok());
}

#[test]
fn a_tenants_configuration_names_no_host() {
    for more in [
        r#""base_url":"http://127.0.0.1:80""#,
        r#""base_url":"http://169.254.169.254""#,
        r#""base_url":"https://CANARY.example","allow_custom_host":true"#,
        r#""allow_custom_host":true"#,
    ] {
        let config = format!(r#"{{"account_sid":"{SID}","auth_token":"t",{more}}}"#);
        let error = serde_json::from_str::<TwilioConfig>(&config).unwrap_err();
        assert!(error.to_string().contains("base_url"), "{error}");
        silent(&error, more);
        let config = format!(r#"{{"auth_id":"{AUTH_ID}","auth_token":"t",{more}}}"#);
        assert!(serde_json::from_str::<PlivoConfig>(&config).is_err(), "{more}");
    }
    let config = format!(r#"{{"account_sid":"{SID}","auth_token":"t","base_url":null}}"#);
    let config: TwilioConfig = serde_json::from_str(&config).unwrap();
    let script = ScriptedTransport::new();
    // What the program's own code says is another matter.
    let own = config.with_base_url("http://127.0.0.1:8080");
    assert!(Twilio::with_transport(&own, Arc::new(script)).is_ok());
}
