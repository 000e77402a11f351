//! Lists of several pages: walked to their end, and never off the provider's own list.

use std::sync::Arc;

use anysms::{
    Error, ErrorKind, Outcome, Query, SmsProvider, SmsProviderExt,
    message::Cursor,
    plivo::{Plivo, PlivoConfig},
    testing::ScriptedTransport,
    twilio::{Twilio, TwilioConfig},
};

const TWILIO_LIST: &str = "/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json";
const PLIVO_LIST: &str = "/v1/Account/MA000000000000000001/Message/";

/// The two providers, so that each rule is tried on both.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Vendor {
    Twilio,
    Plivo,
}

use Vendor::{Plivo as P, Twilio as T};

impl Vendor {
    fn client(self, transport: &ScriptedTransport) -> Arc<dyn SmsProvider> {
        let transport = Arc::new(transport.clone());
        match self {
            T => {
                let config = TwilioConfig::new("AC00000000000000000000000000000001", "token");
                Twilio::with_transport(&config, transport).unwrap().into_dyn()
            }
            P => {
                let config = PlivoConfig::new("MA000000000000000001", "token");
                Plivo::with_transport(&config, transport).unwrap().into_dyn()
            }
        }
    }

    const fn origin(self) -> &'static str {
        match self {
            T => "https://api.twilio.com",
            P => "https://api.plivo.com",
        }
    }

    const fn list(self) -> &'static str {
        match self {
            T => TWILIO_LIST,
            P => PLIVO_LIST,
        }
    }

    /// A page with these ids, in the vendor's own form. `next` is JSON.
    fn page(self, ids: &[&str], next: &str) -> String {
        match self {
            T => {
                let messages: Vec<_> =
                    ids.iter().map(|id| format!(r#"{{"sid":"{id}"}}"#)).collect();
                format!(r#"{{"messages":[{}],"next_page_uri":{next}}}"#, messages.join(","))
            }
            P => {
                let object = |id| format!(r#"{{"message_uuid":"{id}"}}"#);
                let objects: Vec<_> = ids.iter().map(object).collect();
                format!(r#"{{"objects":[{}],"meta":{{"next":{next}}}}}"#, objects.join(","))
            }
        }
    }
}

/// All ids of the list, and the error that ended it.
async fn walk(vendor: Vendor, transport: &ScriptedTransport) -> (Vec<String>, Option<Error>) {
    let client = vendor.client(transport);
    let mut records = client.list_all(Query::new());
    let mut ids = Vec::new();
    for _ in 0..100 {
        match records.next().await {
            Some(Ok(record)) => ids.push(record.id.value().to_owned()),
            Some(Err(error)) => {
                assert!(records.next().await.is_none(), "an error ends the list");
                return (ids, Some(error));
            }
            None => return (ids, None),
        }
    }
    panic!("{vendor:?}: the list does not end");
}

fn asked(transport: &ScriptedTransport) -> Vec<String> {
    transport.requests().iter().map(|request| request.uri().to_string()).collect()
}

fn assert_refused(error: &Error) {
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidRequest, Outcome::NotSent));
}

#[tokio::test]
async fn three_pages_are_walked_to_the_end() {
    for (vendor, end) in [(T, "null"), (P, "null"), (P, r#""""#)] {
        let (origin, list) = (vendor.origin(), vendor.list());
        let transport = ScriptedTransport::new()
            .answer(200, vendor.page(&["1", "2"], &format!(r#""{list}?Page=1&Token=a%2Fb""#)))
            .answer(200, vendor.page(&[], &format!(r#""{list}?Page=2""#)))
            .answer(200, vendor.page(&["3"], end));
        let (ids, error) = walk(vendor, &transport).await;
        assert_eq!(
            (ids, error.map(|error| error.kind())),
            (["1", "2", "3"].map(Into::into).into(), None)
        );
        assert_eq!(
            asked(&transport),
            [
                format!("{origin}{list}"),
                format!("{origin}{list}?Page=1&Token=a%2Fb"),
                format!("{origin}{list}?Page=2"),
            ]
        );
        let heads = transport.requests();
        assert!(heads.iter().all(|request| request.headers().contains_key("authorization")));
    }
}

#[tokio::test]
async fn twilios_absolute_page_is_asked_for_at_the_configured_host() {
    let next = format!(r#""https://api.twilio.com{TWILIO_LIST}?Page=1""#);
    let transport = ScriptedTransport::new()
        .answer(200, T.page(&["1"], &next))
        .answer(200, T.page(&["2"], "null"));
    let config = TwilioConfig::new("AC00000000000000000000000000000001", "token")
        .with_region("ie1", "dublin");
    let client = Twilio::with_transport(&config, Arc::new(transport.clone())).unwrap();
    let mut records = client.list_all(Query::new());
    while let Some(record) = records.next().await {
        record.unwrap();
    }
    let page = format!("https://api.dublin.ie1.twilio.com{TWILIO_LIST}?Page=1");
    assert_eq!(asked(&transport)[1..], [page]);
}

#[tokio::test]
async fn a_page_that_leads_elsewhere_is_refused_and_never_asked_for() {
    let foreign = "https://attacker.example.com";
    for vendor in [T, P] {
        let (origin, list) = (vendor.origin(), vendor.list());
        for next in [
            "/".to_owned(),
            "/2010-04-01/Accounts/AC00000000000000000000000000000009/Messages.json".to_owned(),
            "/v1/Account/MA000000000000000009/Message/".to_owned(),
            format!("{list}x"),
            format!("{list}/../../Keys.json"),
            format!("/{list}"),
            format!("/x/..{list}"),
            format!("//attacker.example.com{list}"),
            format!("@attacker.example.com{list}"),
            format!(".attacker.example.com{list}"),
            format!("{foreign}/"),
            format!("{foreign}/elsewhere?{list}"),
            format!("{origin}/elsewhere"),
            format!("{origin}@attacker.example.com/elsewhere"),
            format!("ftp://attacker.example.com{list}"),
            list[1..].to_owned(),
            "?Page=1".to_owned(),
            "not a path".to_owned(),
        ] {
            let transport = ScriptedTransport::new()
                .answer(200, vendor.page(&["1"], &format!("\"{next}\"")))
                .answer(200, vendor.page(&["2"], "null"));
            let (ids, error) = walk(vendor, &transport).await;
            assert_eq!(ids, ["1"], "{next}");
            assert_refused(&error.unwrap_or_else(|| panic!("{vendor:?} followed {next}")));
            assert_eq!(asked(&transport), [format!("{origin}{list}")], "{next}");

            let transport = ScriptedTransport::new();
            let query = Query::new().with_cursor(Cursor::new(next.as_str()));
            assert_refused(&vendor.client(&transport).list(&query).await.unwrap_err());
            assert_eq!(transport.requests().len(), 0, "{next}");
        }
    }
}

#[tokio::test]
async fn another_host_is_never_asked_even_for_the_same_path() {
    for vendor in [T, P] {
        let (origin, list) = (vendor.origin(), vendor.list());
        for host in
            ["https://attacker.example.com", "http://api.twilio.com", "https://u:p@x.example"]
        {
            let transport = ScriptedTransport::new()
                .answer(200, vendor.page(&["1"], &format!("\"{host}{list}?Page=1\"")))
                .answer(200, vendor.page(&["2"], "null"));
            walk(vendor, &transport).await;
            let asked = asked(&transport);
            assert!(
                asked.iter().all(|uri| uri.starts_with(&format!("{origin}{list}"))),
                "{asked:?}"
            );
            // A cursor of the caller's own is a path and nothing else.
            let transport = ScriptedTransport::new();
            let query = Query::new().with_cursor(Cursor::new(format!("{host}{list}?Page=1")));
            assert_refused(&vendor.client(&transport).list(&query).await.unwrap_err());
            assert_eq!(transport.requests().len(), 0);
        }
    }
}

#[tokio::test]
async fn a_cursor_of_one_provider_is_refused_by_the_other() {
    for (vendor, other) in [(T, P), (P, T)] {
        let transport = ScriptedTransport::new();
        let query = Query::new().with_cursor(Cursor::new(other.list()));
        assert_refused(&vendor.client(&transport).list(&query).await.unwrap_err());
        assert_eq!(transport.requests().len(), 0);
    }
}

#[tokio::test]
async fn a_page_that_points_to_itself_ends_the_list() {
    for vendor in [T, P] {
        let next = format!(r#""{}?Page=1""#, vendor.list());
        let transport = ScriptedTransport::new()
            .answer(200, vendor.page(&["1"], &next))
            .answer(200, vendor.page(&["2"], &next))
            .answer(200, vendor.page(&["2"], &next));
        let (ids, error) = walk(vendor, &transport).await;
        assert_eq!((ids, error.is_none()), (["1", "2"].map(Into::into).into(), true));
        assert_eq!(transport.requests().len(), 2);
    }
}

#[tokio::test]
async fn an_error_in_the_middle_comes_after_what_was_read() {
    for vendor in [T, P] {
        let next = format!(r#""{}?Page=1""#, vendor.list());
        let transport =
            ScriptedTransport::new().answer(200, vendor.page(&["1"], &next)).answer(500, "");
        let (ids, error) = walk(vendor, &transport).await;
        let error = error.unwrap();
        assert_eq!((ids, error.status()), (vec!["1".to_owned()], Some(500)));
        assert_eq!(error.outcome(), Outcome::NotSent);
    }
}

/// The end left to the server: a circle of pages, and pages without end in which there is nothing.
#[tokio::test]
async fn a_list_that_does_not_end_is_an_error() {
    for vendor in [T, P] {
        let page =
            |ids: &[&str], next: &str| vendor.page(ids, &format!(r#""{}?{next}""#, vendor.list()));
        let circle = ScriptedTransport::new()
            .answer(200, page(&["1"], "A"))
            .answer(200, page(&["2"], "B"))
            .answer(200, page(&["3"], "A"))
            .answer(200, page(&["2"], "B"));
        let (ids, error) = walk(vendor, &circle).await;
        assert_eq!((ids.len(), circle.requests().len()), (3, 3), "{ids:?}");
        let error = error.expect("an error");
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::InvalidResponse, Outcome::NotSent));

        let empty = (0..1_000).fold(ScriptedTransport::new(), |script, number| {
            script.answer(200, page(&[], &number.to_string()))
        });
        let (ids, error) = walk(vendor, &empty).await;
        assert_eq!(error.expect("an error").kind(), ErrorKind::InvalidResponse);
        assert!(ids.is_empty() && empty.requests().len() <= 102, "{}", empty.requests().len());
    }
}

#[tokio::test]
async fn empty_pages_among_others_do_not_end_a_list() {
    let page = |ids: &[&str], next: u32| T.page(ids, &format!(r#""{TWILIO_LIST}?Page={next}""#));
    let mut script = ScriptedTransport::new();
    for number in 1..300 {
        script = script.answer(200, page(if number % 90 == 0 { &["1"] } else { &[] }, number));
    }
    let script = script.answer(200, T.page(&["2"], "null"));
    let (ids, error) = walk(T, &script).await;
    assert_eq!((ids.len(), error.is_none()), (4, true));
}
