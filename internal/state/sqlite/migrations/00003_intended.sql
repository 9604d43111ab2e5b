-- +goose Up
-- What an object without a resource was like when a create of it was begun whose outcome is not known, if it has changed since: the
-- resource that the create may have made is found by that.
CREATE TABLE intended (
    object INTEGER PRIMARY KEY REFERENCES objects (seq) ON DELETE CASCADE,
    data   TEXT NOT NULL
);
