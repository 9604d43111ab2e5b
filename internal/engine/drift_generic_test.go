package engine_test

import (
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/state"
)

func TestDriftOnAStrictServer(t *testing.T) {
	w := newStrictWorld(t, func(p *engine.Plan) { p.Drift = engine.DriftCorrected })
	w.hire("ada", "givenName", "Ada", "surname", "Lovelace", "jobTitle", "Head", "department", "Support", "businessPhones", []string{"+49 30 1234567"},
		"mobilePhone", "+49 170 1234567", "employeeId", "1007", "city", "London", "mailNickname", "ada.l")
	w.hire("bob")
	w.manager("bob", "ada")
	w.sourceGroup("Sales", "ada", "bob")
	w.cycle()

	// What a server of another make does with values is no drift.
	if r := w.look(); r.Drifted != 0 || len(w.sent()) != 0 {
		t.Errorf("nobody touched anything: found %d, sent %v, log %v", r.Drifted, w.sent(), w.drifts())
	}

	ada, bob := directory.TargetID(w.person("ada").ID), directory.TargetID(w.person("bob").ID)
	replace := func(id directory.TargetID, path string, value any) {
		must(t, w.plan.Target.Update(t.Context(), directory.User, id, []directory.Operation{{Kind: directory.Replace, Path: path, Value: value}}))
	}
	replace(ada, "title", "Queen")
	replace(ada, `phoneNumbers[type eq "mobile"].value`, "+49 999")
	replace(bob, managerPath, bob)
	must(t, w.plan.Target.UpdateMembers(t.Context(), directory.TargetID(w.srv.Groups()[0].ID), nil, []directory.TargetID{bob}))
	r := w.look()
	equal(t, "found", int64(3), r.Drifted)
	equal(t, "sent", map[string]int{"PATCH users": 2, "PATCH groups": 1}, count(w.sent()))
	equal(t, "Ada", []any{"Head", []any{
		map[string]any{"type": "work", "value": "+49 30 1234567"}, map[string]any{"type": "mobile", "value": "+49 170 1234567"},
	}}, []any{value(w.person("ada"), "title"), value(w.person("ada"), "phoneNumbers")})
	equal(t, "Bob's manager", any(string(ada)), value(w.person("bob"), profile.EnterpriseUser, "manager", "value"))
	equal(t, "groups", []string{"Sales: ada bob"}, w.groups())
	if r := w.look(); r.Drifted != 0 || len(w.sent()) != 0 {
		t.Errorf("after the correction: found %d, sent %v", r.Drifted, w.sent())
	}
}

// look runs a cycle a day later and returns its report.
func (w *strictWorld) look() state.Report {
	w.t.Helper()
	w.seen = len(w.srv.Journal())
	return w.world.look()
}
