-- +goose Up
CREATE TABLE configs (
    num  BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id   TEXT NOT NULL UNIQUE,
    data TEXT NOT NULL
);

-- One row for each object of the source. It holds what changes often and what is searched, and stays narrow for that: the wide
-- values are in attributes and applied. Booleans are 0 and 1, so that both dialects share their statements.
CREATE TABLE objects (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    config  BIGINT NOT NULL REFERENCES configs (num),
    kind    TEXT NOT NULL,
    source  TEXT NOT NULL,
    -- 0 for an object that was only mentioned, as a member or a principal, and never read.
    known   SMALLINT NOT NULL DEFAULT 0,
    removal TEXT NOT NULL DEFAULT '',
    -- The cycle whose full read showed the object last.
    seen    BIGINT NOT NULL DEFAULT 0,
    missing SMALLINT NOT NULL DEFAULT 0,
    -- The cycle whose full read showed a group without its members for the first time.
    suspect BIGINT NOT NULL DEFAULT 0,
    -- 1 for a group that is securityEnabled.
    enabled SMALLINT NOT NULL DEFAULT 0,
    manager TEXT NOT NULL DEFAULT '',
    due     SMALLINT NOT NULL DEFAULT 0,
    link    TEXT NOT NULL DEFAULT '',
    target  TEXT NOT NULL DEFAULT '',
    action  TEXT NOT NULL DEFAULT '',
    reason  TEXT NOT NULL DEFAULT '',
    leaves  SMALLINT NOT NULL DEFAULT 0,
    held    SMALLINT NOT NULL DEFAULT 0,
    intent  SMALLINT NOT NULL DEFAULT 0,
    level   SMALLINT NOT NULL DEFAULT 0,
    -- The next attempt of an object in escrow, microseconds since 1970; NULL outside escrow.
    retry   BIGINT,
    removes SMALLINT NOT NULL GENERATED ALWAYS AS (CASE WHEN action IN ('Disable', 'Delete') THEN 1 ELSE 0 END) STORED,
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
    object BIGINT PRIMARY KEY REFERENCES objects (seq) ON DELETE CASCADE,
    data   TEXT NOT NULL
);
CREATE TABLE applied (
    object BIGINT PRIMARY KEY REFERENCES objects (seq) ON DELETE CASCADE,
    data   TEXT NOT NULL
);

-- num grows with each failure, so that the latest failure is the highest.
CREATE TABLE escrows (
    num       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    config    BIGINT NOT NULL,
    object    BIGINT NOT NULL UNIQUE REFERENCES objects (seq) ON DELETE CASCADE,
    began     BIGINT NOT NULL,
    attempts  BIGINT NOT NULL,
    code      TEXT NOT NULL,
    message   TEXT NOT NULL,
    reference SMALLINT NOT NULL
);
CREATE INDEX escrows_latest ON escrows (config, num, reference);

-- ready is 1 when the other object has a resource.
CREATE TABLE waits (
    config BIGINT NOT NULL,
    object BIGINT NOT NULL REFERENCES objects (seq) ON DELETE CASCADE,
    path   TEXT NOT NULL,
    source TEXT NOT NULL,
    ready  SMALLINT NOT NULL,
    PRIMARY KEY (object, path, source)
);
CREATE INDEX waits_source ON waits (config, source);
CREATE INDEX waits_ready ON waits (config, object, path, source) WHERE ready = 1;

-- Memberships, a million of them: two integers, no foreign keys. ready is 1 when both ends have a resource in the
-- target; todo is 1 for an edge to add to the target, 2 for one to remove.
CREATE TABLE edges (
    grp       BIGINT NOT NULL,
    member    BIGINT NOT NULL,
    in_source SMALLINT NOT NULL,
    in_target SMALLINT NOT NULL,
    seen      BIGINT NOT NULL,
    ready     SMALLINT NOT NULL,
    todo      SMALLINT NOT NULL GENERATED ALWAYS AS (
        CASE WHEN in_source = 1 AND in_target = 0 AND ready = 1 THEN 1 WHEN in_source = 0 AND in_target = 1 THEN 2 ELSE 0 END) STORED,
    PRIMARY KEY (grp, member)
);
CREATE INDEX edges_member ON edges (member, in_source);
CREATE INDEX edges_todo ON edges (grp, todo, member) WHERE todo <> 0;

-- A row is in force, staged for a cycle, or both; the next_ columns are the role as staged.
CREATE TABLE assignments (
    object        BIGINT NOT NULL REFERENCES objects (seq) ON DELETE CASCADE,
    role          TEXT NOT NULL,
    config        BIGINT NOT NULL,
    in_force      SMALLINT NOT NULL,
    value         TEXT NOT NULL,
    display       TEXT NOT NULL,
    disabled      SMALLINT NOT NULL,
    staged        BIGINT NOT NULL,
    next_value    TEXT NOT NULL,
    next_display  TEXT NOT NULL,
    next_disabled SMALLINT NOT NULL,
    PRIMARY KEY (object, role)
);
CREATE INDEX assignments_config ON assignments (config);

CREATE TABLE resources (
    num     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    config  BIGINT NOT NULL,
    kind    TEXT NOT NULL,
    target  TEXT NOT NULL,
    version TEXT NOT NULL,
    data    TEXT NOT NULL,
    UNIQUE (config, kind, target)
);
-- digest is a hash of the key, so that keys of any length fit an index and no names lie in it.
CREATE TABLE resource_keys (
    config   BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    digest   TEXT NOT NULL,
    resource BIGINT NOT NULL REFERENCES resources (num) ON DELETE CASCADE,
    PRIMARY KEY (config, kind, digest, resource)
);
CREATE INDEX resource_keys_resource ON resource_keys (resource);

-- names holds the folded names of both sides for searching; data is the entry.
CREATE TABLE log (
    num    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    config BIGINT NOT NULL,
    time   BIGINT NOT NULL,
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
