-- +goose Up
-- Nested groups. What a config's cycles do about them (0 nothing, 1 and 2 as state.Nesting says), and whether something has
-- changed since edges.inherited was computed.
ALTER TABLE configs ADD COLUMN nesting INTEGER NOT NULL DEFAULT 0;
ALTER TABLE configs ADD COLUMN stale INTEGER NOT NULL DEFAULT 0;

-- inherited is 1 for a user who is a member of a group nested in grp, at any depth. SQLite cannot change a generated column, so
-- the table is built anew.
CREATE TABLE edges_nested (
    grp       INTEGER NOT NULL,
    member    INTEGER NOT NULL,
    in_source INTEGER NOT NULL,
    in_target INTEGER NOT NULL,
    seen      INTEGER NOT NULL,
    ready     INTEGER NOT NULL,
    inherited INTEGER NOT NULL DEFAULT 0,
    todo      INTEGER NOT NULL GENERATED ALWAYS AS (
        CASE WHEN (in_source = 1 OR inherited = 1) AND in_target = 0 AND ready = 1 THEN 1
            WHEN in_source = 0 AND inherited = 0 AND in_target = 1 THEN 2 ELSE 0 END) STORED,
    PRIMARY KEY (grp, member)
) WITHOUT ROWID;
INSERT INTO edges_nested (grp, member, in_source, in_target, seen, ready)
    SELECT grp, member, in_source, in_target, seen, ready FROM edges ORDER BY grp, member;
DROP TABLE edges;
ALTER TABLE edges_nested RENAME TO edges;
CREATE INDEX edges_member ON edges (member, in_source, inherited);
CREATE INDEX edges_todo ON edges (grp, todo, member) WHERE todo <> 0;
CREATE INDEX edges_inherited ON edges (grp, member) WHERE inherited = 1;
