-- +goose Up
-- Nested groups. What a config's cycles do about them (0 nothing, 1 and 2 as state.Nesting says), and whether something has
-- changed since edges.inherited was computed.
ALTER TABLE configs ADD COLUMN nesting SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE configs ADD COLUMN stale SMALLINT NOT NULL DEFAULT 0;

-- inherited is 1 for a user who is a member of a group nested in grp, at any depth. Before version 17 PostgreSQL cannot change a
-- generated column, so it is made anew; its index goes with it.
ALTER TABLE edges DROP COLUMN todo;
ALTER TABLE edges ADD COLUMN inherited SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE edges ADD COLUMN todo SMALLINT NOT NULL GENERATED ALWAYS AS (
    CASE WHEN (in_source = 1 OR inherited = 1) AND in_target = 0 AND ready = 1 THEN 1
        WHEN in_source = 0 AND inherited = 0 AND in_target = 1 THEN 2 ELSE 0 END) STORED;
DROP INDEX edges_member;
CREATE INDEX edges_member ON edges (member, in_source, inherited);
CREATE INDEX edges_todo ON edges (grp, todo, member) WHERE todo <> 0;
CREATE INDEX edges_inherited ON edges (grp, member) WHERE inherited = 1;
