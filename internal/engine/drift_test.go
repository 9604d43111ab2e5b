package engine_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/state"
)

// driftWorld has three people in a group, one of them in the recycle bin, under an extension that looks for drift.
func driftWorld(t *testing.T, d engine.Drift) *world {
	t.Helper()
	w := newWorld(t, func(p *engine.Plan) { p.Drift = d })
	w.hire("boss", "jobTitle", "Head", "department", "Sales", "mobilePhone", "+49 170 1234567", "businessPhones", []string{"030 1234567"}, "employeeId", "1007")
	w.hire("ada", "jobTitle", "Agent", "mail", "Ada.L@contoso.com")
	w.hire("bob")
	w.hire("leaver")
	w.manager("ada", "boss")
	w.group("Sales", "ada", "bob")
	w.cycle()
	must(t, w.tenant.SoftDelete(w.people["leaver"]))
	w.cycle()
	equal(t, "at the beginning", []string{"ada active", "bob active", "boss active", "leaver inactive"}, w.states())
	return w
}

func (w *world) byHand(name string, values map[string]any) {
	w.t.Helper()
	must(w.t, w.genesys.EditUser(w.account(name).ID, values))
}

func (w *world) groupByHand(group string, add, remove []string) {
	w.t.Helper()
	g, _ := w.genesys.GroupByName(group)
	ids := func(names []string) (out []string) {
		for _, n := range names {
			out = append(out, w.account(n).ID)
		}
		return out
	}
	w.genesys.EditGroup(g.ID, ids(add), ids(remove))
}

// look runs a cycle a day later and returns its report.
func (w *world) look() state.Report {
	w.t.Helper()
	w.clock.Advance(24 * time.Hour)
	return *w.cycle().Last
}

