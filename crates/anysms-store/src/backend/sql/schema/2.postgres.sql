ALTER INDEX {p}message_theirs RENAME TO {p}message_remote;
ALTER INDEX {p}attempt_remote RENAME TO {p}attempt_provider_id;

-- An index takes no word of more than 2,700 bytes: of a text that may have a longer one the first 64 characters of
-- each word count.
DROP INDEX {p}content_words;
CREATE INDEX {p}content_words ON {p}content USING gin ((regexp_split_to_array(CASE WHEN octet_length(body) < 1700
    THEN lower(body) ELSE regexp_replace(lower(body), '([[:alnum:]]{64})[[:alnum:]]+', '\1', 'g') END,
    '[^[:alnum:]]+') COLLATE "C")) WHERE body IS NOT NULL;

INSERT INTO {p}store (id) VALUES (replace(gen_random_uuid()::text, '-', ''));
