-- One word for one thing: the tenant on whose behalf, the remote and the local end of a message, and the provider's
-- id of it. These renames are why programs of the first edition have to be stopped; later steps only add.
ALTER TABLE {p}message RENAME COLUMN organisation TO tenant;
ALTER TABLE {p}message RENAME COLUMN theirs TO remote;
ALTER TABLE {p}message RENAME COLUMN ours TO local;
ALTER TABLE {p}attempt RENAME COLUMN remote TO provider_id;
ALTER TABLE {p}event RENAME COLUMN remote TO provider_id;

ALTER TABLE {p}message ADD COLUMN content_version SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE {p}message ADD COLUMN sender TEXT;
ALTER TABLE {p}message ADD COLUMN account TEXT;
ALTER TABLE {p}message ADD COLUMN provider_id TEXT;
ALTER TABLE {p}message ADD COLUMN error_text TEXT;
ALTER TABLE {p}message ADD COLUMN failed_at BIGINT;
ALTER TABLE {p}attempt ADD COLUMN account TEXT;
ALTER TABLE {p}attempt ADD COLUMN error_text TEXT;
ALTER TABLE {p}attempt ADD COLUMN failed_at BIGINT;
ALTER TABLE {p}attempt ADD COLUMN hinted_id TEXT;
ALTER TABLE {p}attempt ADD COLUMN redirected SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE {p}event ADD COLUMN account TEXT;

-- An entry whose key stands for another message now keeps it, and counts no more when the key is looked for.
ALTER TABLE {p}message ADD COLUMN freed BIGINT NOT NULL DEFAULT 0;
DROP INDEX {p}message_key;
CREATE UNIQUE INDEX {p}message_key ON {p}message (tenant, key) WHERE freed = 0;

-- How messages of the queue ended, until somebody was told, and when that is next tried.
CREATE TABLE {p}result (
    message {key},
    ended BIGINT NOT NULL,
    tell_at BIGINT NOT NULL
);

-- What was not sent may be put back into the queue, as long as its text is kept.
ALTER TABLE {p}content ADD COLUMN kept TEXT;

-- Claims go by class, and within a class from tenant to tenant.
ALTER TABLE {p}queue ADD COLUMN rank SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE {p}queue ADD COLUMN queue_tenant TEXT NOT NULL DEFAULT '';
ALTER TABLE {p}queue ADD COLUMN keeps SMALLINT NOT NULL DEFAULT 0;
UPDATE {p}queue SET queue_tenant = (SELECT m.tenant FROM {p}message m WHERE m.id = {p}queue.message),
    rank = (SELECT CASE m.class WHEN 1 THEN 0 WHEN 2 THEN 2 ELSE 1 END FROM {p}message m WHERE m.id = {p}queue.message)
WHERE EXISTS (SELECT 1 FROM {p}message m WHERE m.id = {p}queue.message);
-- Grows with each change: whoever knows the message of this version need not read it again.
ALTER TABLE {p}queue ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
DROP INDEX {p}queue_wake;
-- By the time and not by the stage, which changes with each step.
DROP INDEX {p}queue_dead;
CREATE INDEX {p}queue_dead ON {p}queue (message) WHERE wake_at IS NULL;
CREATE INDEX {p}queue_turn ON {p}queue (rank, queue_tenant, wake_at) WHERE wake_at IS NOT NULL;
DROP INDEX {p}attempt_check;
CREATE INDEX {p}attempt_check ON {p}attempt (check_at) WHERE check_at IS NOT NULL AND outcome IS NOT NULL;
CREATE INDEX {p}attempt_sending ON {p}attempt (check_at) WHERE outcome IS NULL;

-- How far an event is proved, whom it names, and whether it disagrees with its attempt.
ALTER TABLE {p}event ADD COLUMN proof SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE {p}event ADD COLUMN recipient TEXT;
ALTER TABLE {p}event ADD COLUMN sender TEXT;
ALTER TABLE {p}event ADD COLUMN is_foreign SMALLINT NOT NULL DEFAULT 0;

-- Scopes of suppressions are more than a tenant and a sender, and one that is not proved ends by itself.
CREATE TABLE {p}suppression (
    number BIGINT NOT NULL,
    tenant TEXT NOT NULL,
    sender TEXT NOT NULL,
    pool TEXT NOT NULL,
    channel TEXT NOT NULL,
    campaign TEXT NOT NULL,
    told TEXT NOT NULL,
    source BIGINT NOT NULL,
    at BIGINT NOT NULL,
    until BIGINT,
    said_by TEXT,
    account TEXT,
    PRIMARY KEY (number, tenant, sender, pool, channel, campaign, told)
);
INSERT INTO {p}suppression (number, tenant, sender, pool, channel, campaign, told, source, at)
    SELECT number, organisation, sender, '', '', '', '', source, at FROM {p}opt_out;
DROP TABLE {p}opt_out;
CREATE INDEX {p}suppression_until ON {p}suppression (until) WHERE until IS NOT NULL;

