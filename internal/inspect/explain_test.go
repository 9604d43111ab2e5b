package inspect

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scope"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/state"
)

// inSales lets the people of one department in.
var inSales = scope.Filter{Title: "sales", Clauses: []scope.Clause{{Attribute: "department", Operator: "EQUALS", Value: "Sales"}}}

// gist is an explanation in one line: in Entra, assigned, scope with clauses, account, what comes next and why.
func gist(e Explanation) string {
	parts := []string{string(e.Kind), e.Name}
	if !e.Read {
		return strings.Join(append(parts, "not read"), " ")
	}
	if e.Removal != directory.Present {
		parts = append(parts, string(e.Removal))
	}
	parts = append(parts, fmt.Sprintf("enabled=%t assigned=%t scope=%t", e.Enabled, e.Assigned, e.InScope))
	for _, c := range e.Filters {
		parts = append(parts, fmt.Sprintf("%s:%s %s %s=%t", c.Filter, c.Attribute, c.Operator, c.Value, c.Result))
	}
	parts = append(parts, fmt.Sprintf("link=%s next=%s %s", e.Link, e.Action, e.Reason))
	for _, d := range e.Differences {
		parts = append(parts, fmt.Sprintf("%s:%s->%s", d.Name, d.Old, d.New))
	}
	if e.Held {
		parts = append(parts, "held")
	}
	if e.Failure != nil {
		parts = append(parts, "failed "+e.Failure.Code)
	}
	return strings.Join(parts, " ")
}

func (o *office) explain(who string) Explanation {
	o.Helper()
	e, err := o.in.Explain(o.Context(), o.plan, who)
	o.must(err)
	return e
}

// TestEverybodyIsExplained: each way to be in or out, and what comes of it.
func TestEverybodyIsExplained(t *testing.T) {
	o := newOffice(t, inSales)
	o.hire("ada", "department", "Sales")
	o.hire("bob", "department", "Support")
	o.hire("cyd", "department", "Sales", "accountEnabled", false)
	o.add("dan", "department", "Sales")
	o.hire("eve", "department", "Sales")
	o.hire("fay", "department", "Sales")
	o.hire("gus", "department", "Sales")
	group, err := o.tenant.AddGroup(map[string]any{"displayName": "Sales team", "securityEnabled": true})
	o.must(err)
	o.people["team"] = group
	_, err = o.tenant.Assign(appID, group, "")
	o.must(err)
	o.cycle()
	o.must(o.tenant.UpdateUser(o.people["fay"], map[string]any{"department": "Support"}))
	o.must(o.tenant.SoftDelete(o.people["eve"]))
	// Two removals exceed the threshold of one.
	o.cycle()
	sales := "sales:department EQUALS Sales"
	for name, tc := range map[string]struct{ who, want string }{
		"in scope and in sync":   {"ada", "User ada@contoso.com enabled=true assigned=true scope=true " + sales + "=true link=Active next= RedundantExport"},
		"kept out by a clause":   {"bob", "User bob@contoso.com enabled=true assigned=true scope=false " + sales + "=false link= next= NotInScope"},
		"blocked and never in":   {"cyd", "User cyd@contoso.com enabled=false assigned=true scope=false " + sales + "=true link= next= NotEffectivelyEntitled"},
		"not assigned":           {"dan", "User dan@contoso.com enabled=true assigned=false scope=false " + sales + "=true link= next= NotEffectivelyEntitled"},
		"in the recycle bin":     {"eve", "User eve@contoso.com SoftDeleted enabled=true assigned=false scope=false " + sales + "=true link=Active next=Disable SoftDeleted active:True->False held"},
		"left by a clause":       {"fay", "User fay@contoso.com enabled=true assigned=true scope=false " + sales + "=false link=Active next=Disable NotInScope active:True->False held"},
		"a group that is absent": {"team", "Group Sales team enabled=true assigned=true scope=true link= next=Provision EntersScope externalId:->" + group + " failed MethodNotAllowed"},
	} {
		t.Run(name, func(t *testing.T) {
			e := o.explain(strings.ToUpper(o.people[tc.who]))
			o.equal("explanation", tc.want, gist(e))
		})
	}
	if got := gist(o.explain("11111111-2222-3333-4444-555555555555")); got != "User  not read" {
		t.Errorf("an id that no cycle has read is explained as %q", got)
	}
}

