-- Room for a second version of each row on its page: what becomes of a message touches no index.
ALTER TABLE {p}message SET (fillfactor = 50);
ALTER TABLE {p}queue SET (fillfactor = 50);

CREATE INDEX {p}message_time ON {p}message (organisation, created_at);

-- Words are compared byte by byte: nobody asks for them in order.
CREATE INDEX {p}content_words ON {p}content
    USING gin ((regexp_split_to_array(lower(body), '[^[:alnum:]]+') COLLATE "C")) WHERE body IS NOT NULL;
