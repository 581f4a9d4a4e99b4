-- The mirror of what is publicly known. It can be deleted and rebuilt at any time; own cases are put in again.
-- Everything that follows from one feed file is written in one transaction.

CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;

-- One row a record. Numbers only grow: a changed record gets a new one, and what the index holds of the old is dead.
CREATE TABLE IF NOT EXISTS record (
    num       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    source    INTEGER NOT NULL,          -- 0 NVD, 1 advisory, 2 issue, 3 own case
    year      INTEGER NOT NULL,          -- of the id (NVD) or of its publication; 0 not known
    status    INTEGER NOT NULL,
    modified  INTEGER NOT NULL,          -- milliseconds since 1970, 0 not known
    print     INTEGER NOT NULL,          -- hash of what was read, to leave alone what has not changed
    has_cpe   INTEGER NOT NULL,
    body      BLOB NOT NULL              -- deflated JSON of the record
);
CREATE INDEX IF NOT EXISTS record_source ON record (source, year);
CREATE INDEX IF NOT EXISTS record_own ON record (num) WHERE source = 3;

-- How many records each source has: counting hundreds of thousands takes too long for each case that is put in.
CREATE TABLE IF NOT EXISTS tally (
    source  INTEGER PRIMARY KEY,
    records INTEGER NOT NULL
);
INSERT OR REPLACE INTO tally (source, records) SELECT source, count(*) FROM record GROUP BY source;
CREATE TRIGGER IF NOT EXISTS record_in AFTER INSERT ON record BEGIN
    INSERT INTO tally (source, records) VALUES (new.source, 1) ON CONFLICT (source) DO UPDATE SET records = records + 1;
END;
CREATE TRIGGER IF NOT EXISTS record_out AFTER DELETE ON record BEGIN
    UPDATE tally SET records = records - 1 WHERE source = old.source;
END;

-- The inverted index in segments, of all records before the number `young_from` in `meta`; who reads keeps an index of the
-- few younger ones in memory. Within a term, segments and numbers ascend.
-- Terms: a word; `c:vendor:product`, `e:word` (early in the text of a record without products).
CREATE TABLE IF NOT EXISTS posting (
    term TEXT NOT NULL,
    seg  INTEGER NOT NULL,
    df   INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (term, seg)
) WITHOUT ROWID;

-- Hashes of addresses, commits and other ids that lead to a record.
CREATE TABLE IF NOT EXISTS link (
    hash INTEGER NOT NULL,
    num  INTEGER NOT NULL,
    PRIMARY KEY (hash, num)
) WITHOUT ROWID;

-- Segments, with how many records each was made from.
CREATE TABLE IF NOT EXISTS segment (
    seg     INTEGER PRIMARY KEY,
    records INTEGER NOT NULL
);

-- What was taken in from where.
CREATE TABLE IF NOT EXISTS feed (
    name       TEXT PRIMARY KEY,
    stamp      TEXT NOT NULL,            -- lastModifiedDate of its .meta, or the feed's own timestamp
    sha256     TEXT NOT NULL,
    records    INTEGER NOT NULL,
    unreadable TEXT NOT NULL,            -- JSON list of what could not be read: names, cut
    bad        INTEGER NOT NULL,         -- how many
    taken_at   INTEGER NOT NULL          -- milliseconds since 1970
) WITHOUT ROWID;

-- How far each source of a sync was read.
CREATE TABLE IF NOT EXISTS source (
    name     TEXT PRIMARY KEY,
    etag     TEXT NOT NULL,              -- of the last good answer, or empty
    cursor   TEXT NOT NULL,              -- where it goes on, or empty
    good_at  INTEGER,                    -- milliseconds since 1970: read to its end
    tried_at INTEGER,
    fault    TEXT                        -- what was wrong with the last try, in our own words
) WITHOUT ROWID;

INSERT OR IGNORE INTO meta (name, value) SELECT 'young_from', CAST(coalesce(max(num), 0) + 1 AS TEXT) FROM record;
