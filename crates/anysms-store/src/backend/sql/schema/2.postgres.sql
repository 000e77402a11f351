ALTER INDEX {p}message_theirs RENAME TO {p}message_remote;
ALTER INDEX {p}attempt_remote RENAME TO {p}attempt_provider_id;

-- The words of a text as the filter has them, which the server would be slow to find. An index takes none of more
-- than 2,700 bytes, so the first 600 characters of each count.
DROP INDEX {p}content_words;
ALTER TABLE {p}content ADD COLUMN words TEXT;
UPDATE {p}content SET words = regexp_replace(regexp_replace(lower(body), '[^[:alnum:]]+', ' ', 'g'),
    '([[:alnum:]]{255}[[:alnum:]]{255}[[:alnum:]]{90})[[:alnum:]]+', '\1', 'g') WHERE body IS NOT NULL;
CREATE INDEX {p}content_words ON {p}content USING gin ((string_to_array(words, ' ') COLLATE "C"))
    WHERE words IS NOT NULL;

INSERT INTO {p}store (id) VALUES (replace(gen_random_uuid()::text, '-', ''));
