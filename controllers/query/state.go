package query

import (
	"context"
	"encoding/json"
	"io"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/state"
)

// maxImport bounds an import.
const maxImport = 8 << 30

var errNoTransfer = fault.New(fault.Internal, "state", "this store cannot be exported")

// export sends the state of the config, one row a line, with the log where that is asked for.
func (q question) export(ctx context.Context) error {
	store, ok := q.Inspector.Store.(state.Transferrer)
	if !ok {
		return errNoTransfer
	}
	out := newStream(q.w)
	out.begin()
	err := store.Export(ctx, q.id(), q.r.URL.Query().Get("log") == "true", func(r state.Row) error { return out.send(Event{Row: &r}) })
	if err == nil {
		err = out.send(Event{Done: true})
	}
	return out.end(err)
}

// restore takes a state in. The config must be paused and have no state, so that no cycle runs on half of it.
func (q question) restore(ctx context.Context) error {
	store, ok := q.Inspector.Store.(state.Transferrer)
	if !ok {
		return errNoTransfer
	}
	if q.config.Spec.ProvisioningMode != api.ProvisioningModePaused {
		return fault.New(fault.Conflict, "import state", "state is imported while provisioning is paused; set spec.provisioningMode to Paused first")
	}
	lines := json.NewDecoder(io.LimitReader(q.r.Body, maxImport))
	lines.UseNumber()
	rows := 0
	err := store.Restore(ctx, q.id(), func() (state.Row, bool, error) {
		var e Event
		switch err := lines.Decode(&e); {
		case err != nil:
			return state.Row{}, false, fault.New(fault.Invalid, "import state", "the export is incomplete or damaged")
		case e.Done:
			return state.Row{}, false, nil
		case e.Row == nil:
			return state.Row{}, false, fault.New(fault.Invalid, "import state", "this is no export of the state of a configuration")
		}
		rows++
		return *e.Row, true, nil
	})
	if err != nil {
		return err
	}
	answer(q.w, map[string]int{"rows": rows})
	return nil
}
