//! Rocket.

use std::sync::Arc;

use anysms::webhook::{MAX_BODY, Webhook, WebhookExt, WebhookRequest};
use rocket::data::{Data, ToByteUnit};
use rocket::http::{ContentType, Method, Status};
use rocket::route::{Handler, Outcome, Route};
use rocket::{Build, Config, Request, Rocket};

/// Makes a server on this port of 127.0.0.1 for every path below `/hooks/`.
pub fn server(port: u16, webhook: Arc<dyn Webhook>) -> Rocket<Build> {
    let config = Config { port, ..Config::default() };
    rocket::custom(config).mount("/hooks", [Route::new(Method::Post, "/<below..>", Hook(webhook))])
}

#[derive(Clone)]
struct Hook(Arc<dyn Webhook>);

#[rocket::async_trait]
impl Handler for Hook {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let refused = |status| Outcome::from(request, (Status::new(status), ()));
        let body = match data.open(MAX_BODY.bytes()).into_bytes().await {
            Ok(body) if body.is_complete() => body.into_inner(),
            Ok(_) => return refused(413),
            Err(_) => return refused(400),
        };
        let target = request.uri().to_string();
        let headers: Vec<_> = request.headers().iter().collect();
        let pairs = headers.iter().map(|one| (one.name().as_str(), one.value().as_bytes()));
        let headers = pairs.collect::<Vec<_>>();
        match self.0.receive(WebhookRequest::new("POST", &target, &headers, &body)) {
            Ok(event) => println!("{event:?}"), // shows no numbers and no texts
            Err(error) => return refused(error.http_status()),
        }
        let kind = ContentType::new("application", "xml");
        Outcome::from(request, (kind, self.0.empty_reply().body().to_owned()))
    }
}
