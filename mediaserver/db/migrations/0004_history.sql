-- The ledger of what people did; nothing here is ever changed or deleted by the program.
CREATE TABLE watch_events (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id     TEXT NOT NULL,
    item_id     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    at          REAL NOT NULL,
    recorded_at REAL NOT NULL,
    session_id  TEXT,
    seq         INTEGER,
    position    REAL,
    duration    REAL,
    value       REAL
) STRICT;
CREATE UNIQUE INDEX watch_events_once ON watch_events (user_id, session_id, seq)
    WHERE session_id IS NOT NULL AND seq IS NOT NULL;
CREATE INDEX watch_events_of_item ON watch_events (user_id, item_id, at, number);

-- Derived from the ledger and always equal to a rebuild of it.
CREATE TABLE progress (
    user_id     TEXT NOT NULL,
    item_id     TEXT NOT NULL,
    position    REAL NOT NULL,
    duration    REAL NOT NULL,
    played_at   REAL,
    watched     INTEGER NOT NULL CHECK (watched IN (0, 1)),
    watched_at  REAL,
    watched_in  TEXT,
    plays       INTEGER NOT NULL,
    dismissed   INTEGER NOT NULL CHECK (dismissed IN (0, 1)),
    favorite_at REAL,
    rating      REAL,
    changed_at  REAL NOT NULL,
    resumable   INTEGER NOT NULL CHECK (resumable IN (0, 1)),
    PRIMARY KEY (user_id, item_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX progress_resumable ON progress (user_id, played_at DESC, item_id)
    WHERE resumable = 1;
CREATE INDEX progress_played ON progress (user_id, played_at DESC, item_id)
    WHERE played_at IS NOT NULL;
CREATE INDEX progress_watched ON progress (user_id, watched_at DESC, item_id) WHERE watched = 1;
CREATE INDEX progress_favorite ON progress (user_id, favorite_at DESC, item_id)
    WHERE favorite_at IS NOT NULL;
