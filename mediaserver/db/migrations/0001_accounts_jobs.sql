CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    username      TEXT NOT NULL,
    username_key  TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role          TEXT NOT NULL,
    created_at    REAL NOT NULL
) STRICT;

CREATE UNIQUE INDEX users_one_set_up ON users (role) WHERE role = 'owner';

CREATE TABLE sign_ins (
    id                TEXT PRIMARY KEY,
    user_id           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device            TEXT NOT NULL,
    address           TEXT NOT NULL,
    cookie_hash       BLOB NOT NULL UNIQUE,
    access_hash       BLOB NOT NULL UNIQUE,
    access_expires_at REAL NOT NULL,
    refresh_hash      BLOB NOT NULL UNIQUE,
    created_at        REAL NOT NULL,
    seen_at           REAL NOT NULL,
    expires_at        REAL NOT NULL
) STRICT;

CREATE INDEX sign_ins_user ON sign_ins (user_id);

CREATE TABLE jobs (
    id             TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,
    subject        TEXT,
    arguments_json TEXT NOT NULL DEFAULT '{}',
    state          TEXT NOT NULL,
    progress       REAL NOT NULL DEFAULT 0,
    current        TEXT,
    counts_json    TEXT NOT NULL DEFAULT '{}',
    eta            REAL,
    error          TEXT,
    created_at     REAL NOT NULL,
    started_at     REAL,
    finished_at    REAL
) STRICT;

CREATE INDEX jobs_created ON jobs (created_at, id);
CREATE UNIQUE INDEX jobs_one_alive ON jobs (kind, coalesce(subject, ''))
    WHERE state IN ('queued', 'running');
