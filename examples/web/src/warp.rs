//! warp.

use std::{pin::pin, sync::Arc};

use anysms::webhook::{MAX_BODY, Webhook, WebhookExt, WebhookRequest};
use bytes::{Buf, BufMut, Bytes};
use futures_util::{Stream, StreamExt};
use tokio::net::TcpListener;
use warp::{Filter, any, body, header, http::Request, http::Response, path, query};

/// Serves every path below `/hooks/` until the process ends.
pub async fn serve(listener: TcpListener, webhook: Arc<dyn Webhook>) {
    let query = query::raw().map(|query| format!("?{query}")).or(any().map(String::new)).unify();
    let target = path("hooks").and(path::full()).and(query);
    let request = warp::post().and(target).and(header::headers_cloned());
    let hook = request.and(body::stream().then(read)).map(
        move |path: path::FullPath, query: String, headers, body: Option<Vec<u8>>| {
            let refused = |status: u16| Response::builder().status(status).body(Bytes::new());
            let Some(body) = body else { return refused(413) };
            let mut request = Request::post(path.as_str().to_owned() + &query).body(body)?;
            *request.headers_mut() = headers;
            match webhook.receive(WebhookRequest::from_http(&request)) {
                Ok(event) => println!("{event:?}"), // shows no numbers and no texts
                Err(error) => return refused(error.http_status()),
            }
            Ok(webhook.empty_reply().into_http())
        },
    );
    warp::serve(hook).incoming(listener).run().await;
}

/// The whole body; none if it is too large or breaks off.
async fn read(body: impl Stream<Item = Result<impl Buf, warp::Error>>) -> Option<Vec<u8>> {
    let (mut body, mut whole) = (pin!(body), Vec::new());
    while let Some(chunk) = body.next().await {
        whole.put(chunk.ok().filter(|chunk| chunk.remaining() <= MAX_BODY - whole.len())?);
    }
    Some(whole)
}