// drifts lists what the log says of drift, as "name code property property".
func (w *world) drifts() []string {
	w.t.Helper()
	entries, err := w.store.Log(w.t.Context(), w.plan.ID, state.LogQuery{Limit: 1000})
	must(w.t, err)
	var out []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Code, "Drift") {
			continue
		}
		line := e.Code
		for name, id := range w.people {
			if id == string(e.Source) {
				line = name + " " + e.Code
			}
		}
		for _, p := range e.Properties {
			line += " " + p.Name
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func TestDriftIsFoundAndCorrected(t *testing.T) {
	for name, tc := range map[string]struct {
		hand func(w *world)
		// wantDetected is what the log says in mode Detect, wantSent what is sent in mode Correct.
		wantDetected, wantSent []string
		// check looks at the target after the correction.
		check func(w *world) bool
	}{
		"nobody touched anything": {func(*world) {}, nil, nil, func(*world) bool { return true }},
		"a title was changed": {
			func(w *world) { w.byHand("ada", map[string]any{"title": "Queen"}) },
			[]string{"ada DriftDetected title"}, []string{"PATCH users"}, func(w *world) bool { return w.account("ada").Title == "Agent" },
		},
		"an active person was disabled": {
			func(w *world) { w.byHand("ada", map[string]any{"active": false}) },
			[]string{"ada DriftDetected active"}, []string{"PATCH users"}, func(w *world) bool { return w.account("ada").State == genesyssim.Active },
		},
		"a person in the recycle bin was enabled": {
			func(w *world) { w.byHand("leaver", map[string]any{"active": true}) },
			[]string{"leaver DriftDetected active"}, []string{"PATCH users"}, func(w *world) bool { return w.account("leaver").State == genesyssim.Inactive },
		},
		"what was never sent is somebody else's": {
			func(w *world) { w.byHand("bob", map[string]any{"title": "Hero"}) }, nil, nil, func(w *world) bool { return w.account("bob").Title == "Hero" },
		},
		"a manager was taken away": {
			func(w *world) { w.byHand("ada", map[string]any{"manager": nil}) },
			[]string{"ada DriftDetected " + managerPath}, []string{"PATCH users"}, func(w *world) bool { return w.account("ada").ManagerID == w.account("boss").ID },
		},
		"a managed person was put into a group": {
			func(w *world) { w.groupByHand("Sales", []string{"boss"}, nil) },
			[]string{"Sales DriftDetected members"}, []string{"PATCH groups"}, func(w *world) bool { return slices.Equal(w.members("Sales"), []string{"ada", "bob"}) },
		},
		"a member was taken out": {
			func(w *world) { w.groupByHand("Sales", nil, []string{"ada"}) },
			[]string{"Sales DriftDetected members"}, []string{"PATCH groups"}, func(w *world) bool { return slices.Equal(w.members("Sales"), []string{"ada", "bob"}) },
		},
		"an unknown person was put into a group": {
			func(w *world) {
				w.genesys.AddUser(genesyssim.User{UserName: "stranger@contoso.com", DisplayName: "Stranger", State: genesyssim.Active})
				w.groupByHand("Sales", []string{"stranger"}, nil)
			},
			[]string{"Sales DriftDetected members"}, []string{"PATCH groups"}, func(w *world) bool { return slices.Equal(w.members("Sales"), []string{"ada", "bob"}) },
		},
		"everybody in the group was exchanged": {
			func(w *world) { w.groupByHand("Sales", []string{"boss", "leaver"}, []string{"ada", "bob"}) },
			[]string{"Sales DriftDetected" + strings.Repeat(" members", 4)}, []string{"PATCH groups"}, func(w *world) bool { return slices.Equal(w.members("Sales"), []string{"ada", "bob"}) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := driftWorld(t, engine.DriftDetected)
			tc.hand(w)
			before := w.states()
			r := w.look()
			equal(t, "sent while only looking", []string(nil), w.sent())
			equal(t, "log of Detect", tc.wantDetected, w.drifts())
			equal(t, "report", []int64{int64(len(tc.wantDetected)), 0}, []int64{r.Drifted, r.Failed})
			equal(t, "target", before, w.states())

			w = driftWorld(t, engine.DriftCorrected)
			tc.hand(w)
			r = w.look()
			equal(t, "sent", tc.wantSent, w.sent())
			if !tc.check(w) {
				t.Errorf("the target was not put right: %v, Sales: %v", w.states(), w.members("Sales"))
			}
			equal(t, "report", []int64{int64(len(tc.wantDetected)), 0}, []int64{r.Drifted, r.Failed})
			r = w.look()
			equal(t, "the next look finds", []any{int64(0), []string(nil)}, []any{r.Drifted, w.sent()})
		})
	}
}

func TestWhoWasDeletedInTheTargetComesBack(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	for _, n := range []string{"ada", "leaver"} {
		must(t, w.genesys.EditUser(w.account(n).ID, map[string]any{"state": "deleted"}))
	}
	if r := w.look(); r.Drifted != 2 || r.Failed != 0 {
		t.Errorf("report = %+v", r)
	}
	equal(t, "log", []string{"ada DriftCorrected", "leaver DriftCorrected"}, w.drifts())
	w.cycle()
	if got := w.account("ada").State; got != genesyssim.Active {
		t.Errorf("Ada is %s", got)
	}
	if u, ok := w.genesys.UserByName("leaver@contoso.com"); ok && u.State == genesyssim.Active {
		t.Errorf("the leaver came back: %s", u.State)
	}
	equal(t, "members", []string{"ada", "bob"}, w.members("Sales"))
	w.cycle()
	equal(t, "nothing is left to send", []string(nil), w.sent())
}

func TestLookingForDriftIsRareAndCheap(t *testing.T) {
	w := driftWorld(t, engine.DriftCorrected)
	lists := func() (n int) {
		for _, r := range w.genesys.Journal() {
			if r.Method == http.MethodGet && strings.Contains(r.Query, "startIndex") {
				n++
			}
		}
		return n
	}
	w.byHand("ada", map[string]any{"title": "Queen"})
	w.cycle()
	equal(t, "an hour later: lists, found", []int{0, 0}, []int{lists(), len(w.drifts())})
	w.look()
	equal(t, "a day later: found", 1, len(w.drifts()))
	asked := 0
	for _, r := range w.genesys.Journal() {
		if r.Method == http.MethodGet {
			asked++
		}
	}
	// The test of the connection; a page and the empty one behind it of active people, inactive people and groups; the person who
	// was changed; the members of the group.
	equal(t, "requests", 9, asked)
	w.cycle()
	equal(t, "an hour after that: lists", 0, lists())
}
