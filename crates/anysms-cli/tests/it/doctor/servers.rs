//! Web servers that `doctor` looks at, each on a port of its own.

use std::{sync::Arc, time::Duration};

use anysms::{
    Timestamp,
    webhook::{PublicUrl, Webhook, axum::VerifiedEvent},
};
use axum::{
    Router,
    http::{HeaderName, StatusCode, header},
};
use tokio::net::TcpListener;

async fn serve(listener: TcpListener, app: Router) {
    tokio::spawn(async move { axum::serve(listener, app).await });
}

/// A server that answers every request with this status and header.
async fn constant(status: u16, header: (HeaderName, String)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    let answer = (StatusCode::from_u16(status).unwrap(), [header]);
    serve(listener, Router::new().fallback(async || answer)).await;
    host
}

/// A webhook that answers every request with this status.
pub(super) async fn answering(status: u16) -> String {
    constant(status, (header::LOCATION, "https://example.com/hook".to_owned())).await + "/hook"
}

/// An API whose clock shows this time, and that knows no resource.
pub(super) async fn with_date(date: Timestamp) -> String {
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    constant(404, (header::DATE, date)).await
}

/// A webhook that verifies what comes, for its own address.
pub(super) async fn verifying(webhook: impl FnOnce(PublicUrl) -> Arc<dyn Webhook>) -> String {
    async fn accept(_: VerifiedEvent<dyn Webhook>) -> StatusCode {
        StatusCode::OK
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let webhook = webhook(url.parse().unwrap());
    serve(listener, Router::new().fallback(accept).with_state(webhook)).await;
    url
}

/// A webhook over TLS with a certificate that nobody vouches for.
pub(super) async fn with_own_certificate() -> String {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key =
        tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let config = tokio_rustls::rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.unwrap())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    url
}

/// A server that takes connections and closes them without an answer.
pub(super) async fn closing() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.readable().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    url
}
