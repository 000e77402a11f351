-- All that a report reads, an organisation's rows side by side: there is no other way to find so many in time.
-- What becomes of a message is written here once more.
CREATE INDEX {p}message_time ON {p}message (
    organisation, created_at, id, direction, status, accepted_at, delivered_at, failure_kind, failure_code,
    country, segments, estimate, estimate_currency, price, price_currency
);

-- What is forgotten leaves the index at once, not when it is next merged.
CREATE VIRTUAL TABLE {p}words USING fts5 (
    body, content = '{p}content', content_rowid = 'message', tokenize = 'unicode61 remove_diacritics 0'
);
INSERT INTO {p}words ({p}words, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER {p}words_insert AFTER INSERT ON {p}content WHEN new.body IS NOT NULL BEGIN
    INSERT INTO {p}words (rowid, body) VALUES (new.message, new.body);
END;
CREATE TRIGGER {p}words_delete AFTER DELETE ON {p}content WHEN old.body IS NOT NULL BEGIN
    INSERT INTO {p}words ({p}words, rowid, body) VALUES ('delete', old.message, old.body);
END;
CREATE TRIGGER {p}words_update AFTER UPDATE OF body ON {p}content WHEN new.body IS NOT old.body BEGIN
    INSERT INTO {p}words ({p}words, rowid, body)
        SELECT 'delete', old.message, old.body WHERE old.body IS NOT NULL;
    INSERT INTO {p}words (rowid, body) SELECT new.message, new.body WHERE new.body IS NOT NULL;
END;
