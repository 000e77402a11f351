//! The statements of the store's tables, made once for each backend.

use crate::{
    Stage,
    backend::sql::{
        challenges::ChallengeSql,
        connection::{Dialect, Sql},
        due::{due, tenants},
        events::EventSql,
        given::{given, given_rows, names},
        intents::IntentSql,
        retention::RetentionSql,
        rows::{
            ATTEMPT, CONTENT, ENTRY, Field, PLACE, QUEUE, RESULT,
            column::{all, changes, changing, named, without_id},
        },
        suppression::SuppressionSql,
        threads::ThreadSql,
    },
};

/// All statements with a fixed text. Rows come and go in numbers: those that come are one JSON array, `$1`,
/// so that one statement does for one row and for a thousand.
#[derive(Debug)]
pub(crate) struct Statements {
    pub(crate) prefix: String,
    /// Entries with what they say, up to the conditions.
    pub(crate) select: String,
    #[cfg(feature = "postgres")]
    pub(crate) now: Sql,
    pub(crate) insert_entries: Sql,
    pub(crate) insert_contents: Sql,
    pub(crate) insert_tags: Sql,
    pub(crate) named: Sql,
    pub(crate) tokens: Sql,
    pub(crate) ids: Sql,
    /// Tenants with something in the queue, from the first on; the same behind one.
    pub(crate) tenants: [Sql; 2],
    pub(crate) due: Sql,
    pub(crate) take: Sql,
    pub(crate) stale: Sql,
    pub(crate) leased_later: Sql,
    pub(crate) insert_results: Sql,
    pub(crate) untold: Sql,
    pub(crate) told: Sql,
    pub(crate) take_back: Sql,
    pub(crate) keep: Sql,
    pub(crate) kept: Sql,
    pub(crate) unchecked: Sql,
    pub(crate) hold_entries: Option<Sql>,
    pub(crate) entries: Sql,
    pub(crate) queue: Sql,
    pub(crate) places: Sql,
    pub(crate) insert_queue: Sql,
    pub(crate) save_queue: Sql,
    pub(crate) end_places: Sql,
    pub(crate) leave_queue: Sql,
    pub(crate) quarantine: Sql,
    pub(crate) set_aside: Sql,
    pub(crate) leave_unasked: Sql,
    pub(crate) attempts: Sql,
    pub(crate) save_entries: Sql,
    pub(crate) insert_attempts: Sql,
    pub(crate) save_attempts: Sql,
    pub(crate) hold: Option<Sql>,
    pub(crate) retention: RetentionSql,
    pub(crate) events: EventSql,
    pub(crate) suppression: SuppressionSql,
    pub(crate) challenges: ChallengeSql,
    pub(crate) intents: IntentSql,
    pub(crate) price: super::price::PriceSql,
    pub(crate) threads: ThreadSql,
    pub(crate) notify: Option<Sql>,
}

