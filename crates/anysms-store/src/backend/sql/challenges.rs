//! Challenges of one-time codes in a database.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use anysms::{
    TenantId,
    error::Result,
    message::Money,
    number::PhoneNumber,
    verification::{
        ChallengeFact, ChallengeRow, ChallengeRows, ChallengeSend, ReportQuery, SendState, Tally,
        TallyKey,
    },
};

use crate::{
    Progress,
    backend::sql::{
        connection::{Arg, Columns, Connection, Corrupt, Dialect, Sql, Value},
        error::failed,
        rows::{
            json::json,
            stored::{Stored, micros},
        },
        statements::Statements,
        transaction::{SqlTransaction, corrupt},
    },
    protocol::challenges::ChallengeTables,
};

/// The statements.
#[derive(Debug)]
pub(crate) struct ChallengeSql {
    find: Sql,
    send: Sql,
    /// Makes the rows of tallies that there are not, so that they can be held; none on SQLite, which has one writer.
    make_tallies: Option<Sql>,
    tallies: Sql,
    save: Sql,
    save_send: Sql,
    save_check: Sql,
    save_tallies: Sql,
    pub(crate) due: Sql,
    facts: Sql,
    erase: [Sql; 4],
    old: Sql,
    remove: [Sql; 3],
    remove_tallies: Sql,
}

impl ChallengeSql {
    pub(crate) fn new(dialect: Dialect, p: &str) -> Self {
        let (hold, keys, ids) = match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => (
                "",
                "(SELECT value->>'$.kind' AS kind, value->>'$.tenant' AS tenant, value->>'$.subject' AS subject, \
                 value->>'$.last_at' AS last_at, value->>'$.data' AS data FROM jsonb_each($1)) AS x",
                "(SELECT value AS id FROM json_each($1))",
            ),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => (
                " FOR UPDATE",
                "json_to_recordset($1::text::json) AS x (kind text, tenant text, subject text, last_at bigint, \
                 data text)",
                "(SELECT json_array_elements_text($1::text::json) AS id)",
            ),
        };
        let in_order = match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => "t.kind, t.tenant, t.subject",
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                "t.kind COLLATE \"C\", t.tenant COLLATE \"C\", t.subject COLLATE \"C\""
            }
        };
        let hold_t = if hold.is_empty() { "" } else { " FOR UPDATE OF t" };
        let of_challenges = |table: &str, column: &str| -> Sql {
            format!("DELETE FROM {p}{table} WHERE {column} IN {ids}").into()
        };
        let of_number = |table: &str| -> Sql {
            format!(
                "DELETE FROM {p}{table} WHERE challenge IN (SELECT id FROM {p}challenge WHERE number = $1)"
            )
            .into()
        };
        Self {
            find: format!("SELECT data FROM {p}challenge WHERE id = $1{hold}").into(),
            send: format!("SELECT data FROM {p}challenge_send WHERE challenge = $1 AND number = $2").into(),
            make_tallies: (!hold.is_empty()).then(|| {
                format!(
                    "INSERT INTO {p}challenge_tally (kind, tenant, subject, last_at, data) \
                     SELECT kind, tenant, subject, last_at, data FROM {keys} ON CONFLICT DO NOTHING"
                )
                .into()
            }),
            tallies: format!(
                "SELECT t.data FROM {p}challenge_tally t JOIN {keys} \
                 ON t.kind = x.kind AND t.tenant = x.tenant AND t.subject = x.subject ORDER BY {in_order}{hold_t}"
            )
            .into(),
            save: format!(
                "INSERT INTO {p}challenge (id, tenant, number, created_at, data) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (id) DO UPDATE SET data = excluded.data"
            )
            .into(),
            save_send: format!(
                "INSERT INTO {p}challenge_send (challenge, number, due_at, message_key, data) \
                 VALUES ($1, $2, CASE WHEN $3 = 0 THEN NULL ELSE $3 END, $4, $5) \
                 ON CONFLICT (challenge, number) DO UPDATE SET due_at = excluded.due_at, data = excluded.data"
            )
            .into(),
            save_check: format!(
                "INSERT INTO {p}challenge_check (challenge, number, at, approved) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (challenge, number) DO UPDATE SET at = excluded.at, approved = excluded.approved"
            )
            .into(),
            save_tallies: format!(
                "INSERT INTO {p}challenge_tally (kind, tenant, subject, last_at, data) \
                 SELECT kind, tenant, subject, last_at, data FROM {keys} WHERE true \
                 ON CONFLICT (kind, tenant, subject) DO UPDATE SET last_at = excluded.last_at, data = excluded.data"
            )
            .into(),
            due: format!(
                "SELECT c.data, s.data FROM {p}challenge_send s JOIN {p}challenge c ON c.id = s.challenge \
                 WHERE s.due_at < $1 ORDER BY s.due_at LIMIT $2"
            )
            .into(),
            facts: format!(
                "SELECT c.data, s.number, m.status, m.price, m.price_currency FROM {p}challenge c \
                 LEFT JOIN {p}challenge_send s ON s.challenge = c.id \
                 LEFT JOIN {p}message m ON m.tenant = c.tenant AND m.key = s.message_key AND m.freed = 0 \
                 WHERE c.created_at >= $1 AND c.created_at < $2 ORDER BY c.created_at, c.id, s.number"
            )
            .into(),
            erase: [
                of_number("challenge_send"),
                of_number("challenge_check"),
                format!("DELETE FROM {p}challenge_tally WHERE subject = $1").into(),
                format!("DELETE FROM {p}challenge WHERE number = $1 RETURNING id").into(),
            ],
            old: format!(
                "SELECT id FROM {p}challenge WHERE created_at < $1 ORDER BY created_at LIMIT $2"
            )
            .into(),
            remove: [
                of_challenges("challenge_send", "challenge"),
                of_challenges("challenge_check", "challenge"),
                of_challenges("challenge", "id"),
            ],
            remove_tallies: format!("DELETE FROM {p}challenge_tally WHERE last_at < $1").into(),
        }
    }

    #[cfg(all(test, feature = "sqlite"))]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Sql> {
        let one = [
            &self.find,
            &self.send,
            &self.tallies,
            &self.save,
            &self.save_send,
            &self.save_check,
            &self.save_tallies,
            &self.due,
            &self.facts,
            &self.old,
            &self.remove_tallies,
        ];
        one.into_iter().chain(&self.erase).chain(&self.remove).chain(&self.make_tallies)
    }
}

