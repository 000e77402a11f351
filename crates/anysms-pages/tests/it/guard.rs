//! Requests that are refused, and the headers of every answer.

use anysms_pages::INBOX_PATH;
use reqwest::Method;

use crate::{PHONE, Site};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; frame-ancestors 'none'; form-action 'self'; base-uri 'none'";

const GETS: [&str; 8] = [
    "",
    "?part=list",
    "?phone=447700900123",
    "/help",
    "/pages.css",
    "/pages.js",
    "/icon.svg",
    "/odd",
];
const POSTS: [&str; 6] = ["/reply", "/fault", "/calm", "/fate", "/skip", "/clear"];

#[tokio::test]
async fn every_answer_has_the_headers() {
    let site = Site::start().await;
    let all = GETS.iter().map(|path| (Method::GET, *path));
    let all = all.chain(POSTS.iter().map(|path| (Method::POST, *path)));
    let odd = [
        (Method::POST, ""),
        (Method::GET, "/reply"),
        (Method::DELETE, "/odd"),
        (Method::POST, "/stream"),
    ];
    for (method, path) in all.chain(odd) {
        let path = format!("{INBOX_PATH}{path}");
        for headers in [&[][..], &[("host", "example.com")]] {
            let answer = site.ask(method.clone(), &path, headers, String::new()).await;
            assert_eq!(answer.headers["content-security-policy"], POLICY, "{method} {path}");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{method} {path}");
            assert_eq!(answer.headers["referrer-policy"], "no-referrer", "{method} {path}");
            assert_eq!(answer.headers["x-frame-options"], "DENY", "{method} {path}");
            assert!(answer.headers.contains_key("cache-control"), "{method} {path}");
            assert_eq!(answer.status == 403, !headers.is_empty(), "{method} {path}");
        }
    }
    let root = site.ask(Method::GET, "/", &[], String::new()).await;
    assert_eq!(
        (root.status.as_u16(), &root.headers["location"]),
        (303, &INBOX_PATH.parse().unwrap())
    );
}

#[tokio::test]
async fn the_files_have_their_types() {
    let site = Site::start().await;
    for (path, kind) in [
        ("", "text/html; charset=utf-8"),
        ("/pages.css", "text/css; charset=utf-8"),
        ("/pages.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let answer =
            site.ask(Method::GET, &format!("{INBOX_PATH}{path}"), &[], String::new()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()),
            (200, kind)
        );
    }
    let odd = site.ask(Method::GET, &format!("{INBOX_PATH}/odd"), &[], String::new()).await;
    assert_eq!(odd.status, 404);
    let part = site.ask(Method::GET, &format!("{INBOX_PATH}?part=odd"), &[], String::new()).await;
    assert_eq!(part.status, 404);
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_and_hears_nothing() {
    let site = Site::start().await;
    site.deliver(PHONE, "Hello").await;
    let own = site.sandbox.base_url();
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for foreign in [
        ("origin", "http://example.com"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("host", "example.com"),
    ] {
        for path in POSTS {
            let fields = "seconds=60&fault=429&fate=u30003&phone=447700900123&to=twilio:%2B15555550100&text=a";
            let path = format!("{INBOX_PATH}{path}");
            let answer = site.ask(Method::POST, &path, &[kind, foreign], fields.to_owned()).await;
            assert_eq!(answer.status, 403, "{path} {foreign:?}");
        }
        let stream = format!("{INBOX_PATH}/stream");
        let answer = site.ask(Method::GET, &stream, &[foreign], String::new()).await;
        assert_eq!(answer.status, 403, "{foreign:?}");
    }
    assert_eq!(site.sandbox.messages().len(), 1);
    assert!(site.sandbox.faults().is_empty() && site.sandbox.received().is_empty());

    for allowed in
        [("origin", own.as_str()), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")]
    {
        let path = format!("{INBOX_PATH}/calm");
        let answer = site.ask(Method::POST, &path, &[kind, allowed], String::new()).await;
        assert_eq!(answer.status, 303, "{allowed:?}");
    }
    // A form of a page without script: the browser hides the origin, and vouches for it.
    let vouched = [kind, ("origin", "null"), ("sec-fetch-site", "same-origin")];
    let answer =
        site.ask(Method::POST, &format!("{INBOX_PATH}/calm"), &vouched, String::new()).await;
    assert_eq!(answer.status, 303);
    let link = [("sec-fetch-site", "cross-site")];
    let answer = site.ask(Method::GET, INBOX_PATH, &link, String::new()).await;
    assert_eq!(answer.status, 200, "a link from elsewhere opens the page");
}

#[tokio::test]
async fn the_sandbox_answers_all_else() {
    let site = Site::start().await;
    let answer = site.ask(Method::GET, "/_anysms/messages", &[], String::new()).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{\"messages\":[]}"));
}