impl Statements {
    pub(crate) fn new(dialect: Dialect, p: &str) -> Self {
        #[cfg(feature = "postgres")]
        let postgres = dialect == Dialect::Postgres;
        #[cfg(not(feature = "postgres"))]
        let postgres = false;
        let (lock, skip) = if postgres {
            (" FOR UPDATE", " FOR UPDATE SKIP LOCKED")
        } else {
            ("", "") // one writer at a time
        };
        let rows = |fields: &[Field]| given_rows(dialect, fields);
        let given = |fields: &[Field]| given(dialect, fields);
        let (entry, attempt) = (names(&all(ENTRY), ""), names(&all(ATTEMPT), ""));
        let (new_entry, new_attempt) = (&without_id(ENTRY), &without_id(ATTEMPT)); // the database gives the ids
        let (contents, places) = (&all(CONTENT), &all(QUEUE));
        let change = |fields: &[Field]| {
            let set = |(name, _): &Field| format!("{name} = x.{name}");
            fields.iter().map(set).collect::<Vec<_>>().join(", ")
        };
        let (key, id) = (named(ENTRY, &["tenant", "key"]), named(ENTRY, &["id"]));
        let token = named(ATTEMPT, &["token"]);
        let provider_id = named(ATTEMPT, &["provider", "provider_id"]);
        // What is missing is broken, and to be found.
        let select = format!(
            "SELECT {entry}, {} FROM {p}message LEFT JOIN {p}content ON message = id",
            names(&without_id(CONTENT), "")
        );
        let queue = format!("SELECT {} FROM {p}queue", names(places, ""));
        let dead = Stage::Dead.number();
        let each =
            if postgres { "json_array_elements_text(t.tags::json)" } else { "json_each(t.tags)" };
        Self {
            prefix: p.to_owned(),
            select: select.clone(),
            #[cfg(feature = "postgres")]
            now: "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint".into(),
            insert_entries: format!(
                "INSERT INTO {p}message ({0}) SELECT {0} FROM {1} WHERE true \
                 ON CONFLICT (tenant, key) WHERE freed = 0 DO NOTHING RETURNING id, tenant, key",
                names(new_entry, ""),
                rows(new_entry)
            )
            .into(),
            insert_contents: format!(
                "INSERT INTO {p}content ({0}) SELECT {0} FROM {1} WHERE true",
                names(contents, ""),
                rows(contents)
            )
            .into(),
            insert_tags: format!(
                "INSERT INTO {p}tag (tag, message) SELECT e.value, t.id FROM {p}message t, {each} e \
                 WHERE t.freed = 0 AND (t.tenant, t.key) IN (SELECT tenant, key FROM {}) \
                 ON CONFLICT (tag, message) DO NOTHING",
                given(&key)
            )
            .into(),
            // By the index, whatever is known of the table so far.
            named: if postgres {
                format!(
                    "SELECT m.id FROM {} CROSS JOIN LATERAL (SELECT id FROM {p}message WHERE freed = 0 AND \
                     tenant = x.tenant AND key = x.key OFFSET 0) AS m",
                    given(&key)
                )
                .into()
            } else {
                format!(
                    "SELECT id FROM {p}message WHERE freed = 0 AND (tenant, key) IN \
                     (SELECT tenant, key FROM {})",
                    given(&key)
                )
                .into()
            },
            tokens: format!(
                "SELECT DISTINCT message FROM {p}attempt WHERE token IN (SELECT token FROM {})",
                given(&token)
            )
            .into(),
            ids: format!(
                "SELECT DISTINCT message FROM {p}attempt WHERE provider_id IS NOT NULL AND \
                 (provider_id, provider) IN (SELECT provider_id, provider FROM {})",
                given(&provider_id)
            )
            .into(),
            tenants: ["", " AND queue_tenant > $3"].map(|behind| tenants(p, behind).into()),
            due: due(dialect, p).into(),
            take: format!(
                "{queue} WHERE wake_at <= $2 AND message IN (SELECT id FROM {}){skip}",
                given(&id)
            )
            .into(),
            stale: format!(
                "SELECT message FROM {p}attempt WHERE outcome IS NULL AND check_at <= $1 \
                 ORDER BY check_at LIMIT $2"
            )
            .into(),
            insert_results: format!(
                "INSERT INTO {p}result ({0}) SELECT {0} FROM {1} WHERE true ON CONFLICT (message) DO UPDATE \
                 SET ended = excluded.ended, tell_at = excluded.tell_at",
                names(&RESULT, ""),
                given(&RESULT)
            )
            .into(),
            untold: format!(
                "UPDATE {p}result SET tell_at = $2 WHERE message IN (SELECT message FROM {p}result \
                 WHERE tell_at <= $1 ORDER BY message LIMIT $3{skip}) RETURNING message, ended"
            )
            .into(),
            told: format!(
                "DELETE FROM {p}result WHERE (message, ended) IN (SELECT message, ended FROM {})",
                given(&RESULT)
            )
            .into(),
            take_back: format!("DELETE FROM {p}result WHERE message IN (SELECT id FROM {})", given(&id))
                .into(),
            keep: format!(
                "UPDATE {p}content SET kept = (SELECT q.payload FROM {p}queue q WHERE q.message = \
                 {p}content.message) WHERE message IN (SELECT id FROM {})",
                given(&id)
            )
            .into(),
            kept: format!("SELECT kept FROM {p}content WHERE message = $1").into(),
            leased_later: format!("{queue} WHERE leased_at > $1 LIMIT $2{skip}").into(),
            // Of each kind the first, by an index of its own.
            unchecked: format!(
                "SELECT message FROM (SELECT * FROM (SELECT message, check_at FROM {p}attempt \
                 WHERE outcome IS NULL AND check_at <= $2 ORDER BY check_at LIMIT $4) AS sending \
                 UNION ALL SELECT * FROM (SELECT message, check_at FROM {p}attempt \
                 WHERE outcome IS NOT NULL AND check_at <= $2 AND \
                 (check_at <= $3 OR provider IN (SELECT provider FROM {})) ORDER BY check_at LIMIT $4) AS ended) \
                 AS due ORDER BY check_at LIMIT $4",
                given(&named(ATTEMPT, &["provider"]))
            )
            .into(),
            hold_entries: postgres.then(|| {
                format!(
                    "SELECT id FROM {p}message WHERE id IN (SELECT id FROM {}) ORDER BY id{lock}",
                    given(&id)
                )
                .into()
            }),
            entries: format!(
                "SELECT {entry} FROM {p}message WHERE id IN (SELECT id FROM {}) ORDER BY id",
                given(&id)
            )
            .into(),
            queue: format!(
                "{queue} WHERE message IN (SELECT id FROM {}) ORDER BY message{lock}",
                given(&id)
            )
            .into(),
            places: format!("{queue} WHERE message IN (SELECT id FROM {})", given(&id)).into(),
            insert_queue: format!(
                "INSERT INTO {p}queue ({0}) SELECT {0} FROM {1} WHERE true",
                names(places, ""),
                rows(places)
            )
            .into(),
            save_queue: format!(
                "UPDATE {p}queue SET {} FROM {} WHERE {p}queue.message = x.message \
                 AND {p}queue.version = x.version - 1 RETURNING {p}queue.message",
                change(&changing(QUEUE)),
                rows(&changes(QUEUE))
            )
            .into(),
            end_places: format!(
                "DELETE FROM {p}queue WHERE (message, version) IN (SELECT id, version FROM {}) \
                 RETURNING message",
                given(&PLACE)
            )
            .into(),
            leave_queue: format!(
                "DELETE FROM {p}queue WHERE message IN (SELECT id FROM {})",
                given(&id)
            )
            .into(),
            quarantine: format!(
                "UPDATE {p}queue SET stage = {dead}, wake_at = NULL, leased_at = NULL \
                 WHERE message IN (SELECT id FROM {})",
                given(&id)
            )
            .into(),
            set_aside: format!(
                "{select} WHERE id IN (SELECT message FROM {p}queue WHERE stage = {dead} AND wake_at IS NULL) \
                 ORDER BY id LIMIT $1"
            )
            .into(),
            leave_unasked: format!(
                "UPDATE {p}attempt SET check_at = NULL, cost_check_at = NULL WHERE message IN (SELECT id FROM {})",
                given(&id)
            )
            .into(),
            attempts: format!(
                "SELECT {attempt} FROM {p}attempt WHERE message IN (SELECT id FROM {}) \
                 ORDER BY message, number",
                given(&id)
            )
            .into(),
            save_entries: format!(
                "UPDATE {p}message SET {} FROM {} WHERE {p}message.id = x.id",
                change(&changing(ENTRY)),
                rows(&changes(ENTRY))
            )
            .into(),
            insert_attempts: format!(
                "INSERT INTO {p}attempt ({0}) SELECT {0} FROM {1} WHERE true RETURNING id, token",
                names(new_attempt, ""),
                rows(new_attempt)
            )
            .into(),
            save_attempts: format!(
                "UPDATE {p}attempt SET {} FROM {} WHERE {p}attempt.id = x.id",
                change(&changing(ATTEMPT)),
                rows(&changes(ATTEMPT))
            )
            .into(),
            hold: postgres.then(|| {
                format!(
                    "SELECT pg_advisory_xact_lock(h) IS NULL FROM (SELECT DISTINCT \
                     hashtextextended(provider || ':' || provider_id, 0) AS h FROM {} ORDER BY 1) AS held",
                    given(&provider_id)
                )
                .into()
            }),
            retention: RetentionSql::new(dialect, p),
            events: EventSql::new(dialect, p),
            suppression: SuppressionSql::new(dialect, p),
            challenges: ChallengeSql::new(dialect, p),
            intents: IntentSql::new(dialect, p),
            price: super::price::PriceSql::new(dialect, p, postgres),
            threads: ThreadSql::new(dialect, p),
            notify: postgres.then(|| format!("SELECT pg_notify('{p}queue', '') IS NULL").into()),
        }
    }
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::backend::sql::schema::tests::Plans;

