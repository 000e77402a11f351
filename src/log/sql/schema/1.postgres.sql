-- Room for a second version of each row on its page: what becomes of a message touches no index.
ALTER TABLE {p}message SET (fillfactor = 50);
ALTER TABLE {p}queue SET (fillfactor = 50);

CREATE INDEX {p}content_words ON {p}content
    USING gin (regexp_split_to_array(lower(body), '[^[:alnum:]]+')) WHERE body IS NOT NULL;
