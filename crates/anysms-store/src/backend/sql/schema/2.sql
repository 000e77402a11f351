-- One word for one thing: the tenant on whose behalf, the remote and the local end of a message, and the provider's
-- id of it. These renames are why programs of the first edition have to be stopped; later steps only add.
ALTER TABLE {p}message RENAME COLUMN organisation TO tenant;
ALTER TABLE {p}message RENAME COLUMN theirs TO remote;
ALTER TABLE {p}message RENAME COLUMN ours TO local;
ALTER TABLE {p}attempt RENAME COLUMN remote TO provider_id;
ALTER TABLE {p}event RENAME COLUMN remote TO provider_id;
ALTER TABLE {p}opt_out RENAME TO {p}suppression;
ALTER TABLE {p}suppression RENAME COLUMN organisation TO tenant;

ALTER TABLE {p}message ADD COLUMN content_version SMALLINT NOT NULL DEFAULT 1;
ALTER TABLE {p}message ADD COLUMN sender TEXT;
ALTER TABLE {p}message ADD COLUMN account TEXT;
ALTER TABLE {p}message ADD COLUMN provider_id TEXT;
ALTER TABLE {p}message ADD COLUMN error_text TEXT;
ALTER TABLE {p}message ADD COLUMN failed_at BIGINT;
ALTER TABLE {p}attempt ADD COLUMN account TEXT;
ALTER TABLE {p}attempt ADD COLUMN error_text TEXT;
ALTER TABLE {p}attempt ADD COLUMN failed_at BIGINT;
ALTER TABLE {p}event ADD COLUMN account TEXT;

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
