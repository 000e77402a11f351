ALTER INDEX {p}message_theirs RENAME TO {p}message_remote;
ALTER INDEX {p}attempt_remote RENAME TO {p}attempt_provider_id;

-- An index takes no word of more than 2,700 bytes: of longer ones the beginning counts.
DROP INDEX {p}content_words;
CREATE INDEX {p}content_words ON {p}content USING gin ((regexp_split_to_array(regexp_replace(lower(body),
    '([[:alnum:]]{64})[[:alnum:]]+', '\1', 'g'), '[^[:alnum:]]+') COLLATE "C")) WHERE body IS NOT NULL;

INSERT INTO {p}store (id) VALUES (replace(gen_random_uuid()::text, '-', ''));
