//! Reads: lists, histories, reports.

use std::collections::HashMap;

use anysms::{
    PhoneNumber, TenantId,
    error::{Error, ErrorKind, Result},
    message::{Cursor, Direction, Page},
};

use crate::{
    AttemptOutcome, Entry, EntryId, Filter, History, Progress, Stage, Suppression,
    backend::sql::{
        connection::{Arg, Connection, Corrupt, Dialect, Sql, Value},
        error::failed,
        rows::{
            id_of, message_of, place_of, read_attempt, read_event, read_place, read_suppression,
            read_whole, stored::micros,
        },
        statements::Statements,
    },
    model::{filter::words, seal},
    protocol::transaction::Named,
};

/// The conditions of a filter and their parameters.
pub(super) struct Where {
    pub(super) sql: String,
    pub(super) args: Vec<Arg>,
}

impl Where {
    pub(super) fn of(dialect: Dialect, prefix: &str, filter: &Filter) -> Self {
        let mut all = Self { sql: "WHERE true".to_owned(), args: Vec::new() };
        let text = |text: &Option<String>| text.clone().map(Arg::Text);
        let time = |time: Option<jiff::Timestamp>| time.map(|time| Arg::Int(micros(time)));
        all.and("tenant =", filter.tenant.as_ref().map(tenant_arg));
        all.and("user_id =", text(&filter.user));
        all.and("campaign =", text(&filter.campaign));
        all.and("provider =", filter.provider.as_ref().map(|one| Arg::Text(one.to_string())));
        all.and("account =", filter.account.as_ref().map(|one| Arg::Text(one.to_string())));
        all.and("country =", filter.country.map(|country| Arg::Text(country.to_string())));
        all.and("remote =", filter.remote.as_ref().map(|remote| Arg::Text(remote.to_string())));
        all.and("local =", filter.local.as_ref().map(|local| Arg::Text(local.to_string())));
        // Plain numbers, so that an index of only some rows fits.
        if let Some(direction) = filter.direction {
            let number = i64::from(direction == Direction::Inbound);
            all.sql += &format!(" AND direction = {number}");
        }
        if filter.unread {
            all.sql += " AND direction = 1 AND read_at IS NULL";
        }
        all.and("status =", filter.status.map(|status| Arg::Int(status.rank().into())));
        if filter.status == Some(Progress::Unconfirmed) {
            // Few are, and an index has them.
            all.sql += &format!(
                " AND id IN (SELECT message FROM {prefix}attempt WHERE outcome = {})",
                AttemptOutcome::Unknown as i64
            );
        }
        if let Some(id) = &filter.id {
            let provider_id = all.push(Arg::Text(id.value().to_owned()));
            let provider = all.push(Arg::Text(id.provider().to_string()));
            all.sql += &format!(
                " AND id IN (SELECT message FROM {prefix}attempt WHERE provider_id = ${provider_id} AND provider = ${provider})"
            );
        }
        if let Some(stage) = filter.stage {
            let number = stage.number();
            all.sql += &match stage {
                Stage::Done => format!(
                    " AND NOT EXISTS (SELECT 1 FROM {prefix}queue q WHERE q.message = {prefix}message.id)"
                ),
                // Few are, and an index has them.
                Stage::Dead => {
                    format!(
                        " AND id IN (SELECT message FROM {prefix}queue WHERE stage = {number} AND wake_at IS NULL)"
                    )
                }
                _ => format!(
                    " AND EXISTS (SELECT 1 FROM {prefix}queue q WHERE q.message = {prefix}message.id AND q.stage = {number})"
                ),
            };
        }
        all.and("created_at >=", time(filter.since));
        all.and("created_at <", time(filter.until));
        if let Some(tag) = &filter.tag {
            let place = all.push(Arg::Text(tag.clone()));
            all.sql +=
                &format!(" AND id IN (SELECT message FROM {prefix}tag WHERE tag = ${place})");
        }
        let words: Vec<String> = filter.words.iter().flat_map(|text| words(text)).collect();
        if !words.is_empty() {
            all.words(dialect, prefix, &words);
        }
        all
    }

