//! The inbox of a sandbox: phones, conversations, messages.
//!
//! Belongs here: its routes (`mod`), where a reader is (`place`), what was read and seen (`state`), the watch
//! for changes (`watch`) and the stream that tells browsers (`stream`), what a reader does (`actions`, with the
//! faults on offer in `faults`), the words of the search (`search`), how a text is cut (`parts`), and
//! the HTML (`view`).

mod actions;
mod faults;
mod parts;
mod place;
mod search;
mod state;
mod stream;
mod view;
mod watch;

use std::sync::Arc;

use anysms::sandbox::SandboxHandle;
use axum::{
    Router,
    extract::{self, RawQuery},
    middleware,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{any, get},
};
use http::StatusCode;

use crate::{
    assets,
    guard::guard,
    inbox::{place::Place, state::State},
};

/// Path of the inbox, below the base URL of the sandbox.
pub const INBOX_PATH: &str = "/_anysms/inbox";

/// Settings of the inbox.
///
/// Show more messages than the newest 500:
///
/// ```
/// use anysms::sandbox::Sandbox;
/// use anysms_pages::Inbox;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pages = |handle| Inbox::new(handle).with_newest(2_000).router();
/// let sandbox = Sandbox::builder().pages(pages).start().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Inbox {
    handle: SandboxHandle,
    newest: usize,
}

impl Inbox {
    /// Creates an inbox that shows the newest 500 messages of a sandbox.
    #[must_use]
    pub const fn new(handle: SandboxHandle) -> Self {
        Self { handle, newest: 500 }
    }

    /// Sets the number of messages that are shown, the newest of all accounts.
    #[must_use]
    pub const fn with_newest(mut self, messages: usize) -> Self {
        self.newest = messages;
        self
    }

    /// Returns the routes: the inbox below [`INBOX_PATH`], and `/`, which leads there.
    ///
    /// On a Tokio runtime it begins to watch the sandbox at once, otherwise with the first request.
    pub fn router(self) -> Router {
        let state = Arc::new(State::new(self.handle, self.newest));
        watch::start(&state);
        let below = |path: &str| format!("{INBOX_PATH}{path}");
        Router::new()
            .route("/", get(async || Redirect::to(INBOX_PATH)))
            .route(INBOX_PATH, get(page))
            .route(&below("/help"), get(help))
            .route(&below("/stream"), get(stream::stream))
            .route(&below("/{*other}"), any(unknown))
            .merge(actions::routes())
            .merge(assets::routes(INBOX_PATH))
            .route_layer(middleware::from_fn(guard))
            .with_state(state)
    }
}

/// Returns the routes of an inbox, for [`SandboxBuilder::pages`](anysms::sandbox::SandboxBuilder::pages).
pub fn inbox(handle: SandboxHandle) -> Router {
    Inbox::new(handle).router()
}

/// Answers with the page, or the part of it that is asked for.
async fn page(
    extract::State(state): extract::State<Arc<State>>,
    RawQuery(query): RawQuery,
) -> Response {
    watch::start(&state);
    let place = Place::read(query.unwrap_or_default().as_bytes());
    let part = place.part.clone();
    let view = view::View::new(&state, place);
    let shown = match part.as_deref() {
        None => view.page(),
        Some("list") => view.list(),
        Some("chat") => view.chat(),
        Some("details") => view.details(),
        Some("waiting") => view.waiting(),
        Some(_) => return not_found(),
    };
    Html(shown.into_string()).into_response()
}

async fn help() -> Response {
    Html(view::help_page().into_string()).into_response()
}

async fn unknown() -> Response {
    not_found()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Html(view::unknown_page().into_string())).into_response()
}
