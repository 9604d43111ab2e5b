-- +goose Up
CREATE TABLE configs (
    num  INTEGER PRIMARY KEY AUTOINCREMENT,
    id   TEXT NOT NULL UNIQUE,
    data TEXT NOT NULL
);

-- One row for each object of the source. It holds what changes often and what is searched, and stays narrow for that: the wide
-- values are in attributes and applied. Booleans are 0 and 1, so that both dialects share their statements.
CREATE TABLE objects (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    config  INTEGER NOT NULL REFERENCES configs (num),
    kind    TEXT NOT NULL,
    source  TEXT NOT NULL,
    -- 0 for an object that was only mentioned, as a member or a principal, and never read.
    known   INTEGER NOT NULL DEFAULT 0,
    removal TEXT NOT NULL DEFAULT '',
    -- The cycle whose full read showed the object last.
    seen    INTEGER NOT NULL DEFAULT 0,
    missing INTEGER NOT NULL DEFAULT 0,
    -- The cycle whose full read showed a group without its members for the first time.
    suspect INTEGER NOT NULL DEFAULT 0,
    -- 1 for a group that is securityEnabled.
    enabled INTEGER NOT NULL DEFAULT 0,
    manager TEXT NOT NULL DEFAULT '',
    due     INTEGER NOT NULL DEFAULT 0,
    link    TEXT NOT NULL DEFAULT '',
    target  TEXT NOT NULL DEFAULT '',
    action  TEXT NOT NULL DEFAULT '',
    reason  TEXT NOT NULL DEFAULT '',
    leaves  INTEGER NOT NULL DEFAULT 0,
    held    INTEGER NOT NULL DEFAULT 0,
    intent  INTEGER NOT NULL DEFAULT 0,
    level   INTEGER NOT NULL DEFAULT 0,
    -- The next attempt of an object in escrow, microseconds since 1970; NULL outside escrow.
    retry   INTEGER,
    removes INTEGER NOT NULL GENERATED ALWAYS AS (CASE WHEN action IN ('Disable', 'Delete') THEN 1 ELSE 0 END) STORED,
    UNIQUE (config, source)
);
CREATE INDEX objects_missing ON objects (config, kind, seq) WHERE missing = 1;
CREATE INDEX objects_present ON objects (config, kind, missing, seq) WHERE known = 1 AND removal = '';
CREATE INDEX objects_due ON objects (config, kind, seq) WHERE due = 1;
CREATE INDEX objects_pending ON objects (config, kind, held, removes, seq, action) WHERE action <> '' AND retry IS NULL;
CREATE INDEX objects_level ON objects (config, held, removes, level, seq) WHERE kind = 'User' AND action <> '' AND retry IS NULL;
CREATE INDEX objects_retry ON objects (config, kind, held, removes, seq, retry) WHERE action <> '' AND retry IS NOT NULL;
CREATE INDEX objects_suspect ON objects (config, seq) WHERE suspect <> 0;
CREATE INDEX objects_removals ON objects (config, seq) WHERE removes = 1;
CREATE INDEX objects_manager ON objects (config, manager) WHERE manager <> '';
CREATE INDEX objects_target ON objects (config, kind, target, link) WHERE target <> '';
CREATE INDEX objects_groups ON objects (config, seq) WHERE kind = 'Group' AND link = 'Active';

CREATE TABLE attributes (
    object INTEGER PRIMARY KEY REFERENCES objects (seq) ON DELETE CASCADE,
    data   TEXT NOT NULL
);
CREATE TABLE applied (
    object INTEGER PRIMARY KEY REFERENCES objects (seq) ON DELETE CASCADE,
    data   TEXT NOT NULL
);

