//! One text to several recipients in one request.

use crate::{
    error::{Error, ErrorKind, Result},
    message::{Message, MessageId, MessageStatus, Receipt, word},
    plivo::{
        PLIVO, Plivo, account,
        sms::{submit, wire},
    },
    transport::{
        api::{Accepted, Call},
        lenient,
    },
};

/// Most recipients of one request. Plivo takes more; but one answer that does not come leaves all of them
/// unknown.
pub const MAX_SEVERAL: usize = 50;

impl Plivo {
    /// Submits messages that differ in nothing but the recipient and the key, in **one** request. Returns
    /// one result per message, in order.
    ///
    /// Prefer [`send`](crate::SmsProvider::send): here one lost answer makes all of them
    /// [`Outcome::Unknown`](crate::Outcome::Unknown), no layer sees them one by one, and Plivo does not say whose id is whose, so
    /// that the receipts have none, unless there is one alone.
    ///
    /// Tell several recipients the same:
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use anysms::{Message, PhoneNumber, plivo::{Plivo, PlivoConfig}, sandbox::Sandbox};
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let plivo = Plivo::new(&PlivoConfig::sandbox(&sandbox))?;
    /// let numbers: [PhoneNumber; 2] = ["+447700900123".parse()?, "+447700900456".parse()?];
    /// let messages = numbers.map(|to| Message::new(to, "We open at noon"));
    /// let results = plivo.send_several(&messages).await;
    /// assert!(results.iter().all(Result::is_ok));
    /// assert_eq!(sandbox.messages().len(), 2);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sandbox"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// Of each message: `InvalidRequest`, not sent, if there are none or more than [`MAX_SEVERAL`], or if
    /// they differ, or one recipient is there twice; `InvalidRecipient`, not sent, for a number that Plivo
    /// names as invalid; else those of `send`.
    pub async fn send_several(&self, messages: &[Message]) -> Vec<Result<Receipt>> {
        let submitted = match self.submit_several(messages).await {
            Ok(accepted) => accepted,
            Err(error) => return messages.iter().map(|_| Err(error.clone())).collect(),
        };
        let body = submitted.body.unwrap_or_default();
        let answer: wire::Submitted<'_> = lenient::object(&body).unwrap_or_default();
        let request_id = answer
            .api_id
            .text()
            .or(submitted.request_id.as_deref())
            .and_then(word)
            .map(str::to_owned);
        let invalid: Vec<&str> =
            answer.invalid_number.iter().flatten().filter_map(|number| number.text()).collect();
        let is_invalid = |message: &Message| {
            let number = message.destination().number().map(|number| number.digits().to_string());
            invalid.iter().any(|one| number.as_deref() == Some(one.trim_start_matches('+')))
        };
        let taken = messages.iter().filter(|message| !is_invalid(message)).count();
        // Fewer ids than recipients, in an answer that has some, or an error in it: some were not taken, and
        // nobody says which.
        let ids = answer.message_uuid.as_deref().unwrap_or_default();
        let readable = !ids.is_empty() || !invalid.is_empty() || submit::error_in(&body).is_some();
        let doubtful = readable && ids.len() < taken;
        let result = |message: &Message| {
            if is_invalid(message) {
                return Err(Error::not_sent(ErrorKind::InvalidRecipient)
                    .with_provider(PLIVO)
                    .with_request_id(request_id.clone()));
            }
            if doubtful {
                return Err(Error::unknown(ErrorKind::InvalidResponse)
                    .with_provider(PLIVO)
                    .with_detail("answer to send: has fewer ids than recipients")
                    .with_request_id(request_id.clone()));
            }
            let id = ids.first().filter(|_| taken == 1 && ids.len() == 1).and_then(|id| id.text());
            let id = id.and_then(|id| MessageId::new(PLIVO, id).ok());
            let mut receipt = Receipt::new(PLIVO, id, message.key().clone());
            if !ids.is_empty() {
                receipt.status = MessageStatus::Queued;
            }
            receipt.warning = answer.warning();
            receipt.request_id.clone_from(&request_id);
            Ok(receipt)
        };
        messages.iter().map(result).collect()
    }

    async fn submit_several(&self, messages: &[Message]) -> Result<Accepted> {
        let refuse = |rule| Err(account::refuse(ErrorKind::InvalidRequest, rule));
        let Some((first, others)) = messages.split_first() else {
            return refuse("messages: there are none");
        };
        if messages.len() > MAX_SEVERAL {
            return refuse("messages: at most 50");
        }
        let as_first = |message: &Message| {
            message.clone().with_destination(first.destination()).with_key(first.key().clone())
                == *first
        };
        if !others.iter().all(as_first) {
            return refuse("messages: differ in more than the recipient and the key");
        }
        let mut recipients: Vec<_> = messages.iter().map(Message::destination).collect();
        recipients.sort_unstable();
        if recipients.windows(2).any(|pair| pair[0] == pair[1]) {
            return refuse("messages: one recipient is there twice");
        }
        let numbers = messages.iter().map(submit::number).collect::<Result<Vec<_>>>()?;
        let dst: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let inner = self.inner();
        for message in messages {
            // The rules hold for each recipient, such as that the sender is not one.
            submit::submission(message, "", inner.sender.as_ref())?;
        }
        let body = submit::submission(first, &dst.join("<"), inner.sender.as_ref())?;
        let request = inner.api.post(inner.messages.clone(), account::JSON, body);
        inner.run(Call::sending("send"), request).await
    }
}
