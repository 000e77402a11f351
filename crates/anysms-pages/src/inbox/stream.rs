//! The stream of changes to a browser: server-sent events, each the name of a part that changed.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    extract,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_core::Stream;
use http::header::CONTENT_TYPE;
use tokio::sync::{broadcast::error::RecvError, mpsc};

use crate::inbox::state::State;

/// Time after which an idle stream says that it is alive.
const ALIVE: Duration = Duration::from_secs(15);

/// Answers with the stream.
pub(super) async fn stream(extract::State(state): extract::State<Arc<State>>) -> Response {
    let mut ticks = state.listen();
    drop(state);
    let (events, queue) = mpsc::channel(64);
    tokio::spawn(async move {
        let mut event = Bytes::from_static(b"retry: 1000\ndata: all\n\n");
        while events.send(event).await.is_ok() {
            event = tokio::select! {
                tick = ticks.recv() => match tick {
                    Ok(part) => format!("data: {part}\n\n").into(),
                    Err(RecvError::Lagged(_)) => Bytes::from_static(b"data: all\n\n"),
                    Err(RecvError::Closed) => return,
                },
                () = tokio::time::sleep(ALIVE) => Bytes::from_static(b":\n\n"),
                () = events.closed() => return,
            };
        }
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(Events(queue))).into_response()
}

/// Events of one browser.
struct Events(mpsc::Receiver<Bytes>);

impl Stream for Events {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}
