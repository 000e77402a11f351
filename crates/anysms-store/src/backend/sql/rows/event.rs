//! Events.

use anysms::message::MessageId;

use super::{
    column::{self, columns},
    json::Cell,
};
use crate::{
    StatusEvent,
    backend::sql::connection::{Columns, Corrupt, Value},
};

columns! {
    /// Columns of an event.
    EVENT: StatusEvent = {
        Id ["id"] => id;
        Fixed ["provider"] => (Text, |event| Cell::Text(event.message.provider().as_str()), |event, columns| {
            event.message = MessageId::new(columns.parse()?, event.message.value()).map_err(|_| Corrupt)?;
            Ok(())
        });
        Fixed ["provider_id"] => (Text, |event| Cell::Text(event.message.value()), |event, columns| {
            let provider = event.message.provider().clone();
            event.message = MessageId::new(provider, &columns.text()?).map_err(|_| Corrupt)?;
            Ok(())
        });
        Fixed ["account"] => account;
        Changing ["attempt"] => attempt;
        Fixed ["status"] => status;
        Fixed ["failure_kind", "failure_code"] => failure;
        Fixed ["segments"] => segments;
        Fixed ["price", "price_currency"] => price;
        Fixed ["sequence"] => sequence;
        Fixed ["at"] => at;
        Fixed ["received_at"] => received_at;
        Fixed ["times"] => times;
        Changing ["stale"] => stale;
        Fixed ["proof"] => proof;
        Fixed ["recipient"] => recipient;
        Fixed ["sender"] => sender;
        Changing ["is_foreign"] => foreign;
    }
}

pub(crate) fn read_event(row: Vec<Value>) -> Result<StatusEvent, Corrupt> {
    let mut event = StatusEvent::blank();
    column::read(EVENT, &mut event, &mut Columns::new(row))?;
    Ok(event)
}
