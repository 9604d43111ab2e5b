package fault

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/test/model/world"
)

// at makes a class of what happens when call n arrives, before it is handled.
func at(gate func(*stage) *world.Gate, number int, name string, happens func(*stage)) class {
	return class{number: number, name: name, inject: func(st *stage, n int) {
		gate(st).Before = func(call int) {
			if call == n {
				happens(st)
			}
		}
	}}
}

// own are the classes of what happens to the operator itself while a cycle runs, at every call of either side.
func own(gate func(*stage) *world.Gate) []class {
	return []class{
		// What the runner does when the plan of a running cycle is not that of the resources any more: it stops at an object border.
		at(gate, 20, "mapping or filter changed", func(st *stage) {
			close(st.stop)
			st.next = &world.Variant{Filter: true}
		}),
		// A mapping that is deleted leaves the last good plan in force.
		at(gate, 20, "mapping deleted, then created again", func(st *stage) { close(st.stop) }),
		at(gate, 20, "Secret deleted", func(st *stage) { st.SecretGone.Store(true) }),
		at(gate, 19, "leadership lost", func(st *stage) { st.cancel() }),
		at(gate, 19, "a second leader runs a cycle meanwhile", func(st *stage) { st.second = st.otherLeader() }),
	}
}

// otherLeader is another process that believes to be the leader: it runs a whole cycle over the same store.
func (st *stage) otherLeader() error {
	other := &engine.Engine{Store: st.Store, Clock: st.Clock, Log: slog.New(slog.DiscardHandler), Workers: 1}
	_, err := other.Run(context.Background(), st.Plan, engine.Request{})
	return err
}

// lagging are classes of a search that is behind the writes (21): from call n on it finds nobody for the rest of the cycle, and
// what a create answered is lost as well.
func lagging() []class {
	search := func(r *http.Request) bool {
		return r.Method == http.MethodGet && (strings.HasSuffix(r.URL.Path, "/Users") || strings.HasSuffix(r.URL.Path, "/Groups"))
	}
	nobody := world.Fault{Effect: world.StatusBefore, Status: http.StatusOK, Times: -1, Match: search,
		Body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`}
	behind := func(st *stage, n int) {
		st.Target.Before = func(call int) {
			if call == n {
				st.Target.Break(nobody)
			}
		}
	}
	lost := func(e world.Effect) func(*stage, int) {
		return func(st *stage, n int) {
			st.Target.Break(world.Fault{Effect: e, From: n})
			behind(st, n)
		}
	}
	return []class{
		{number: 21, name: "the search finds nobody from here on", inject: behind},
		{number: 21, name: "created, the answer lost, and not found", method: http.MethodPost, inject: lost(world.CutAfter)},
		{number: 21, name: "created, no id in the answer, and not found", method: http.MethodPost, inject: lost(world.NoID)},
	}
}
