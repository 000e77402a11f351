//! Files that the pages load: the stylesheet, the script and the icon, each from its own route.

use axum::{Router, response::IntoResponse, routing::get};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// Stylesheet of all pages.
pub(crate) const STYLE: &str = include_str!("../assets/pages.css");

/// Script of all pages.
pub(crate) const SCRIPT: &str = include_str!("../assets/pages.js");

/// Icon of all pages.
pub(crate) const ICON: &str = include_str!("../assets/icon.svg");

/// Returns the routes of the files, below this path.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(below: &str) -> Router<S> {
    let file = |kind: &'static str, text: &'static str| {
        get(async move || {
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response()
        })
    };
    Router::new()
        .route(&format!("{below}/pages.css"), file("text/css; charset=utf-8", STYLE))
        .route(&format!("{below}/pages.js"), file("text/javascript; charset=utf-8", SCRIPT))
        .route(&format!("{below}/icon.svg"), file("image/svg+xml", ICON))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_small() {
        assert!(STYLE.len() <= 12_000, "stylesheet: {} bytes", STYLE.len());
        assert!(SCRIPT.len() <= 6_000, "script: {} bytes", SCRIPT.len());
        assert!(ICON.len() <= 1_000, "icon: {} bytes", ICON.len());
    }

    #[test]
    fn the_files_name_no_other_host() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("://") && !text.contains("url(") && !text.contains("@import"));
        }
    }
}
