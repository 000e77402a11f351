CREATE INDEX {p}message_words ON {p}message
    USING gin (regexp_split_to_array(lower(body), '[^[:alnum:]]+')) WHERE body IS NOT NULL;