    fn words(&mut self, dialect: Dialect, prefix: &str, words: &[String]) {
        match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                let place = self.push(Arg::Text(quoted.join(" ")));
                self.sql += &format!(
                    " AND id IN (SELECT rowid FROM {prefix}words WHERE {prefix}words MATCH ${place})"
                );
            }
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                // As the index has them: whole, and of a long text 64 characters at most.
                let cut = |word: &String| word.chars().take(64).collect::<String>();
                let short: Vec<String> = words.iter().map(cut).collect();
                let [whole, short] =
                    [words.join(" "), short.join(" ")].map(|words| self.push(Arg::Text(words)));
                let indexed = "regexp_split_to_array(CASE WHEN octet_length(body) < 1700 THEN lower(body) ELSE \
                     regexp_replace(lower(body), '([[:alnum:]]{64})[[:alnum:]]+', '\\1', 'g') END, \
                     '[^[:alnum:]]+') COLLATE \"C\"";
                self.sql += &format!(
                    " AND id IN (SELECT message FROM {prefix}content WHERE body IS NOT NULL AND \
                     ({indexed} @> string_to_array(${whole}, ' ') OR octet_length(body) >= 1700 AND \
                     {indexed} @> string_to_array(${short}, ' ')))"
                );
            }
        }
    }

    fn and(&mut self, condition: &str, arg: Option<Arg>) {
        if let Some(arg) = arg {
            let place = self.push(arg);
            self.sql += &format!(" AND {condition} ${place}");
        }
    }

    fn push(&mut self, arg: Arg) -> usize {
        self.args.push(arg);
        self.args.len()
    }
}

fn tenant_arg(tenant: &Option<TenantId>) -> Arg {
    Arg::Text(tenant.as_ref().map_or("", TenantId::as_str).to_owned())
}

pub(super) fn corrupt(Corrupt: Corrupt) -> Error {
    Error::not_sent(ErrorKind::Other).with_detail("store: a row cannot be read")
}

/// Reads one page, the latest first. A row that cannot be read is left out.
pub(crate) async fn entries(
    connection: &mut Connection<'_>,
    sql: &Statements,
    filter: &Filter,
    most: u32,
    cursor: Option<&Cursor>,
) -> Result<Page<Entry>> {
    let prefix = &sql.prefix;
    let mut of = Where::of(connection.dialect(), prefix, filter);
    let by_time = is_by_time(filter);
    if let Some(cursor) = cursor {
        let bad = || {
            let error = Error::not_sent(ErrorKind::InvalidRequest);
            error.with_detail("cursor: not of this store and filter")
        };
        let parts: Vec<i64> = cursor
            .as_str()
            .split('-')
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| bad())?;
        match (by_time, parts.as_slice()) {
            (true, [at, id]) => {
                let (at, id) = (of.push(Arg::Int(*at)), of.push(Arg::Int(*id)));
                of.sql += &format!(" AND (created_at, id) < (${at}, ${id})");
            }
            (false, [id]) => of.and("id <", Some(Arg::Int(*id))),
            _ => return Err(bad()),
        }
    }
    let text = list(sql, &mut of, by_time, most);
    let rows = connection.rows(&text, &of.args).await.map_err(failed)?;
    let more = rows.len() > most as usize;
    let last = rows.get(most as usize - 1).filter(|_| more).map(|row| place_of(row));
    let next = last
        .transpose()
        .map_err(corrupt)?
        .map(|(id, at)| Cursor::new(if by_time { format!("{at}-{id}") } else { id.to_string() }));
    let items = whole(connection, sql, rows.into_iter().take(most as usize)).await?;
    Ok(Page::new(items, next))
}

