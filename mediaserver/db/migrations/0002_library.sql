CREATE TABLE libraries (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    created_at REAL NOT NULL
) STRICT;

CREATE TABLE library_roots (
    id         TEXT PRIMARY KEY,
    library_id TEXT NOT NULL REFERENCES libraries (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    path       TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL DEFAULT 'present',
    -- What the folder was when it was last walked in full: a mount point without its disk differs.
    device     INTEGER,
    inode      INTEGER,
    -- Of all names, sizes and times at the last scan that left nothing open: the same again means
    -- that there is nothing to do.
    fingerprint TEXT
) STRICT;

CREATE INDEX library_roots_library ON library_roots (library_id, position);

CREATE TABLE media_files (
    id                      TEXT PRIMARY KEY,
    library_id              TEXT NOT NULL REFERENCES libraries (id) ON DELETE CASCADE,
    root_id                 TEXT NOT NULL REFERENCES library_roots (id) ON DELETE CASCADE,
    path                    TEXT NOT NULL,
    size                    INTEGER NOT NULL,
    mtime_ns                INTEGER NOT NULL,
    state                   TEXT NOT NULL,
    added_at                REAL NOT NULL,
    identity_json           TEXT NOT NULL,
    info_json               TEXT,
    external_subtitles_json TEXT NOT NULL DEFAULT '[]',
    reason                  TEXT,
    reason_code             TEXT,
    -- Which version of the probe wrote info_json; a newer one reads the file again.
    probe_version           INTEGER NOT NULL,
    -- The absolute path behind links that lead into another root; NULL for nearly all files.
    link_target             TEXT,
    UNIQUE (root_id, path)
) STRICT;

CREATE INDEX media_files_library ON media_files (library_id, state);
