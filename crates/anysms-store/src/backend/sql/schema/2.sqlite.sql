DROP INDEX {p}message_theirs;
CREATE INDEX {p}message_remote ON {p}message (remote, id);
DROP INDEX {p}attempt_remote;
CREATE INDEX {p}attempt_provider_id ON {p}attempt (provider_id, provider) WHERE provider_id IS NOT NULL;

-- All that a report reads, with the provider and the account.
DROP INDEX {p}message_time;
CREATE INDEX {p}message_time ON {p}message (
    tenant, created_at, id, direction, status, accepted_at, delivered_at, failure_kind, failure_code,
    country, segments, estimate, estimate_currency, price, price_currency, provider, account
);

INSERT INTO {p}store (id) VALUES (lower(hex(randomblob(16))));
