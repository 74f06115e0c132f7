-- What people browse. Library and file ids belong to another room and are plain text here.
CREATE TABLE items (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    library_id     TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('movie', 'show', 'season', 'episode', 'video')),
    key            TEXT NOT NULL,
    show_id        TEXT REFERENCES items (id) ON DELETE CASCADE,
    season_id      TEXT REFERENCES items (id) ON DELETE CASCADE,
    season_number  INTEGER,
    episode_number INTEGER,
    episode_end    INTEGER,
    ordinal        INTEGER NOT NULL DEFAULT 0,
    date           TEXT,
    title          TEXT NOT NULL DEFAULT '',
    sort_title     TEXT NOT NULL DEFAULT '',
    overview       TEXT,
    year           INTEGER NOT NULL DEFAULT 0,
    duration       REAL NOT NULL DEFAULT 0,
    height         INTEGER NOT NULL DEFAULT 0,
    added_at       REAL NOT NULL DEFAULT 0,
    latest_at      REAL NOT NULL DEFAULT 0,
    state          TEXT NOT NULL DEFAULT 'present' CHECK (state IN ('present', 'away', 'failed')),
    hidden         INTEGER NOT NULL DEFAULT 1 CHECK (hidden IN (0, 1)),
    child_count    INTEGER,
    images_json    TEXT NOT NULL DEFAULT '{}',
    UNIQUE (library_id, kind, key)
) STRICT;

-- One per sort: a list merges one ordered stream per library and kind.
CREATE INDEX items_by_title ON items (library_id, kind, hidden, sort_title, number);
CREATE INDEX items_by_added ON items (library_id, kind, hidden, added_at, number);
CREATE INDEX items_by_year ON items (library_id, kind, hidden, year, number);
CREATE INDEX items_by_duration ON items (library_id, kind, hidden, duration, number);
CREATE INDEX items_by_latest ON items (library_id, kind, hidden, latest_at, number);
-- All that search ranks and counts by, so a common word reads no wide rows.
CREATE INDEX items_ranked ON items (number, hidden, library_id, kind, year, sort_title);
CREATE INDEX items_of_show ON items (show_id, kind, hidden, season_number, ordinal, sort_title, number)
    WHERE show_id IS NOT NULL;
CREATE INDEX items_of_season ON items (season_id, hidden) WHERE season_id IS NOT NULL;

CREATE TABLE item_files (
    file_id      TEXT PRIMARY KEY,
    item_id      TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    state        TEXT NOT NULL CHECK (state IN ('ok', 'failed', 'away', 'missing')),
    root_id      TEXT NOT NULL,
    path         TEXT NOT NULL,
    full_path    TEXT NOT NULL,
    size         INTEGER NOT NULL,
    added_at     REAL NOT NULL,
    identity_json TEXT NOT NULL,
    facts_json   TEXT NOT NULL,
    problem      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX item_files_of_item ON item_files (item_id);

CREATE TABLE item_images (
    item_id     TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    type        TEXT NOT NULL CHECK (type IN ('poster', 'backdrop', 'logo', 'thumb')),
    source      TEXT NOT NULL CHECK (source IN ('beside', 'generated', 'chosen')),
    root_id     TEXT,
    path        TEXT,
    file_id     TEXT,
    version     TEXT NOT NULL,
    placeholder TEXT,
    PRIMARY KEY (item_id, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE item_genres (
    item_number INTEGER NOT NULL REFERENCES items (number) ON DELETE CASCADE,
    genre       TEXT NOT NULL,
    PRIMARY KEY (genre, item_number)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_genres_of_item ON item_genres (item_number);

-- Text is folded before it comes here, so the tokenizer has nothing left to remove.
CREATE VIRTUAL TABLE item_search USING fts5 (
    title, context, tokenize = "unicode61 remove_diacritics 0", prefix = '1 2 3'
);

-- Signs list cursors, so one that was altered is refused, before and after a restart.
CREATE TABLE catalog_secret (key BLOB NOT NULL) STRICT;
INSERT INTO catalog_secret (key) VALUES (randomblob(32));
