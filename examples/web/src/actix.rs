//! actix-web, by the extractor.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{
    App, HttpServer,
    web::{self, Data},
};
use anysms::webhook::{
    Reply, Webhook,
    actix::{VerifiedEvent, VerifiedEventRejection},
};

/// Serves every path below `/hooks/` until the process ends.
///
/// # Errors
/// Those of the listener.
pub async fn serve(listener: TcpListener, webhook: Arc<dyn Webhook>) -> io::Result<()> {
    let app = move || {
        let hook = web::resource("/hooks/{below:.*}").route(web::post().to(hook));
        App::new().app_data(Data::from(webhook.clone())).service(hook)
    };
    HttpServer::new(app).workers(2).listen(listener)?.run().await
}

async fn hook(
    hook: Result<VerifiedEvent<dyn Webhook>, VerifiedEventRejection>,
) -> Result<Reply, VerifiedEventRejection> {
    let VerifiedEvent { event, .. } = hook.inspect_err(|error| eprintln!("refused: {error}"))?;
    println!("{event:?}"); // shows no numbers and no texts
    Ok(Reply::EMPTY)
}
