//! Reports: statistics of deliveries, and usage.

use jiff::civil::Date;

use anysms::{
    error::Result,
    message::{Currency, MessageClass, Money},
};

use crate::{
    DeliveryStats, Filter, Progress, Usage, UsageRow,
    backend::sql::{
        connection::{Columns, Connection, Corrupt, Sql},
        error::failed,
        read::{Where, corrupt},
        rows::{
            stored::{Stored, amount},
            tenant,
        },
        statements::Statements,
    },
    report::{Times, costs::CostSum},
};

const MICROS_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Reads the statistics in one pass, as most of the work is to find the rows.
pub(crate) async fn delivery_stats(
    connection: &mut Connection<'_>,
    sql: &Statements,
    filter: &Filter,
) -> Result<DeliveryStats> {
    let of = Where::of(connection.dialect(), &sql.prefix, filter);
    let steps = Times::STEPS.map(|(below, step)| {
        let took = "(delivered_at - accepted_at) / 1000";
        format!(" WHEN {took} < {below} THEN {took} / {step} * {step}")
    });
    let text = format!(
        "SELECT status, failure_kind, failure_code, \
         CASE WHEN status < {} THEN NULL {} END, count(*), count(accepted_at) \
         FROM {}message {} AND direction = 0 GROUP BY 1, 2, 3, 4",
        Progress::Delivered.rank(),
        steps.concat(),
        sql.prefix,
        of.sql
    );
    let rows = connection.rows(&Sql::from(text), &of.args).await.map_err(failed)?;
    let (mut report, mut times) = (DeliveryStats::default(), Times::default());
    for row in rows {
        let mut row = Columns::new(row);
        let status = row.int_or_none().map_err(corrupt)?;
        let status = Progress::from_rank(status.unwrap_or_default()).unwrap_or_default();
        let failure = Option::read(&mut row).map_err(corrupt)?;
        let took = row.int_or_none().map_err(corrupt)?;
        let count = row.int().map_err(corrupt)?.try_into().unwrap_or_default();
        let taken = row.int().map_err(corrupt)?.try_into().unwrap_or_default();
        report.add(status, failure, count, taken);
        if let Some(took) = took {
            times.add(took, count);
        }
    }
    report.sort();
    report.time_to_deliver = times.percentiles();
    Ok(report)
}

pub(crate) async fn usage(
    connection: &mut Connection<'_>,
    sql: &Statements,
    filter: &Filter,
) -> Result<Usage> {
    let of = Where::of(connection.dialect(), &sql.prefix, filter);
    let text = format!(
        "SELECT created_at / {MICROS_A_DAY} AS day, country, price_currency, estimate_currency, provider, account, \
         count(*), cast(coalesce(sum(segments), 0) AS bigint), \
         cast(coalesce(sum(estimate), 0) AS bigint), cast(coalesce(sum(price), 0) AS bigint), count(price) \
         FROM {}message {} AND accepted_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6",
        sql.prefix, of.sql
    );
    let rows = connection.rows(&Sql::from(text), &of.args).await.map_err(failed)?;
    let mut usage = Usage::default();
    for row in rows {
        let (row, estimate) = usage_row(&mut Columns::new(row)).map_err(corrupt)?;
        usage.add(row, estimate);
    }
    usage.sort();
    Ok(usage)
}

/// Reads the costs of accepted messages that are alike.
pub(crate) async fn costs(
    connection: &mut Connection<'_>,
    sql: &Statements,
    filter: &Filter,
) -> Result<Vec<CostSum>> {
    let of = Where::of(connection.dialect(), &sql.prefix, filter);
    let text = format!(
        "SELECT created_at / {MICROS_A_DAY} AS day, country, price_currency, estimate_currency, provider, account, \
         tenant, class, count(*), cast(coalesce(sum(segments), 0) AS bigint), \
         cast(coalesce(sum(estimate), 0) AS bigint), cast(coalesce(sum(price), 0) AS bigint) \
         FROM {}message {} AND accepted_at IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
        sql.prefix, of.sql
    );
    let rows = connection.rows(&Sql::from(text), &of.args).await.map_err(failed)?;
    rows.into_iter().map(|row| cost_sum(&mut Columns::new(row)).map_err(corrupt)).collect()
}

fn cost_sum(row: &mut Columns) -> Result<CostSum, Corrupt> {
    let day = jiff::Timestamp::from_microsecond(row.int()? * MICROS_A_DAY).map_err(|_| Corrupt)?;
    let count = |row: &mut Columns| row.int().map(|count| count.try_into().unwrap_or_default());
    let country = row.parse_or_none()?;
    let (priced_in, estimated_in): (Option<Currency>, Option<Currency>) =
        (row.parse_or_none()?, row.parse_or_none()?);
    let (provider, account) = (row.parse_or_none()?, row.parse_or_none()?);
    let tenant = tenant(&row.text()?);
    let class = MessageClass::read(row)?;
    let (messages, segments) = (count(row)?, count(row)?);
    let (estimated, actual) = (amount(row.int()?), amount(row.int()?));
    Ok(CostSum {
        day: day.to_zoned(jiff::tz::TimeZone::UTC).date(),
        country,
        provider,
        account,
        tenant,
        class,
        messages,
        segments,
        estimated: estimated_in.map(|currency| Money::new(estimated, currency)),
        actual: priced_in.map(|currency| Money::new(actual, currency)),
    })
}

/// Reads what was sent, and the sum of its estimates.
fn usage_row(row: &mut Columns) -> Result<(UsageRow, Option<Money>), Corrupt> {
    let day = jiff::Timestamp::from_microsecond(row.int()? * MICROS_A_DAY).map_err(|_| Corrupt)?;
    let day: Date = day.to_zoned(jiff::tz::TimeZone::UTC).date();
    let count = |row: &mut Columns| row.int().map(|count| count.try_into().unwrap_or_default());
    let country = row.parse_or_none()?;
    let (priced_in, estimated_in): (Option<Currency>, _) =
        (row.parse_or_none()?, row.parse_or_none()?);
    let mut usage = UsageRow::new(day, country, priced_in.or(estimated_in));
    usage.provider = row.parse_or_none()?;
    usage.account = row.parse_or_none()?;
    usage.messages = count(row)?;
    usage.segments = count(row)?;
    let estimated = amount(row.int()?);
    usage.actual = amount(row.int()?);
    usage.priced = count(row)?;
    Ok((usage, estimated_in.map(|currency| Money::new(estimated, currency))))
}