-- What the first edition knew of them: the id of the attempt that the provider took, or of the last; and the time of
-- the last report of an attempt that failed, or of its answer. 62, 63 and 66 are failed, rejected and undelivered.
UPDATE {p}message SET provider_id = (
    SELECT a.provider_id FROM {p}attempt a
    WHERE a.message = {p}message.id AND a.provider_id IS NOT NULL AND a.provider = {p}message.provider
    ORDER BY coalesce(a.outcome, 9), a.number DESC LIMIT 1
) WHERE direction = 0 AND provider IS NOT NULL;
UPDATE {p}attempt SET failed_at = coalesce(
    (SELECT max(e.received_at) FROM {p}event e WHERE e.attempt = {p}attempt.id AND e.attempt <> 0), ended_at, begun_at
) WHERE status IN (62, 63, 66);
UPDATE {p}message SET failed_at = coalesce(
    (SELECT max(a.failed_at) FROM {p}attempt a WHERE a.message = {p}message.id), created_at
) WHERE status IN (62, 63, 66);

-- What tells these tables from all others.
CREATE TABLE {p}store (id TEXT NOT NULL);

-- Challenges of one-time codes. What is asked for has a column; the rest is JSON. No code is in it.
CREATE TABLE {p}challenge (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT NOT NULL,
    number BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX {p}challenge_time ON {p}challenge (created_at);
CREATE INDEX {p}challenge_number ON {p}challenge (number);

-- Sends of their codes; those that are due have a time for it. The key is that of the message.
CREATE TABLE {p}challenge_send (
    challenge TEXT NOT NULL,
    number BIGINT NOT NULL,
    due_at BIGINT,
    message_key TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (challenge, number)
);
CREATE INDEX {p}challenge_send_due ON {p}challenge_send (due_at) WHERE due_at IS NOT NULL;

-- Checks: never what was typed.
CREATE TABLE {p}challenge_check (
    challenge TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    approved BIGINT NOT NULL,
    PRIMARY KEY (challenge, number)
);

-- Counts of sends and wrong codes over a window: by number, range, country, client and tenant.
CREATE TABLE {p}challenge_tally (
    kind TEXT NOT NULL,
    tenant TEXT NOT NULL,
    subject TEXT NOT NULL,
    last_at BIGINT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (kind, tenant, subject)
);
CREATE INDEX {p}challenge_tally_time ON {p}challenge_tally (last_at);
CREATE INDEX {p}challenge_tally_subject ON {p}challenge_tally (subject);

-- Intents to do what costs money at a provider, written before it is done.
CREATE TABLE {p}intent (
    name TEXT NOT NULL PRIMARY KEY,
    begun_at BIGINT NOT NULL,
    done BIGINT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX {p}intent_open ON {p}intent (begun_at) WHERE done = 0;
-- Prices that were fetched: a change closes a row and adds one, and a price that stays moves only fetched_at.
CREATE TABLE {p}price (
    id {id},
    provider TEXT NOT NULL,
    country TEXT NOT NULL,
    carrier TEXT,
    mcc TEXT,
    mnc TEXT,
    number_type TEXT,
    direction SMALLINT NOT NULL,
    per_segment BIGINT NOT NULL,
    currency TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to BIGINT
);
CREATE INDEX {p}price_place ON {p}price (provider, country, valid_to);

-- Attempts whose price is asked for, and how often it was.
ALTER TABLE {p}attempt ADD COLUMN cost_checks BIGINT NOT NULL DEFAULT 0;
ALTER TABLE {p}attempt ADD COLUMN cost_check_at BIGINT;
CREATE INDEX {p}attempt_cost ON {p}attempt (cost_check_at) WHERE cost_check_at IS NOT NULL;
-- Threads: a projection of the messages, one row for each pair of addresses of a tenant, and what people made of it.
-- 0 is open, 1 closed, 2 snoozed. A message that lost its number is in none.
CREATE INDEX {p}message_thread ON {p}message (remote, tenant, coalesce(local, ''), id);
CREATE TABLE {p}thread (
    id {id},
    last_entry BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    snoozed_until BIGINT,
    state SMALLINT NOT NULL,
    tenant TEXT NOT NULL,
    local TEXT NOT NULL,
    remote TEXT NOT NULL,
    assignee TEXT,
    subject TEXT
);
CREATE UNIQUE INDEX {p}thread_ends ON {p}thread (remote, tenant, local);
CREATE INDEX {p}thread_last ON {p}thread (last_entry);
CREATE INDEX {p}thread_state ON {p}thread (tenant, state, last_entry);
CREATE INDEX {p}thread_unread ON {p}thread (tenant, last_entry) WHERE unread > 0;
CREATE INDEX {p}thread_assignee ON {p}thread (tenant, assignee, last_entry) WHERE assignee IS NOT NULL;
INSERT INTO {p}thread (tenant, local, remote, last_entry, last_at, unread, state, opened_at)
    SELECT g.tenant, g.local, g.remote, g.last_entry, (SELECT m.created_at FROM {p}message m WHERE m.id = g.last_entry),
        g.unread, 0, g.opened_at
    FROM (
        SELECT tenant, coalesce(local, '') AS local, remote, max(id) AS last_entry,
            count(CASE WHEN direction = 1 AND read_at IS NULL THEN 1 END) AS unread, min(created_at) AS opened_at
        FROM {p}message WHERE forgotten < 2 GROUP BY tenant, coalesce({p}message.local, ''), remote
    ) AS g;