/// Reads messages with their places in the queue. A row that cannot be read is left out.
pub(super) async fn whole(
    connection: &mut Connection<'_>,
    sql: &Statements,
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<Vec<Entry>> {
    let mut items: Vec<Entry> = rows.filter_map(|row| read_whole(row).ok()).collect();
    places(connection, sql, items.iter_mut()).await?;
    Ok(items)
}

/// Returns whether a page goes by time, as the index for a time or a tenant does; else it goes by place, as
/// the others do.
fn is_by_time(filter: &Filter) -> bool {
    let few = filter.remote.is_some()
        || filter.user.is_some()
        || filter.campaign.is_some()
        || filter.tag.is_some()
        || filter.id.is_some()
        || filter.unread
        || !filter.words.is_empty()
        || matches!(filter.status, Some(Progress::Unconfirmed))
        || matches!(filter.stage, Some(Stage::Dead));
    filter.since.is_some() || filter.until.is_some() || filter.tenant.is_some() && !few
}

/// Returns the statement of a page, which asks for one message more than `most`.
fn list(sql: &Statements, of: &mut Where, by_time: bool, most: u32) -> Sql {
    let order = if by_time { "created_at DESC, id DESC" } else { "id DESC" };
    let limit = of.push(Arg::Int(i64::from(most) + 1));
    format!("{} {} ORDER BY {order} LIMIT ${limit}", sql.select, of.sql).into()
}

/// Reads where entries are in the queue.
async fn places(
    connection: &mut Connection<'_>,
    sql: &Statements,
    entries: impl Iterator<Item = &mut Entry>,
) -> Result<()> {
    let mut entries: HashMap<EntryId, &mut Entry> = entries.map(|one| (one.id, one)).collect();
    let ids: Vec<i64> = entries.keys().map(|id| id.0).collect();
    for row in connection.rows(&sql.places, &ids_of(&ids)).await.map_err(failed)? {
        let id = id_of(&row).map_err(corrupt)?;
        if let Some(entry) = entries.get_mut(&id)
            && read_place(row, entry).is_err()
        {
            entry.stage = Stage::Dead; // it is set aside, or will be
        }
    }
    Ok(())
}

fn ids_of(ids: &[i64]) -> [Arg; 1] {
    let ids: Vec<String> = ids.iter().map(|id| format!("{{\"id\":{id}}}")).collect();
    [Arg::Text(format!("[{}]", ids.join(",")))]
}

pub(crate) async fn history(
    connection: &mut Connection<'_>,
    sql: &Statements,
    (tenant, key): &Named,
) -> Result<Option<History>> {
    let text = format!("{} WHERE freed = 0 AND tenant = $1 AND key = $2", sql.select);
    let args = [tenant_arg(tenant), Arg::Text(key.as_str().to_owned())];
    let rows = connection.rows(&Sql::from(text), &args).await.map_err(failed)?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let mut entry = read_whole(row).map_err(corrupt)?;
    places(connection, sql, std::iter::once(&mut entry)).await?;
    let rows = connection.rows(&sql.attempts, &ids_of(&[entry.id.0])).await.map_err(failed)?;
    let attempts: Vec<_> =
        rows.into_iter().map(read_attempt).collect::<Result<_, _>>().map_err(corrupt)?;
    let of: Vec<i64> = attempts.iter().map(|attempt| attempt.row).collect();
    let rows = connection.rows(&sql.events.of_attempts, &ids_of(&of)).await.map_err(failed)?;
    let events = rows.into_iter().map(read_event).collect::<Result<_, _>>().map_err(corrupt)?;
    Ok(Some(History { entry, attempts, events }))
}

/// Returns the messages that were set aside whose row, attempts or payload cannot be read.
pub(crate) async fn unreadable(
    connection: &mut Connection<'_>,
    sql: &Statements,
    most: u32,
) -> Result<Vec<EntryId>> {
    let rows = connection.rows(&sql.set_aside, &[Arg::Int(most.into())]).await.map_err(failed)?;
    let ids: Vec<i64> = rows.iter().filter_map(|row| id_of(row).ok()).map(|id| id.0).collect();
    let attempts = connection.rows(&sql.attempts, &ids_of(&ids)).await.map_err(failed)?;
    let places = connection.rows(&sql.places, &ids_of(&ids)).await.map_err(failed)?;
    let mut broken: Vec<EntryId> = Vec::new();
    broken.extend(attempts.into_iter().filter_map(|row| {
        let message = message_of(&row).ok()?;
        read_attempt(row).is_err().then_some(message)
    }));
    for row in rows {
        let Ok(id) = id_of(&row) else { continue };
        match read_whole(row) {
            Ok(mut entry) => {
                let mut place = places.iter().filter(|row| id_of(row).is_ok_and(|of| of == id));
                let whole = place.all(|row| read_place(row.clone(), &mut entry).is_ok());
                let payload = entry.payload.as_deref().unwrap_or_default();
                let json = serde_json::from_str::<serde::de::IgnoredAny>(payload);
                if !whole || json.is_err() && !seal::is_sealed(payload) {
                    broken.push(id);
                }
            }
            Err(Corrupt) => broken.push(id),
        }
    }
    broken.sort_unstable();
    broken.dedup();
    Ok(broken)
}

/// Returns whether a submission's lease is over.
pub(crate) async fn has_stale(
    connection: &mut Connection<'_>,
    sql: &Statements,
    now: jiff::Timestamp,
) -> Result<bool> {
    let args = [Arg::Int(micros(now)), Arg::Int(1)];
    let rows = connection.rows(&sql.stale, &args).await.map_err(failed)?;
    Ok(!rows.is_empty())
}

pub(crate) async fn suppressions(
    connection: &mut Connection<'_>,
    sql: &Statements,
    after: Option<PhoneNumber>,
    most: u32,
) -> Result<Vec<Suppression>> {
    let after = after.map_or(0, |after| after.digits() as i64); // 15 digits at most
    let args = [Arg::Int(after), Arg::Int(most.into())];
    let rows = connection.rows(&sql.suppression.list, &args).await.map_err(failed)?;
    rows.into_iter().map(read_suppression).collect::<Result<_, _>>().map_err(corrupt)
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::backend::sql::schema::tests::Plans;
    use anysms::{ProviderId, message::MessageId};

    /// Checks the filters of which `Filter` says that they have an index.
    #[tokio::test]
    async fn lists_have_their_indexes() {
        let mut plans = Plans::with_prefix("sms_").await;
        let sql = Statements::new(Dialect::Sqlite, "sms_");
        let (all, local) = (Filter::new, || {
            Filter::new().with_tenant("clinic".parse::<anysms::TenantId>().unwrap())
        });
        let number: PhoneNumber = "+447700900123".parse().unwrap();
        let id = MessageId::new(ProviderId::from_static("acme"), "A1");
        for filter in [
            all().with_remote(number),
            all().with_id(id.unwrap()),
            all().with_tag("vip"),
            all().with_words("dog"),
            all().with_status(Progress::Unconfirmed),
            all().with_stage(Stage::Dead),
            local(),
            local().with_status(Progress::Failed),
            local().with_user("user-7"),
            local().with_campaign("spring"),
            local().with_since(jiff::Timestamp::UNIX_EPOCH),
            local().unread(),
        ] {
            let mut of = Where::of(Dialect::Sqlite, "sms_", &filter);
            let text = list(&sql, &mut of, is_by_time(&filter), 50);
            for step in plans.of(&text).await {
                let sorts = step.contains("TEMP B-TREE");
                assert!(!step.starts_with("SCAN sms_message") && !sorts, "{step}: {filter:?}");
            }
        }
    }
}
