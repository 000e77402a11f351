//! What the extractors for axum and actix-web promise beyond the examples, each of both alike.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use anysms::{
    ProviderId,
    message::Extra,
    webhook::{
        Authenticity, Event, MAX_BODY, MemoryReplayStore, OtherEvent, Proof, Reply, Verified,
        Webhook, WebhookError, WebhookErrorKind, WebhookRequest, actix, axum as for_axum,
    },
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

const ACME: ProviderId = ProviderId::from_static("acme");
const RAW: &[u8] = b"a=%2b+%e2&&=\0\xff\r\n";

/// Takes what has the signature `right`, and remembers what it saw.
#[derive(Debug, Default)]
struct Spy(Mutex<Option<Seen>>);

#[derive(Debug, PartialEq)]
struct Seen {
    target: String,
    body: Vec<u8>,
    peer: Option<IpAddr>,
}

impl Webhook for Spy {
    fn provider(&self) -> ProviderId {
        ACME
    }

    fn check_signature<'a>(&self, request: &WebhookRequest<'a>) -> Result<Proof<'a>, WebhookError> {
        let query = request.query().map(|query| format!("?{query}")).unwrap_or_default();
        *self.0.lock().unwrap() = Some(Seen {
            target: format!("{} {}{query}", request.method(), request.path()),
            body: request.body().to_vec(),
            peer: request.peer(),
        });
        match request.header("x-acme")? {
            Some("right") => Ok(Proof::new(Authenticity::Full, "x-acme", 0)),
            Some(_) => Err(WebhookError::new(WebhookErrorKind::BadSignature)),
            None => Err(WebhookError::new(WebhookErrorKind::MissingSignature)),
        }
    }

    fn parse(&self, verified: &Verified<'_>) -> Result<Event, WebhookError> {
        if verified.request_for(&ACME)?.body() == b"unreadable" {
            let missing = WebhookError::new(WebhookErrorKind::MissingField);
            return Err(missing.with_field("id"));
        }
        Ok(Event::Other(OtherEvent::new(ACME, Extra::default(), Authenticity::Full)))
    }
}

impl Spy {
    fn seen(&self) -> Option<Seen> {
        self.0.lock().unwrap().take()
    }
}

/// What one request came to, in either framework.
#[derive(Debug, PartialEq)]
enum Came {
    To(Bytes),
    /// The status, how many bytes its answer has, and why.
    Not(u16, usize, Option<WebhookErrorKind>),
}

type Chunks = stream::BoxStream<'static, Result<Bytes, std::io::Error>>;

fn chunks<S>(chunks: S) -> Chunks
where
    S: Stream<Item = &'static [u8]> + Send + 'static,
{
    chunks.map(|chunk| Ok(Bytes::from_static(chunk))).boxed()
}

/// By both extractors, the request being the same.
async fn both(spy: &Arc<Spy>, headers: &[(&str, &str)], body: impl Fn() -> Chunks) -> [Came; 2] {
    [by_axum(spy, headers, body()).await, by_actix(spy, headers, body()).await]
}

async fn by_axum(spy: &Arc<Spy>, headers: &[(&str, &str)], body: Chunks) -> Came {
    use axum::{extract::FromRequest, response::IntoResponse};

    let mut request = http::Request::post("/hooks/a%20b?x=1&&y");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(axum::body::Body::from_stream(body)).unwrap();
    let state: Arc<dyn Webhook> = spy.clone();
    match for_axum::VerifiedEvent::<dyn Webhook>::from_request(request, &state).await {
        Ok(hook) => {
            assert!(!format!("{hook:?}").contains("inner"), "Debug shows the body");
            assert_eq!(hook.proof, Proof::new(Authenticity::Full, "x-acme", 0));
            let store = MemoryReplayStore::default();
            let replays = [hook.once(&store).await, hook.once(&store).await];
            assert_eq!(replays.map(|came| came.unwrap().unwrap().replay), [false, true]);
            Came::To(hook.inner)
        }
        Err(rejection) => {
            let (status, kind) =
                (rejection.http_status(), rejection.error().map(|error| error.kind()));
            let response = rejection.into_response();
            assert_eq!(response.status(), status);
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            Came::Not(status, body.len(), kind)
        }
    }
}

