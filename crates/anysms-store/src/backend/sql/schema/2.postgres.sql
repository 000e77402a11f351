ALTER INDEX {p}message_theirs RENAME TO {p}message_remote;
ALTER INDEX {p}attempt_remote RENAME TO {p}attempt_provider_id;

INSERT INTO {p}store (id) VALUES (replace(gen_random_uuid()::text, '-', ''));
