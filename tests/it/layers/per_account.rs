//! Two accounts of one provider are two providers to every layer.

use std::{collections::HashSet, sync::Arc, time::Duration};

use crate::layers::scripted::{ACME, message};
use anysms::{
    AccountId, AccountKey, Capabilities, Error, ErrorKind, Message, MessageId, MessageStatus,
    ProviderId, Receipt, Result, SmsProvider, async_trait,
    layers::{Failover, LayerExt, ProviderHealth, Quota, RetryPolicy, Weighted},
    message::DeliveryFailure,
    webhook::{Authenticity, Event, StatusUpdate},
};
use tokio::time::Instant;

const BACKUP: ProviderId = ProviderId::from_static("backup");

/// A provider with an account for each tenant, like `Accounts`. Those of some tenants fail.
#[derive(Clone, Debug)]
struct Many {
    id: ProviderId,
    failing: HashSet<&'static str>,
    kind: ErrorKind,
    calls: Arc<std::sync::Mutex<Vec<Option<AccountId>>>>,
}

fn many(id: ProviderId, failing: &[&'static str], kind: ErrorKind) -> Many {
    let failing = failing.iter().copied().collect();
    Many { id, failing, kind, calls: Arc::default() }
}

#[async_trait]
impl SmsProvider for Many {
    fn id(&self) -> ProviderId {
        self.id.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        message.tenant().map(|tenant| AccountKey::new(self.id(), tenant.as_str().into()))
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let account = self.account(message).map(|account| account.id);
        self.calls.lock().unwrap().push(account.clone());
        if message.tenant().is_some_and(|tenant| self.failing.contains(tenant.as_str())) {
            return Err(Error::not_sent(self.kind).with_provider(self.id()).with_status(500));
        }
        let id = MessageId::new(self.id(), message.key().as_str()).ok();
        Ok(Receipt::new(self.id(), id, message.key().clone()))
    }
}

fn of(tenant: &str) -> Message {
    message().with_tenant(tenant.parse().unwrap())
}

#[tokio::test(start_paused = true)]
async fn one_accounts_trouble_opens_no_others_breaker() {
    for kind in [
        ErrorKind::Credentials,
        ErrorKind::Account,
        ErrorKind::RateLimited,
        ErrorKind::Unavailable,
        ErrorKind::Connect,
    ] {
        let first = many(ACME, &["revoked"], kind);
        let sms = Failover::new(first.clone()).or(many(BACKUP, &[], kind)).unwrap();
        for _ in 0..20 {
            assert_eq!(sms.send(&of("revoked")).await.unwrap().provider, BACKUP);
        }
        let asked = first.calls.lock().unwrap().len();
        assert!((1..=5).contains(&asked), "{kind}: its own breaker is open, after {asked}");
        for tenant in ["clinic", "garage"] {
            assert_eq!(sms.send(&of(tenant)).await.unwrap().provider, ACME, "{kind}: {tenant}");
        }
        assert_eq!(sms.send(&message()).await.unwrap().provider, ACME, "{kind}: nobody's");
    }
}

#[tokio::test(start_paused = true)]
async fn one_accounts_quota_delays_no_other() {
    let provider = many(ACME, &[], ErrorKind::Other);
    let quotas = [
        Quota::messages(1).per_campaign(),
        Quota::messages(1).per_sender(),
        Quota::messages(1),
        Quota::requests(1),
    ];
    for quota in quotas {
        let sms = provider.clone().rate_limit([quota.clone()]);
        let send = |tenant| of(tenant).with_campaign("summer");
        let start = Instant::now();
        sms.send(&send("clinic")).await.unwrap();
        sms.send(&send("garage")).await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO, "{quota:?}");
        sms.send(&send("clinic")).await.unwrap();
        assert!(start.elapsed() > Duration::from_millis(900), "{quota:?}: its own");
    }
}

#[tokio::test(start_paused = true)]
async fn one_accounts_retries_use_up_no_others_budget() {
    let provider = many(ACME, &["limited", "clinic"], ErrorKind::RateLimited);
    let sms = provider.clone().retry(RetryPolicy::default());
    for _ in 0..50 {
        sms.send(&of("limited")).await.unwrap_err();
    }
    let before = provider.calls.lock().unwrap().len();
    assert!(before < 70, "{before}: the share of its own calls is used up");
    sms.send(&of("clinic")).await.unwrap_err();
    assert_eq!(provider.calls.lock().unwrap().len(), before + 3, "three attempts all the same");
}

#[tokio::test(start_paused = true)]
async fn one_accounts_reports_move_no_others_messages() {
    let health = ProviderHealth::default();
    let [one, two] = [ACME, BACKUP].map(|id| many(id, &[], ErrorKind::Other));
    let sms = Weighted::new(one, 1, &health).and(two, 1).unwrap();
    let share = async |tenant: &str, delivered: bool| {
        let mut first = 0;
        for _ in 0..1_000 {
            let receipt = sms.send(&of(tenant)).await.unwrap();
            let ok = delivered || receipt.provider != ACME;
            first += u32::from(receipt.provider == ACME);
            let status = if ok { MessageStatus::Delivered } else { MessageStatus::Undelivered };
            let failure = (!ok).then(|| DeliveryFailure::new(ErrorKind::UnregisteredSender, "1"));
            let id = receipt.id.unwrap();
            let update = StatusUpdate::new(id, status, failure, Authenticity::Full);
            health.learn(&Event::Status(update));
        }
        f64::from(first) / 1_000.0
    };
    assert!(share("unregistered", false).await < 0.3);
    assert!((share("clinic", true).await - 0.5).abs() < 0.1);

    let json = serde_json::to_value(health.scores()).unwrap();
    let score = |provider: u32, account: &str| {
        let rows = json.as_array().unwrap();
        let row = rows.iter().find(|row| {
            row["provider"] == provider && row["account"]["id"].as_str() == Some(account)
        });
        row.unwrap()["delivered"].as_f64().unwrap()
    };
    assert!(score(0, "unregistered") < 0.3 && score(0, "clinic") > 0.99);
    assert!(score(1, "unregistered") > 0.99 && json.as_array().unwrap().len() == 4);
}
