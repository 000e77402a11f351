//! A provider with accounts: each sends for its tenants, and is asked about its own messages only.

use std::sync::{Arc, Mutex};

use anysms::{
    AccountId, AccountKey, Capabilities, Error, ErrorKind, Message, MessageId, MessageRecord,
    MessageStatus, ProviderId, Query, Receipt, Result, SmsProvider, async_trait,
    message::{Address, Direction, Page},
};

use crate::fake::ACME;

type Answer = Arc<dyn Fn(&Message) -> Result<()> + Send + Sync>;

/// One account, or all accounts of a program behind one provider.
#[derive(Clone)]
pub(crate) struct Carrier {
    /// The one account; else the account of a message is its tenant's name.
    account: Option<&'static str>,
    answer: Answer,
    pub(crate) sent: Arc<Mutex<Vec<Message>>>,
    pub(crate) records: Arc<Mutex<Vec<MessageRecord>>>,
    pub(crate) asked: Arc<Mutex<u32>>,
}

impl Carrier {
    pub(crate) fn new(account: Option<&'static str>) -> Self {
        Self::answering(account, |_| Ok(()))
    }

    pub(crate) fn answering(
        account: Option<&'static str>,
        answer: impl Fn(&Message) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            account,
            answer: Arc::new(answer),
            sent: Arc::default(),
            records: Arc::default(),
            asked: Arc::default(),
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    /// Keeps a record of a message that it delivered, as if it had been accepted.
    pub(crate) fn keep(&self, id: &str, message: &Message, direction: Direction) {
        let id = MessageId::new(ACME, id).unwrap();
        let mut record = MessageRecord::new(id, MessageStatus::Delivered);
        record.direction = Some(direction);
        record.to = Some(Address::from(message.destination()));
        record.from = message.sender().map(Address::from);
        record.text = Some(message.text().into());
        record.created_at = Some(anysms::Timestamp::now());
        self.records.lock().unwrap().push(record);
    }
}

impl std::fmt::Debug for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Carrier")
    }
}

#[async_trait]
impl SmsProvider for Carrier {
    fn id(&self) -> ProviderId {
        ACME
    }

    fn capabilities(&self) -> Capabilities {
        let mut can = Capabilities::default();
        (can.fetch, can.list) = (true, true);
        can
    }

    fn account(&self, message: &Message) -> Option<AccountKey> {
        let tenant = message.tenant().map_or("none", |tenant| tenant.as_str());
        Some(AccountKey::new(ACME, AccountId::from(self.account.unwrap_or(tenant))))
    }

    async fn send(&self, message: &Message) -> Result<Receipt> {
        let call = {
            let mut sent = self.sent.lock().unwrap();
            sent.push(message.clone());
            sent.len()
        };
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        (self.answer)(message)?;
        let account = self.account(message).unwrap().id;
        let id = MessageId::new(ACME, &format!("{account}-{call}")).unwrap();
        let mut receipt = Receipt::new(ACME, Some(id), message.key().clone());
        receipt.account = Some(account);
        Ok(receipt)
    }

    async fn fetch(&self, id: &MessageId) -> Result<MessageRecord> {
        *self.asked.lock().unwrap() += 1;
        let records = self.records.lock().unwrap();
        let found = records.iter().find(|record| record.id == *id).cloned();
        found.ok_or_else(|| Error::not_sent(ErrorKind::NotFound))
    }

    async fn list(&self, _: &Query) -> Result<Page<MessageRecord>> {
        *self.asked.lock().unwrap() += 1;
        Ok(Page::new(self.records.lock().unwrap().clone(), None))
    }
}