/// Row of a tally, as a statement takes it.
#[derive(serde::Serialize)]
struct TallyRow<'a> {
    kind: &'a str,
    tenant: &'a str,
    subject: &'a str,
    last_at: i64,
    data: String,
}

fn row_of(tally: &Tally) -> TallyRow<'_> {
    TallyRow {
        kind: &tally.key.kind,
        tenant: &tally.key.tenant,
        subject: &tally.key.of,
        last_at: micros(tally.last_at),
        data: data_of(tally),
    }
}

/// Writes a row as JSON. Only a map with keys that are no texts could fail, and there is none.
pub(super) fn data_of(row: &impl serde::Serialize) -> String {
    serde_json::to_string(row).unwrap_or_default()
}

pub(super) fn read<T: DeserializeOwned>(value: Option<&Value>) -> Result<T, Corrupt> {
    match value {
        Some(Value::Text(text)) => serde_json::from_str(text).map_err(|_| Corrupt),
        _ => Err(Corrupt),
    }
}

pub(super) fn read_one<T: DeserializeOwned>(rows: &[Vec<Value>]) -> Result<Option<T>> {
    let one = rows.first().map(|row| read(row.last())).transpose();
    one.map_err(|Corrupt| corrupt("a row of a challenge"))
}

fn id_text(id: u128) -> String {
    format!("{id:032x}")
}

fn number_of(number: PhoneNumber) -> Arg {
    Arg::Int(number.digits() as i64) // 15 digits at most
}

impl SqlTransaction<'_, '_> {
    pub(super) async fn ask(&mut self, sql: &Sql, args: &[Arg]) -> Result<Vec<Vec<Value>>> {
        self.connection.rows(sql, args).await.map_err(failed)
    }
}

#[async_trait]
impl ChallengeTables for SqlTransaction<'_, '_> {
    async fn challenge(&mut self, id: u128) -> Result<Option<ChallengeRow>> {
        read_one(&self.ask(&self.sql.challenges.find, &[Arg::Text(id_text(id))]).await?)
    }

    async fn challenge_send(&mut self, send: (u128, u16)) -> Result<Option<ChallengeSend>> {
        let args = [Arg::Text(id_text(send.0)), Arg::Int(send.1.into())];
        read_one(&self.ask(&self.sql.challenges.send, &args).await?)
    }

    async fn tallies(&mut self, keys: Vec<TallyKey>, now: Timestamp) -> Result<Vec<Tally>> {
        let empty: Vec<Tally> = keys.into_iter().map(|key| Tally::new(key, now)).collect();
        if empty.is_empty() {
            return Ok(empty);
        }
        let args = [json(&empty.iter().map(row_of).collect::<Vec<_>>())?];
        if let Some(make) = &self.sql.challenges.make_tallies {
            self.ask(make, &args).await?;
        }
        let mut known = Vec::new();
        for row in self.ask(&self.sql.challenges.tallies, &args).await? {
            let tally: Tally = read(row.first()).map_err(|Corrupt| corrupt("a tally"))?;
            known.push(tally);
        }
        let kept = |tally: Tally| {
            known.iter().find(|kept| kept.key == tally.key).cloned().unwrap_or(tally)
        };
        Ok(empty.into_iter().map(kept).collect())
    }

