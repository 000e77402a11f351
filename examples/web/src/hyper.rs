//! hyper, without a framework.

use std::{io, sync::Arc, time::Duration};

use anysms::webhook::{MAX_BODY, Webhook, WebhookExt, WebhookRequest};
use http::{Error, Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, time};

type Answer = Response<Full<bytes::Bytes>>;

/// Serves every path until the process ends.
///
/// # Errors
/// Those of the listener.
pub async fn serve(listener: TcpListener, webhook: Arc<dyn Webhook>) -> io::Result<()> {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let webhook = webhook.clone();
            let service = service_fn(move |request| answer(webhook.clone(), request));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    }
}

async fn answer(webhook: Arc<dyn Webhook>, request: Request<Incoming>) -> Result<Answer, Error> {
    let refused = |status: u16| Response::builder().status(status).body(Full::default());
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect();
    let body = match time::timeout(Duration::from_secs(5), body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return refused(413),
        _ => return refused(400),
    };
    match webhook.receive(WebhookRequest::from_parts(&parts, &body)) {
        Ok(event) => println!("{event:?}"), // shows no numbers and no texts
        Err(error) => return refused(error.http_status()),
    }
    Ok(webhook.empty_reply().into_http().map(Full::new))
}