async fn by_actix(spy: &Arc<Spy>, headers: &[(&str, &str)], body: Chunks) -> Came {
    use actix_web::{
        FromRequest, ResponseError, error::PayloadError, test::TestRequest, web::Data,
    };

    let webhook: Arc<dyn Webhook> = spy.clone();
    let mut request = TestRequest::post().uri("/hooks/a%20b?x=1&&y").app_data(Data::from(webhook));
    for header in headers {
        request = request.append_header(*header);
    }
    let body: std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> =
        Box::pin(body.map(|chunk| chunk.map_err(PayloadError::Io)));
    let hook = actix::VerifiedEvent::<dyn Webhook>::from_request(
        &request.to_http_request(),
        &mut body.into(),
    );
    match hook.await {
        Ok(hook) => {
            assert_eq!(hook.proof.scheme, "x-acme");
            let store = MemoryReplayStore::default();
            let replays = [hook.once(&store).await, hook.once(&store).await];
            assert_eq!(replays.map(|came| came.unwrap().unwrap().replay), [false, true]);
            Came::To(hook.inner)
        }
        Err(rejection) => {
            let (status, kind) =
                (rejection.http_status(), rejection.error().map(|error| error.kind()));
            let response = rejection.error_response();
            assert_eq!(response.status().as_u16(), status);
            let body = actix_web::body::to_bytes(response.into_body()).await.unwrap();
            Came::Not(status, body.len(), kind)
        }
    }
}

#[tokio::test]
async fn the_body_is_there_byte_for_byte_and_refusals_are_empty() {
    use WebhookErrorKind::{BadSignature, MissingField, MissingSignature, TooLarge};

    let spy = Arc::new(Spy::default());
    let right = [("x-acme", "right")];
    let in_two = || chunks(stream::iter([&RAW[..3], b"", &RAW[3..]]));
    assert_eq!(both(&spy, &right, in_two).await, [(); 2].map(|()| Came::To(RAW.into())));
    let target = "POST /hooks/a%20b?x=1&&y".to_owned();
    assert_eq!(spy.seen(), Some(Seen { target, body: RAW.to_vec(), peer: None }));

    let empty = || chunks(stream::empty());
    assert_eq!(both(&spy, &right, empty).await, [(); 2].map(|()| Came::To(Bytes::new())));
    for (headers, body, status, kind) in [
        (&[][..], RAW, 403, MissingSignature),
        (&[("x-acme", "wrong")], RAW, 403, BadSignature),
        (&right, b"unreadable", 400, MissingField),
        (&[("x-acme", "right"), ("content-length", "65537")], b"", 413, TooLarge),
    ] {
        let came = both(&spy, headers, || chunks(stream::iter([body]))).await;
        let axum_knows = status != 413; // hyper makes the length known otherwise
        let refused = || Came::Not(status, 0, Some(kind));
        assert_eq!(came[1], refused());
        assert!(!axum_knows || came[0] == refused(), "{came:?}");
    }
    let broken = || stream::iter([Ok(RAW.into()), Err(std::io::ErrorKind::Other.into())]).boxed();
    assert_eq!(both(&spy, &right, broken).await, [(); 2].map(|()| Came::Not(400, 0, None)));
}

#[tokio::test]
async fn nothing_is_read_beyond_the_limit() {
    static CHUNK: [u8; 1024] = [b'x'; 1024];
    let spy = Arc::new(Spy::default());
    let right = [("x-acme", "right")];
    let whole = || chunks(stream::iter([&CHUNK[..]; MAX_BODY / 1024]));
    assert_eq!(
        both(&spy, &right, whole).await,
        [(); 2].map(|()| Came::To(vec![b'x'; MAX_BODY].into()))
    );
    spy.seen();

    let taken = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&taken);
    let endless = move || {
        let counted = Arc::clone(&counted);
        chunks(stream::repeat(&CHUNK[..]).inspect(move |_| *counted.lock().unwrap() += 1))
    };
    let too_large = || Came::Not(413, 0, Some(WebhookErrorKind::TooLarge));
    assert_eq!(both(&spy, &right, endless).await, [too_large(), too_large()]);
    assert_eq!(*taken.lock().unwrap(), 2 * (MAX_BODY / 1024 + 1));
    assert_eq!(spy.seen(), None);
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_given_up_after_five_seconds() {
    let spy = Arc::new(Spy::default());
    let right = [("x-acme", "right")];
    let stuck = || chunks(stream::once(async { RAW }).chain(stream::pending()));
    let dripping = || {
        chunks(stream::repeat(&b"x"[..]).then(|byte| async move {
            tokio::time::sleep(Duration::from_millis(900)).await;
            byte
        }))
    };
    for body in [&stuck as &dyn Fn() -> Chunks, &dripping] {
        for by in 0..2 {
            let start = Instant::now();
            let came = match by {
                0 => by_axum(&spy, &right, body()).await,
                _ => by_actix(&spy, &right, body()).await,
            };
            assert_eq!(came, Came::Not(408, 0, None));
            let (after, most) = (start.elapsed(), Duration::from_millis(5_010));
            assert!(after >= Duration::from_secs(5) && after < most, "{after:?}");
        }
    }
    assert_eq!(spy.seen(), None);
}

