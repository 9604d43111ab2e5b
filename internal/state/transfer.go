package state

import "context"

// Transferrer takes the state of a config out of a store and puts it into another one, of the same or of another driver. The
// stores of this project are Transferrers. It is apart from Store because the engine has no use for it.
type Transferrer interface {
	// Export calls each with everything about a config as of one moment, in an order that Restore can take it in. The log is left
	// out unless asked for; what was read of the target in a cycle in progress always is. An unknown config has no rows.
	Export(ctx context.Context, id ConfigID, log bool, each func(Row) error) error
	// Restore takes rows in until next says that there are no more. It is one transaction. The error is of kind Conflict when the
	// config has objects already, and Invalid when the rows are none of Export.
	Restore(ctx context.Context, id ConfigID, next func() (row Row, more bool, err error)) error
}

// Row is one row of an export. Objects are named by their source id, so that rows mean the same in every store. Values are
// strings, whole numbers and nil; they survive JSON.
type Row struct {
	Table  string `json:"table"`
	Values []any  `json:"values"`
}
