//! poem.

use std::{io, sync::Arc};

use anysms::webhook::{MAX_BODY, Webhook, WebhookExt, WebhookRequest};
use poem::{
    Request, Response, Route, Server, endpoint::make, http::StatusCode, listener::TcpAcceptor, post,
};
use tokio::net::TcpListener;

/// Serves every path below `/hooks/` until the process ends.
///
/// # Errors
/// Those of the listener.
pub async fn serve(listener: TcpListener, webhook: Arc<dyn Webhook>) -> io::Result<()> {
    let hook = post(make(move |request| answer(webhook.clone(), request)));
    let routes = Route::new().at("/hooks/*below", hook);
    Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?).run(routes).await
}

async fn answer(webhook: Arc<dyn Webhook>, mut request: Request) -> poem::Result<Response> {
    let body = match request.take_body().into_bytes_limit(MAX_BODY).await {
        Ok(body) => body,
        Err(error) => return Ok(poem::Error::from(error).status().into()),
    };
    let target = request.original_uri().path_and_query().map_or("/", |target| target.as_str());
    let headers: Vec<(&str, &[u8])> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let request = WebhookRequest::new(request.method().as_str(), target, &headers, &body);
    match webhook.receive(request) {
        Ok(event) => println!("{event:?}"), // shows no numbers and no texts
        Err(error) => {
            let status = StatusCode::from_u16(error.http_status());
            return Ok(status.unwrap_or(StatusCode::FORBIDDEN).into());
        }
    }
    let reply = webhook.empty_reply();
    Ok(Response::builder().content_type(reply.content_type()).body(reply.into_http().into_body()))
}