    async fn save_challenge(&mut self, rows: &ChallengeRows) -> Result<()> {
        if let Some(row) = &rows.challenge {
            let args = [
                Arg::Text(id_text(row.id)),
                Arg::Text(row.tenant.as_ref().map_or("", TenantId::as_str).to_owned()),
                number_of(row.number),
                Arg::Int(micros(row.created_at)),
                Arg::Text(data_of(row)),
            ];
            self.ask(&self.sql.challenges.save, &args).await?;
        }
        if let Some(send) = &rows.send {
            let due = if send.state == SendState::Due { micros(send.at) } else { 0 };
            let args = [
                Arg::Text(id_text(send.challenge)),
                Arg::Int(send.number.into()),
                Arg::Int(due),
                Arg::Text(send.key().as_str().to_owned()),
                Arg::Text(data_of(send)),
            ];
            self.ask(&self.sql.challenges.save_send, &args).await?;
        }
        if let Some(check) = &rows.check {
            let args = [
                Arg::Text(id_text(check.challenge)),
                Arg::Int(check.number.into()),
                Arg::Int(micros(check.at)),
                Arg::Int(check.approved.into()),
            ];
            self.ask(&self.sql.challenges.save_check, &args).await?;
        }
        if !rows.tallies.is_empty() {
            let tallies = [json(&rows.tallies.iter().map(row_of).collect::<Vec<_>>())?];
            self.ask(&self.sql.challenges.save_tallies, &tallies).await?;
        }
        Ok(())
    }

    async fn erase_challenges(&mut self, number: PhoneNumber) -> Result<u64> {
        let [sends, checks, tallies, challenges] = &self.sql.challenges.erase;
        let args = [number_of(number)];
        self.ask(sends, &args).await?;
        self.ask(checks, &args).await?;
        for form in [number, number.canonical()] {
            self.ask(tallies, &[Arg::Text(form.digits().to_string())]).await?;
        }
        Ok(self.ask(challenges, &args).await?.len() as u64)
    }

    async fn remove_challenges(&mut self, before: Timestamp, most: usize) -> Result<u64> {
        let before = Arg::Int(micros(before));
        let args = [before.clone(), Arg::Int(most as i64)];
        let rows = self.ask(&self.sql.challenges.old, &args).await?;
        let ids: Vec<String> = rows
            .into_iter()
            .filter_map(|row| match row.into_iter().next() {
                Some(Value::Text(id)) => Some(id),
                _ => None,
            })
            .collect();
        let args = [json(&ids)?];
        for sql in &self.sql.challenges.remove {
            self.ask(sql, &args).await?;
        }
        self.ask(&self.sql.challenges.remove_tallies, &[before]).await?;
        Ok(ids.len() as u64)
    }
}

/// Reads sends that have been due since before a time, each with its challenge.
pub(crate) async fn due(
    connection: &mut Connection<'_>,
    sql: &Statements,
    before: Timestamp,
    most: usize,
) -> Result<Vec<(ChallengeRow, ChallengeSend)>> {
    let args = [Arg::Int(micros(before)), Arg::Int(most as i64)];
    let rows = connection.rows(&sql.challenges.due, &args).await.map_err(failed)?;
    let read = |row: Vec<Value>| Ok((read(row.first())?, read(row.last())?));
    let all = rows.into_iter().map(read).collect::<Result<_, Corrupt>>();
    all.map_err(|Corrupt| corrupt("a send of a challenge"))
}

/// Reads the challenges of a report, with what became of their messages.
pub(crate) async fn facts(
    connection: &mut Connection<'_>,
    sql: &Statements,
    query: &ReportQuery,
) -> Result<Vec<ChallengeFact>> {
    let args = [Arg::Int(micros(query.from)), Arg::Int(micros(query.to))];
    let rows = connection.rows(&sql.challenges.facts, &args).await.map_err(failed)?;
    let (mut facts, mut last): (Vec<ChallengeFact>, _) = (Vec::new(), None);
    for row in rows {
        let mut columns = Columns::new(row);
        let message = fact_of(&mut columns).map_err(|Corrupt| corrupt("a challenge"))?;
        let (challenge, message) = message;
        if last != Some(challenge.id) {
            last = Some(challenge.id);
            facts.push(ChallengeFact::of(&challenge));
        }
        if let (Some((delivered, price)), Some(fact)) = (message, facts.last_mut()) {
            fact.delivered = Some(fact.delivered.unwrap_or(0) + u32::from(delivered));
            fact.cost.extend(price);
        }
    }
    facts.retain(|fact| query.matches(fact));
    Ok(facts)
}

/// State of a message: whether it arrived, and its price.
type Message = (bool, Option<Money>);

fn fact_of(columns: &mut Columns) -> Result<(ChallengeRow, Option<Message>), Corrupt> {
    let challenge = serde_json::from_str(&columns.text()?).map_err(|_| Corrupt)?;
    columns.skip(); // the number of the send
    let status: Option<Progress> = Stored::read(columns)?;
    let price: Option<Money> = Stored::read(columns)?;
    let arrived = |status| matches!(status, Progress::Delivered | Progress::Read);
    Ok((challenge, status.map(|status| (arrived(status), price))))
}