/// Sends one request over a connection of its own and gives the status; none if there is no answer.
async fn status(server: SocketAddr, target: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let head = format!("POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    let request = head + "X-Acme: right\r\nContent-Length: 3\r\n\r\nabc";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

/// Another extractor, which always refuses, with an answer of its own.
struct Teapot;

impl<S: Sync> axum::extract::FromRequest<S> for Teapot {
    type Rejection = http::StatusCode;

    async fn from_request(_: axum::extract::Request, _: &S) -> Result<Self, Self::Rejection> {
        Err(http::StatusCode::IM_A_TEAPOT)
    }
}

impl actix_web::FromRequest for Teapot {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(_: &actix_web::HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
        std::future::ready(Err(actix_web::error::ErrorImATeapot("teapot")))
    }
}

async fn start_axum(spy: &Arc<Spy>) -> SocketAddr {
    use axum::{Router, extract::FromRef, routing::post};
    use for_axum::{VerifiedEvent, VerifiedEventRejection};

    /// A state of which the verifier is a part.
    #[derive(Clone)]
    struct App {
        webhook: Arc<Spy>,
    }

    impl FromRef<App> for Arc<Spy> {
        fn from_ref(app: &App) -> Self {
            Self::clone(&app.webhook)
        }
    }

    async fn reply(VerifiedEvent { inner, .. }: VerifiedEvent<Spy, String>) -> Reply {
        assert_eq!(inner, "abc");
        Reply::EMPTY
    }

    async fn teapot(
        hook: Result<VerifiedEvent<Spy, Teapot>, VerifiedEventRejection>,
    ) -> Result<Reply, VerifiedEventRejection> {
        assert_eq!(hook.as_ref().unwrap_err().error(), None);
        hook.map(|_| Reply::EMPTY)
    }

    async fn panics(_: VerifiedEvent<Spy>) -> Reply {
        panic!("a handler's own");
    }

    let routes = Router::new()
        .route("/reply/{*rest}", post(reply))
        .route("/teapot", post(teapot))
        .route("/panics", post(panics));
    let app = Router::new().nest("/outer", Router::new().nest("/{inner}", routes));
    let app = app.with_state(App { webhook: Arc::clone(spy) });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

async fn start_actix(spy: &Arc<Spy>) -> SocketAddr {
    use actix::{VerifiedEvent, VerifiedEventRejection};
    use actix_web::{
        App, HttpServer,
        web::{self, Data, post},
    };

    async fn reply(VerifiedEvent { inner, .. }: VerifiedEvent<Spy, String>) -> Reply {
        assert_eq!(inner, "abc");
        Reply::EMPTY
    }

    async fn teapot(
        hook: Result<VerifiedEvent<Spy, Teapot>, VerifiedEventRejection>,
    ) -> Result<Reply, VerifiedEventRejection> {
        assert_eq!(hook.as_ref().unwrap_err().error(), None);
        hook.map(|_| Reply::EMPTY)
    }

    async fn panics(_: VerifiedEvent<Spy>) -> Reply {
        panic!("a handler's own");
    }

    async fn without_verifier(_: VerifiedEvent<dyn Webhook>) -> Result<Reply, Infallible> {
        Ok(Reply::EMPTY)
    }

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let data = Data::from(Arc::clone(spy));
    let app = move || {
        let routes = web::scope("/outer/{inner}")
            .route("/reply/{rest:.*}", post().to(reply))
            .route("/teapot", post().to(teapot))
            .route("/panics", post().to(panics))
            .route("/without", post().to(without_verifier));
        App::new().app_data(data.clone()).service(routes)
    };
    let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap().run();
    tokio::spawn(server);
    address
}

#[tokio::test]
async fn servers_see_the_address_and_the_peer_as_they_came_and_outlive_a_panic() {
    let spy = Arc::new(Spy::default());
    for server in [start_axum(&spy).await, start_actix(&spy).await] {
        let target = "/outer/in%2Fner/reply/a%20b//c?x=1&&y=%2f";
        assert_eq!(status(server, target).await, Some(200));
        let peer = Some(IpAddr::from([127, 0, 0, 1]));
        let seen = Seen { target: format!("POST {target}"), body: b"abc".to_vec(), peer };
        assert_eq!(spy.seen(), Some(seen));
        assert_eq!(status(server, "/outer/x/teapot").await, Some(418));
        for _ in 0..3 {
            assert_eq!(status(server, "/outer/x/panics").await, None);
            assert_eq!(status(server, target).await, Some(200));
        }
    }
    let server = start_actix(&spy).await;
    assert_eq!(status(server, "/outer/x/without").await, Some(500));
}
