//! Prices of a store in memory.

use async_trait::async_trait;
use jiff::Timestamp;

use anysms::{ProviderId, error::Result, number::Region};

use crate::{
    PriceRecord,
    backend::memory::transaction::MemoryTransaction,
    protocol::{prices::PriceChanges, transaction::PriceTables},
};

#[async_trait]
impl PriceTables for MemoryTransaction<'_> {
    async fn prices(
        &mut self,
        provider: &ProviderId,
        country: Region,
        open: bool,
    ) -> Result<Vec<PriceRecord>> {
        let of = |one: &&PriceRecord| {
            one.provider == *provider && one.country == country && (!open || one.valid_to.is_none())
        };
        Ok(self.kept().prices.iter().filter(of).cloned().collect())
    }

    async fn change_prices(&mut self, changes: PriceChanges, at: Timestamp) -> Result<()> {
        let kept = self.kept();
        for known in &mut kept.prices {
            if changes.same.contains(&known.row) {
                known.fetched_at = at;
            }
            if changes.gone.contains(&known.row) {
                known.valid_to = Some(at);
            }
        }
        for mut new in changes.new {
            new.row = kept.next_row();
            kept.prices.push(new);
        }
        Ok(())
    }
}
