CREATE VIRTUAL TABLE {p}words USING fts5 (
    body, content = '', contentless_delete = 1, detail = 'none', tokenize = 'unicode61 remove_diacritics 0'
);
CREATE TRIGGER {p}words_insert AFTER INSERT ON {p}content WHEN new.body IS NOT NULL BEGIN
    INSERT INTO {p}words (rowid, body) VALUES (new.message, new.body);
END;
CREATE TRIGGER {p}words_delete AFTER DELETE ON {p}content BEGIN
    DELETE FROM {p}words WHERE rowid = old.message;
END;
CREATE TRIGGER {p}words_update AFTER UPDATE OF body ON {p}content WHEN new.body IS NOT old.body BEGIN
    DELETE FROM {p}words WHERE rowid = old.message;
    INSERT INTO {p}words (rowid, body) SELECT new.message, new.body WHERE new.body IS NOT NULL;
END;
