//! Prices.

use anysms::{
    ProviderId,
    message::{Currency, Direction, Money},
    number::Region,
    pricing::PriceRow,
};
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::column::{self, columns};
use crate::{
    PriceRecord,
    backend::sql::connection::{Columns, Corrupt, Value},
};

columns! {
    /// Columns of a price.
    PRICE: PriceRecord = {
        Id ["id"] => row;
        Fixed ["provider"] => provider;
        Fixed ["country"] => country;
        Fixed ["carrier"] => carrier;
        Fixed ["mcc"] => mcc;
        Fixed ["mnc"] => mnc;
        Fixed ["number_type"] => number_type;
        Fixed ["direction"] => direction;
        Fixed ["per_segment", "currency"] => per_segment;
        Changing ["fetched_at"] => fetched_at;
        Fixed ["valid_from"] => valid_from;
        Changing ["valid_to"] => valid_to;
    }
}

pub(crate) fn read_price(row: Vec<Value>) -> Result<PriceRecord, Corrupt> {
    let blank = PriceRow::new(Direction::Outbound, Decimal::ZERO);
    let place = (ProviderId::from_static("none"), Region::WORLD);
    let nothing = Money::new(Decimal::ZERO, Currency::USD);
    let mut price = PriceRecord::new(place, blank, nothing, Timestamp::UNIX_EPOCH);
    column::read(PRICE, &mut price, &mut Columns::new(row))?;
    Ok(price)
}
