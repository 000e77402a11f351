-- What lists and reports ask for, and little else: the fewer pages, the sooner a report has read them. What has
-- a fixed width comes first, so that nothing is lost between columns.
CREATE TABLE {p}message (
    id {id},
    created_at BIGINT NOT NULL,
    due_at BIGINT,
    accepted_at BIGINT,
    delivered_at BIGINT,
    read_at BIGINT,
    estimate BIGINT,
    price BIGINT,
    segments BIGINT,
    content BIGINT NOT NULL,
    direction SMALLINT NOT NULL,
    class SMALLINT NOT NULL,
    status SMALLINT,
    forgotten SMALLINT NOT NULL,
    organisation TEXT NOT NULL,
    key TEXT NOT NULL,
    theirs TEXT NOT NULL,
    ours TEXT,
    country TEXT,
    campaign TEXT,
    user_id TEXT,
    tags TEXT,
    failure_kind TEXT,
    failure_code TEXT,
    provider TEXT,
    estimate_currency TEXT,
    price_currency TEXT
);
CREATE UNIQUE INDEX {p}message_key ON {p}message (organisation, key);
CREATE INDEX {p}message_forgotten ON {p}message (forgotten, created_at);
CREATE INDEX {p}message_theirs ON {p}message (theirs, id);
CREATE INDEX {p}message_campaign ON {p}message (organisation, campaign, id) WHERE campaign IS NOT NULL;
CREATE INDEX {p}message_user ON {p}message (organisation, user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX {p}message_unread ON {p}message (organisation, id) WHERE direction = 1 AND read_at IS NULL;

-- What was said, which only goes, never changes.
CREATE TABLE {p}content (
    message {key},
    body TEXT,
    media TEXT NOT NULL,
    body_hash TEXT
);

-- What is to be sent or being sent, and what somebody has to look at. The rest of a message hardly changes.
CREATE TABLE {p}queue (
    message {key},
    stage BIGINT NOT NULL,
    payload TEXT,
    fence BIGINT NOT NULL,
    claims BIGINT NOT NULL,
    wake_at BIGINT,
    leased_at BIGINT,
    expires_at BIGINT
);
CREATE INDEX {p}queue_wake ON {p}queue (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX {p}queue_dead ON {p}queue (message) WHERE stage = 4;
CREATE INDEX {p}queue_leased ON {p}queue (leased_at) WHERE leased_at IS NOT NULL;

CREATE TABLE {p}tag (
    tag TEXT NOT NULL,
    message BIGINT NOT NULL,
    PRIMARY KEY (tag, message)
);
CREATE INDEX {p}tag_message ON {p}tag (message);

CREATE TABLE {p}attempt (
    id {id},
    message BIGINT NOT NULL,
    number BIGINT NOT NULL,
    token TEXT NOT NULL,
    provider TEXT NOT NULL,
    remote TEXT,
    outcome BIGINT,
    settled_by BIGINT,
    seen BIGINT NOT NULL,
    status BIGINT NOT NULL,
    failure_kind TEXT,
    failure_code TEXT,
    id_conflict BIGINT NOT NULL,
    begun_at BIGINT NOT NULL,
    ended_at BIGINT,
    delivered_at BIGINT,
    segments BIGINT,
    price BIGINT,
    price_currency TEXT,
    request_id TEXT,
    checks BIGINT NOT NULL,
    check_at BIGINT,
    given_up BIGINT NOT NULL
);
CREATE INDEX {p}attempt_message ON {p}attempt (message);
CREATE UNIQUE INDEX {p}attempt_token ON {p}attempt (token);
CREATE INDEX {p}attempt_remote ON {p}attempt (remote, provider) WHERE remote IS NOT NULL;
CREATE INDEX {p}attempt_unknown ON {p}attempt (message) WHERE outcome = 2;
CREATE INDEX {p}attempt_check ON {p}attempt (check_at) WHERE check_at IS NOT NULL;

CREATE TABLE {p}event (
    id TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    remote TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    status TEXT NOT NULL,
    failure_kind TEXT,
    failure_code TEXT,
    segments BIGINT,
    price BIGINT,
    price_currency TEXT,
    sequence BIGINT,
    at BIGINT,
    received_at BIGINT NOT NULL,
    times BIGINT NOT NULL,
    stale BIGINT NOT NULL
);
CREATE INDEX {p}event_attempt ON {p}event (attempt) WHERE attempt <> 0;
CREATE INDEX {p}event_unknown ON {p}event (remote, provider) WHERE attempt = 0;

CREATE TABLE {p}opt_out (
    number BIGINT NOT NULL,
    organisation TEXT NOT NULL,
    sender TEXT NOT NULL,
    source BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (number, organisation, sender)
);