func TestAnExplanationNamesWhatIsMissing(t *testing.T) {
	o := newOffice(t)
	o.hire("ada")
	o.add("boss")
	o.must(o.tenant.SetManager(o.people["ada"], o.people["boss"]))
	o.cycle()
	o.must(o.tenant.UpdateUser(o.people["ada"], map[string]any{"displayName": "Ada Lovelace"}))
	o.genesys.SetFault(genesyssim.Fault{Method: "PATCH", Path: "/users/{id}", Times: -1, Effect: genesyssim.EffectStatus, Status: 400, Detail: "no"})
	o.cycle()
	e := o.explain(o.people["ada"])
	if len(e.WaitsFor) != 1 || o.nameOf(e.WaitsFor[0].For) != "boss" || !strings.HasSuffix(e.WaitsFor[0].Path, "manager") {
		t.Errorf("she waits for %+v, want her manager", e.WaitsFor)
	}
	if e.Failure == nil || e.Failure.Attempts != 1 || e.Failure.Next.Before(o.clock.Now()) {
		t.Errorf("failure = %+v, want one with a next attempt", e.Failure)
	}
	if len(e.Differences) != 1 || e.Differences[0].New != "Ada Lovelace" || e.Action != state.Update {
		t.Errorf("next is %s with %+v, want the new name", e.Action, e.Differences)
	}
	if len(e.Log) != 2 || e.Log[0].Status != "failure" || e.Log[1].Action != "create" {
		t.Errorf("log = %+v, want the failure and then the create", e.Log)
	}
}

// TestAPersonIsFoundByName: the name that somebody has now goes before the one that somebody else had.
func TestAPersonIsFoundByName(t *testing.T) {
	o := newOffice(t)
	o.hire("ada")
	o.hire("gone")
	o.cycle()
	o.must(o.tenant.UpdateUser(o.people["ada"], map[string]any{"userPrincipalName": "countess@contoso.com"}))
	o.must(o.tenant.SoftDelete(o.people["gone"]))
	o.cycle()
	for name, tc := range map[string]struct{ who, want string }{
		"by the new name":               {"Countess@contoso.com", "ada"},
		"by the name that she had":      {"ada@contoso.com", "ada"},
		"somebody in the recycle bin":   {"gone@contoso.com", "gone"},
		"by object id in capitals":      {strings.ToUpper(o.people["ada"]), "ada"},
		"one whose name was given anew": {"new@contoso.com", "new"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.want == "new" {
				o.must(o.tenant.UpdateUser(o.people["ada"], map[string]any{"userPrincipalName": "new@contoso.com"}))
				o.cycle()
				o.must(o.tenant.UpdateUser(o.people["ada"], map[string]any{"userPrincipalName": "old@contoso.com"}))
				o.add("new")
				defer o.must(o.tenant.UpdateUser(o.people["ada"], map[string]any{"userPrincipalName": "countess@contoso.com"}))
			}
			if got := o.nameOf(o.explain(tc.who).ID); got != tc.want {
				t.Errorf("found %s, want %s", got, tc.want)
			}
		})
	}
	_, err := o.in.Explain(t.Context(), o.plan, "nobody@contoso.com")
	if !fault.Is(err, fault.NotFound) || strings.Contains(err.Error(), "nobody") {
		t.Errorf("nobody is explained as %v", err)
	}
}

// TestAFailingTenantIsNotAnUnknownPerson: who asks must not believe that somebody does not exist.
func TestAFailingTenantIsNotAnUnknownPerson(t *testing.T) {
	o := newOffice(t)
	broken := *o.plan
	broken.Source = refusing{o.plan.Source}
	_, err := o.in.Explain(t.Context(), &broken, "ada@contoso.com")
	if !fault.Is(err, fault.Forbidden) {
		t.Errorf("error = %v, want the refusal", err)
	}
}

// refusing is a source that answers no question about a name.
type refusing struct{ engine.Source }

// FindUser implements byName.
func (refusing) FindUser(context.Context, string, []string) (directory.Change, error) {
	return directory.Change{}, fault.New(fault.Forbidden, "find user", "the permission User.Read.All is missing")
}
