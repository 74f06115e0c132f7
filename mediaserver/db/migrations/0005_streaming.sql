CREATE TABLE playback_sessions (
    id                TEXT PRIMARY KEY,
    user_id           TEXT NOT NULL,
    item_id           TEXT NOT NULL,
    file_id           TEXT NOT NULL,
    size              INTEGER NOT NULL,
    mtime_ns          INTEGER NOT NULL,
    duration          REAL NOT NULL,
    sign_in_id        TEXT,
    client            TEXT NOT NULL,
    decision_json     TEXT NOT NULL,
    presentation_json TEXT NOT NULL,
    created_at        REAL NOT NULL,
    expires_at        REAL NOT NULL,
    ended_at          REAL
) STRICT;

CREATE INDEX playback_sessions_expires ON playback_sessions (expires_at);

CREATE TABLE plans (
    file_id  TEXT PRIMARY KEY,
    size     INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    version  INTEGER NOT NULL,
    plan     BLOB NOT NULL,
    made_at  REAL NOT NULL
) STRICT;