-- num grows with each failure, so that the latest failure is the highest.
CREATE TABLE escrows (
    num       INTEGER PRIMARY KEY AUTOINCREMENT,
    config    INTEGER NOT NULL,
    object    INTEGER NOT NULL UNIQUE REFERENCES objects (seq) ON DELETE CASCADE,
    began     INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    code      TEXT NOT NULL,
    message   TEXT NOT NULL,
    reference INTEGER NOT NULL
);
CREATE INDEX escrows_latest ON escrows (config, num, reference);

-- ready is 1 when the other object has a resource.
CREATE TABLE waits (
    config INTEGER NOT NULL,
    object INTEGER NOT NULL REFERENCES objects (seq) ON DELETE CASCADE,
    path   TEXT NOT NULL,
    source TEXT NOT NULL,
    ready  INTEGER NOT NULL,
    PRIMARY KEY (object, path, source)
) WITHOUT ROWID;
CREATE INDEX waits_source ON waits (config, source);
CREATE INDEX waits_ready ON waits (config, object, path, source) WHERE ready = 1;

-- Memberships, a million of them: two integers, no foreign keys. ready is 1 when both ends have a resource in the
-- target; todo is 1 for an edge to add to the target, 2 for one to remove.
CREATE TABLE edges (
    grp       INTEGER NOT NULL,
    member    INTEGER NOT NULL,
    in_source INTEGER NOT NULL,
    in_target INTEGER NOT NULL,
    seen      INTEGER NOT NULL,
    ready     INTEGER NOT NULL,
    todo      INTEGER NOT NULL GENERATED ALWAYS AS (
        CASE WHEN in_source = 1 AND in_target = 0 AND ready = 1 THEN 1 WHEN in_source = 0 AND in_target = 1 THEN 2 ELSE 0 END) STORED,
    PRIMARY KEY (grp, member)
) WITHOUT ROWID;
CREATE INDEX edges_member ON edges (member, in_source);
CREATE INDEX edges_todo ON edges (grp, todo, member) WHERE todo <> 0;

-- A row is in force, staged for a cycle, or both; the next_ columns are the role as staged.
CREATE TABLE assignments (
    object        INTEGER NOT NULL REFERENCES objects (seq) ON DELETE CASCADE,
    role          TEXT NOT NULL,
    config        INTEGER NOT NULL,
    in_force      INTEGER NOT NULL,
    value         TEXT NOT NULL,
    display       TEXT NOT NULL,
    disabled      INTEGER NOT NULL,
    staged        INTEGER NOT NULL,
    next_value    TEXT NOT NULL,
    next_display  TEXT NOT NULL,
    next_disabled INTEGER NOT NULL,
    PRIMARY KEY (object, role)
) WITHOUT ROWID;
CREATE INDEX assignments_config ON assignments (config);

CREATE TABLE resources (
    num     INTEGER PRIMARY KEY AUTOINCREMENT,
    config  INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    target  TEXT NOT NULL,
    version TEXT NOT NULL,
    data    TEXT NOT NULL,
    UNIQUE (config, kind, target)
);
-- digest is a hash of the key, so that keys of any length fit an index and no names lie in it.
CREATE TABLE resource_keys (
    config   INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    resource INTEGER NOT NULL REFERENCES resources (num) ON DELETE CASCADE,
    PRIMARY KEY (config, kind, digest, resource)
) WITHOUT ROWID;
CREATE INDEX resource_keys_resource ON resource_keys (resource);

-- names holds the folded names of both sides for searching; data is the entry.
CREATE TABLE log (
    num    INTEGER PRIMARY KEY AUTOINCREMENT,
    config INTEGER NOT NULL,
    time   INTEGER NOT NULL,
    source TEXT NOT NULL,
    names  TEXT NOT NULL,
    action TEXT NOT NULL,
    status TEXT NOT NULL,
    cycle  TEXT NOT NULL,
    data   TEXT NOT NULL
);
CREATE INDEX log_config ON log (config, num);
CREATE INDEX log_source ON log (config, source, num);
CREATE INDEX log_cycle ON log (config, cycle, num);
CREATE INDEX log_time ON log (config, time);
