//! Plivo's Powerpacks, and the pools of numbers below them.

use async_trait::async_trait;
use http::Method;
use serde_json::{Value, json};

use super::numbers::{PAGE, items, last_part, own, unsupported};
use crate::{
    account::Account,
    account_id::AccountKey,
    error::{Error, ErrorKind, Result},
    message::{PoolId, Sender},
    number::PhoneNumber,
    numbers::{Pool, PoolQuery, PoolSetup, Pools, is_toll_free},
    plivo::{PLIVO, Plivo},
    transport::lenient::field,
};

/// Most senders of one kind that are listed.
const SENDERS: usize = 10_000;

/// Returns the part of the path that Plivo has for numbers of this kind.
fn collection(number: PhoneNumber) -> &'static str {
    if is_toll_free(number) { "Tollfree" } else { "Number" }
}

/// Returns the end of a sender's path in a pool.
fn member(sender: &Sender) -> Result<[String; 2]> {
    match sender {
        Sender::Number(number) => Ok([collection(*number).to_owned(), number.digits().to_string()]),
        Sender::ShortCode(code) => Ok(["Shortcode".to_owned(), code.to_string()]),
        _ => Err(unsupported("sender: a Powerpack takes numbers and short codes alone")),
    }
}

fn pool(item: &Value) -> Option<Pool> {
    let mut pool = Pool::new(field(item, "uuid")?.parse().ok()?, field(item, "name")?);
    pool.sticky_sender = item.get("sticky_sender").and_then(Value::as_bool);
    pool.application = field(item, "application_id").filter(|id| id != "none");
    Some(pool)
}

impl Plivo {
    /// Returns the id of the pool of numbers of a Powerpack, which is part of an address in it.
    async fn number_pool(&self, id: &PoolId) -> Result<String> {
        let request = self.request(Method::GET, ["Powerpack", id.as_str()]);
        let powerpack: Value = request.send().await?.json()?;
        last_part(&powerpack, "number_pool").ok_or_else(|| {
            let error = own(Error::not_sent(ErrorKind::InvalidResponse)).without_message();
            error.with_detail("answer about a Powerpack: does not name its pool of numbers")
        })
    }
}

#[async_trait]
impl Pools for Plivo {
    fn pools_account(&self) -> AccountKey {
        AccountKey::new(PLIVO, self.account_id().clone())
    }

    async fn create_pool(&self, setup: &PoolSetup) -> Result<Pool> {
        setup.check().map_err(own)?;
        let given = [
            (setup.inbound.is_some(), "inbound: a Powerpack has none; use an application"),
            (setup.fallback.is_some(), "fallback: a Powerpack has none; use an application"),
            (setup.status_callback.is_some(), "status_callback: Plivo takes it with a message"),
            (setup.validity.is_some(), "validity: Plivo takes it with a message"),
        ];
        if let Some((_, rule)) = given.into_iter().find(|(given, _)| *given) {
            return Err(unsupported(rule));
        }
        let mut body = json!({"name": setup.name});
        if let Some(sticky) = setup.sticky_sender {
            body["sticky_sender"] = sticky.into();
        }
        if let Some(application) = &setup.application {
            body["application_type"] = "xml".into();
            body["application_id"] = application.as_str().into();
        }
        let request = self.request(Method::POST, ["Powerpack"]).json(&body);
        let created: Value = request.send().await?.json()?;
        pool(&created).ok_or_else(|| {
            let error = own(Error::unknown(ErrorKind::InvalidResponse)).without_message();
            error.with_detail("answer to a Powerpack's creation: does not name it")
        })
    }

    /// Lists Powerpacks. Plivo has no filter by name, so all pages are read for one that is not there.
    async fn list_pools(&self, query: &PoolQuery) -> Result<Vec<Pool>> {
        let read = |item: &Value| pool(item).filter(|pool| query.fits(pool));
        let page = if query.name.is_some() { PAGE } else { query.limit.max(1) };
        items(self.request(Method::GET, ["Powerpack"]), (page, query.limit.max(1)), read).await
    }

    async fn add_sender(&self, id: &PoolId, sender: &Sender) -> Result<()> {
        let [kind, number] = member(sender)?;
        let numbers = self.number_pool(id).await?;
        let path = || ["NumberPool", &numbers, &kind, &number];
        // Without `rent` a number that the account does not have is refused, never bought.
        let added = self.request(Method::POST, path()).json(&json!({})).send().await;
        let Err(error) = added else { return Ok(()) };
        let is_refused = error.status().is_some_and(|status| (400..500).contains(&status));
        // One that is in it already may be refused; then it can be read.
        if is_refused && self.request(Method::GET, path()).send().await.is_ok() {
            return Ok(());
        }
        Err(error)
    }

    async fn remove_sender(&self, id: &PoolId, sender: &Sender) -> Result<()> {
        let [kind, number] = member(sender)?;
        let numbers = self.number_pool(id).await?;
        let request = self.request(Method::DELETE, ["NumberPool", &numbers, &kind, &number]);
        request.json(&json!({"unrent": false})).send().await.map(drop)
    }

    async fn senders(&self, id: &PoolId) -> Result<Vec<Sender>> {
        let numbers = self.number_pool(id).await?;
        let mut senders = Vec::new();
        for (kind, name) in
            [("Number", "number"), ("Tollfree", "tollfree"), ("Shortcode", "shortcode")]
        {
            let read = |item: &Value| {
                let digits = field(item, name).or_else(|| field(item, "number"))?;
                match name {
                    "shortcode" => digits.parse().ok().map(Sender::ShortCode),
                    _ => format!("+{}", digits.trim_start_matches('+')).parse().ok(),
                }
            };
            let request = self.request(Method::GET, ["NumberPool", &numbers, kind]);
            senders.extend(items(request, (PAGE, SENDERS), read).await?);
        }
        senders.truncate(SENDERS);
        Ok(senders)
    }

    async fn delete_pool(&self, id: &PoolId) -> Result<()> {
        let request = self.request(Method::DELETE, ["Powerpack", id.as_str()]);
        request.json(&json!({"unrent_numbers": false})).send().await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_has_its_place_in_a_pool() {
        let place = |text: &str| member(&text.parse().unwrap()).map(|place| place.join("/"));
        assert_eq!(place("+15555550101").unwrap(), "Number/15555550101");
        assert_eq!(place("+18005550101").unwrap(), "Tollfree/18005550101");
        assert_eq!(place("+448081570101").unwrap(), "Tollfree/448081570101");
        assert_eq!(place("72345").unwrap(), "Shortcode/72345");
        assert_eq!(place("ACME").unwrap_err().kind(), ErrorKind::Unsupported);
    }
}