    /// A table that is read from end to end makes everything slower with every message.
    #[tokio::test]
    async fn every_statement_has_an_index() {
        let mut plans = Plans::with_prefix("sms_").await;
        let sql = Statements::new(Dialect::Sqlite, "sms_");
        let all = [
            &sql.insert_entries,
            &sql.insert_contents,
            &sql.insert_tags,
            &sql.named,
            &sql.tokens,
            &sql.ids,
            &sql.tenants[0],
            &sql.tenants[1],
            &sql.due,
            &sql.take,
            &sql.stale,
            &sql.leased_later,
            &sql.insert_results,
            &sql.untold,
            &sql.told,
            &sql.take_back,
            &sql.keep,
            &sql.kept,
            &sql.unchecked,
            &sql.entries,
            &sql.queue,
            &sql.places,
            &sql.insert_queue,
            &sql.save_queue,
            &sql.end_places,
            &sql.leave_queue,
            &sql.quarantine,
            &sql.set_aside,
            &sql.leave_unasked,
            &sql.attempts,
            &sql.save_entries,
            &sql.insert_attempts,
            &sql.save_attempts,
        ];
        let of_codes = sql.challenges.all().chain(sql.intents.all());
        let of_codes = of_codes.chain(sql.events.all());
        let others = sql.retention.all().chain(sql.suppression.all()).chain(of_codes);
        let others = others.chain(sql.threads.all());
        for statement in all.into_iter().chain(others) {
            for step in plans.of(statement).await {
                // These indexes hold few rows, and are read whole.
                let few = [
                    "INDEX sms_event_unknown",
                    "INDEX sms_queue_dead",
                    "INDEX sms_intent_open",
                    "SCAN sms_result",
                ];
                let whole =
                    step.starts_with("SCAN sms_") && !few.iter().any(|index| step.contains(index));
                assert!(!whole && step != "SCAN t" && step != "SCAN m", "{step}: {statement}");
            }
        }
    }
}
