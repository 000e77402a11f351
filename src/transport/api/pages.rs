//! [`ApiPages`]: a list, page by page.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use http::Uri;
use serde_json::Value;

use crate::{
    error::{Error, ErrorKind, Result},
    transport::api::{ApiRequest, ApiResponse},
};

/// Pages of a list, asked for one at a time; made by [`ApiRequest::pages`].
///
/// Follows what a page says of the next one, on the same host alone. A page that leads back to one that was
/// read, or more than a million pages, end in an error, so that no list runs for ever.
///
/// ```
/// # async fn example(twilio: anysms::twilio::Twilio) -> anysms::Result<()> {
/// use anysms::{http::Method, twilio::Product};
///
/// let request = twilio.request(Method::GET, Product::Account, ["IncomingPhoneNumbers.json"]);
/// let mut pages = request.pages();
/// while let Some(page) = pages.next().await {
///     let page: serde_json::Value = page?.json()?;
///     println!("{} numbers", page["incoming_phone_numbers"].as_array().map_or(0, Vec::len));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ApiPages<'a> {
    request: ApiRequest<'a>,
    next: Option<Result<Uri>>,
    read: HashSet<u64>, // hashes: addresses may be long
}

/// Most pages of one list.
const MAX_PAGES: usize = 1_000_000;

impl<'a> ApiPages<'a> {
    pub(super) fn new(request: ApiRequest<'a>) -> Self {
        let next = Some(request.uri());
        Self { request, next, read: HashSet::new() }
    }

    /// Asks for the next page; `None` after the last one, and after an error.
    ///
    /// # Errors
    /// Those of [`ApiRequest::send`]; `InvalidResponse` for a page that leads back, or to another host, and for the one
    /// after a million.
    pub async fn next(&mut self) -> Option<Result<ApiResponse>> {
        let uri = match self.next.take()? {
            Ok(uri) => uri,
            Err(error) => return Some(Err(error)),
        };
        self.read.insert(hash(&uri));
        let page = match self.request.send_to(uri).await {
            Ok(page) => page,
            Err(error) => return Some(Err(error)),
        };
        self.next = self.after(&page);
        Some(Ok(page))
    }

    /// Finds where the page after this one is.
    fn after(&self, page: &ApiResponse) -> Option<Result<Uri>> {
        let body: Value = serde_json::from_slice(page.body()).ok()?;
        let pointers = self.request.api().next_page;
        let place =
            |pointer: &&str| body.pointer(pointer)?.as_str().filter(|next| !next.is_empty());
        let next = pointers.iter().find_map(place)?;
        let astray = |rule: &'static str| {
            Err(Error::not_sent(ErrorKind::InvalidResponse).with_detail(rule).without_message())
        };
        let Ok(uri) = next.parse::<Uri>() else { return Some(astray("next page: is no address")) };
        match self.request.same_host(uri) {
            None => Some(astray("next page: is on another host")),
            Some(Ok(_)) if self.read.len() >= MAX_PAGES => {
                Some(astray("next page: there are more than a million"))
            }
            Some(Ok(uri)) if self.read.contains(&hash(&uri)) => {
                Some(astray("next page: was read before"))
            }
            same => same,
        }
    }
}

fn hash(uri: &Uri) -> u64 {
    let mut hasher = DefaultHasher::new();
    uri.hash(&mut hasher);
    hasher.finish()
}
