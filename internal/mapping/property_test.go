package mapping_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/mapping"
)

// modelTarget is a target as simple as can be: a document that takes operations by the letter of RFC 7644 section 3.5.2.
type modelTarget struct{ doc map[string]any }

func (m *modelTarget) patch(t *rapid.T, list []directory.Operation) {
	for _, o := range list {
		p, err := mapping.ParsePath(o.Path)
		if err != nil {
			t.Fatalf("operation on %s: %v", o.Path, err)
		}
		at := m.doc
		if p.URN != "" {
			at = inner(at, p.URN)
		}
		switch {
		case len(p.Conditions) > 0:
			m.element(t, at, p, o)
		case p.Sub != "":
			assign(inner(at, p.Attribute), p.Sub, o)
		default:
			assign(at, p.Attribute, o)
		}
	}
}

func (m *modelTarget) element(t *rapid.T, at map[string]any, p mapping.Path, o directory.Operation) {
	list, _ := at[p.Attribute].([]any)
	want := p.Conditions[0]
	i := slices.IndexFunc(list, func(e any) bool { return e.(map[string]any)[want.Attribute] == want.Value })
	if i < 0 {
		if o.Kind != directory.Add {
			t.Fatalf("%s of %s: the target has no such element", o.Kind, o.Path)
		}
		list = append(list, map[string]any{want.Attribute: want.Value})
		i = len(list) - 1
	}
	if p.Sub == "" {
		list = slices.Delete(list, i, i+1)
	} else {
		assign(list[i].(map[string]any), p.Sub, o)
	}
	at[p.Attribute] = list
}

func assign(at map[string]any, name string, o directory.Operation) {
	if o.Kind == directory.Remove {
		delete(at, name)
		return
	}
	old, isList := at[name].([]any)
	if more, ok := o.Value.([]any); ok && isList && o.Kind == directory.Add {
		at[name] = append(old, more...)
		return
	}
	at[name] = o.Value
}

func inner(m map[string]any, name string) map[string]any {
	if _, ok := m[name].(map[string]any); !ok {
		m[name] = map[string]any{}
	}
	return m[name].(map[string]any)
}

// roundTrip is what a store or a wire does to values.
func roundTrip[T any](t *rapid.T, v T) T {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// pool holds rows of every shape; each reads an attribute of its own.
var pool = []mapping.Row{
	{Target: "title", Source: "jobTitle"},
	{Target: "displayName", Expression: `Coalesce([displayName], "")`},
	{Target: "externalId", Source: "employeeId"},
	{Target: "name.givenName", Source: "givenName"},
	{Target: "name.familyName", Expression: "IgnoreFlowIfNullOrEmpty([surname])"},
	{Target: `emails[type eq "work"].value`, Source: "mail"},
	{Target: `phoneNumbers[type eq "work"].value`, Source: "telephoneNumber"},
	{Target: `phoneNumbers[type eq "mobile"].value`, Source: "mobile"},
	{Target: `phoneNumbers[type eq "mobile"].display`, Source: "department"},
	{Target: enterprise + "department", Source: "city"},
	{Target: "urn:test:2.0:User:level", Source: "postalCode"},
	{Target: "urn:test:2.0:User:share", Source: "state"},
	{Target: "urn:test:2.0:User:hired", Source: "employeeHireDate"},
	{Target: "urn:test:2.0:User:tags", Source: "otherMails"},
	{Target: "urn:test:2.0:User:skills", Source: "proxyAddresses"},
	{Target: "roles", Expression: assertive},
}

// texts of all kinds that sources hold; most do not fit most targets, which is the point.
var values = []string{
	"", "a", "A", "b", "Straße", "1", "2", "1.5", "True", "030 1", "+49 30 1", "+49301", "2026-01-31T09:00:00Z", "2026-01-31T10:00:00+01:00",
	`{"name":"x","proficiency":1}`, `{"name":"y"}`, `{"value":"a"}`,
}

func drawRows(t *rapid.T) []mapping.Row {
	rows := base()
	for _, r := range pool {
		if !rapid.Bool().Draw(t, "row "+r.Target) {
			continue
		}
		if r.Target == "roles" && rapid.Bool().Draw(t, "add only") {
			r.Expression = complexly
		}
		r.OnCreateOnly = rapid.IntRange(0, 5).Draw(t, "on create only") == 0
		if rapid.IntRange(0, 3).Draw(t, "exact") == 0 {
			r.CaseExact = ptr(rapid.Bool().Draw(t, "case exact"))
		}
		if r.Target == "title" && rapid.Bool().Draw(t, "default") {
			r.DefaultValue = ptr("Staff")
		}
		rows = append(rows, r)
	}
	return rows
}

func drawPerson(t *rapid.T) directory.Attributes {
	a := directory.Attributes{"userPrincipalName": {"ada@contoso.com"}, "IsSoftDeleted": {rapid.SampledFrom([]string{"True", "False"}).Draw(t, "left")}}
	for _, name := range []string{"jobTitle", "displayName", "employeeId", "givenName", "surname", "mail", "telephoneNumber", "mobile", "department", "city", "postalCode", "state", "employeeHireDate"} {
		if rapid.Bool().Draw(t, "has "+name) {
			a[name] = []string{rapid.SampledFrom(values).Draw(t, name)}
		}
	}
	for _, name := range []string{"otherMails", "proxyAddresses"} {
		a[name] = rapid.SliceOfN(rapid.SampledFrom(values), 0, 3).Draw(t, name)
	}
	for _, r := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"admin", "agent", "Guest"}), 0, 3, rapid.ID[string]).Draw(t, "roles") {
		a["appRoleAssignments"] = append(a["appRoleAssignments"], role("id-"+r, r, strings.ToUpper(r)))
	}
	return a
}

// TestDifferencesComeToRest lets a person live through random changes. After each the operations are applied to a model of
// the target, and then neither what was stored nor what the target really has may differ any more from what is wanted.
func TestDifferencesComeToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t)
		opts := mapping.Options{ClearNullValues: rapid.Bool().Draw(t, "clear")}
		m, problems := mapping.Compile(users(rows...), schema(), opts)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		wanted := func() mapping.Desired {
			d, err := m.Apply(drawPerson(t), env)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := wanted()
		target := modelTarget{roundTrip(t, map[string]any(m.Document(d)))}
		applied := roundTrip(t, m.Sent(d))
		rests(t, m, d, applied, target, "create")
		for range rapid.IntRange(1, 4).Draw(t, "changes") {
			d = wanted()
			operations, modified, next := m.Diff(d, applied)
			if len(operations) > len(modified) || len(operations) == 0 && len(modified) > 0 {
				t.Fatalf("%d operations and %d modified attributes", len(operations), len(modified))
			}
			target.patch(t, operations)
			target.doc = roundTrip(t, target.doc)
			applied = roundTrip(t, next)
			rests(t, m, d, applied, target, "update")
		}
	})
}

func rests(t *rapid.T, m *mapping.Mapping, d mapping.Desired, applied directory.Values, target modelTarget, after string) {
	t.Helper()
	if again, _, next := m.Diff(d, applied); len(again) > 0 {
		t.Fatalf("after the %s the same again sends %v (applied %v)", after, again, applied)
	} else if same, _, _ := m.Diff(d, next); len(same) > 0 {
		t.Fatalf("after the %s a third comparison sends %v", after, same)
	}
	current := m.Current(target.doc)
	if again, _, _ := m.Diff(d, current); len(again) > 0 {
		t.Fatalf("after the %s the target differs: %v (has %v)", after, again, target.doc)
	}
	if again, _, _ := m.Diff(d, m.Reread(applied, current)); len(again) > 0 {
		t.Fatalf("after the %s the target, read again, differs: %v (has %v, applied %v)", after, again, target.doc, applied)
	}
}

// TestAdoptionComesToRest begins with a resource that is already there, in whatever state.
func TestAdoptionComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, problems := mapping.Compile(users(drawRows(t)...), schema(), mapping.Options{ClearNullValues: rapid.Bool().Draw(t, "clear")})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		other, err := m.Apply(drawPerson(t), env)
		if err != nil {
			t.Fatal(err)
		}
		target := modelTarget{roundTrip(t, map[string]any(m.Document(other)))}
		d, err := m.Apply(drawPerson(t), env)
		if err != nil {
			t.Fatal(err)
		}
		operations, _, applied := m.Diff(d, m.Current(target.doc))
		for _, o := range operations {
			if list, ok := o.Value.([]any); o.Kind == directory.Remove || ok && len(list) == 0 {
				t.Fatalf("adopting removes what may be somebody else's: %v", o)
			}
		}
		target.patch(t, operations)
		target.doc = roundTrip(t, target.doc)
		if again, _, _ := m.Diff(d, roundTrip(t, applied)); len(again) > 0 {
			t.Fatalf("the same again sends %v", again)
		}
		if again, _, _ := m.Diff(d, m.Current(target.doc)); len(again) > 0 {
			t.Fatalf("the target differs: %v (has %v)", again, target.doc)
		}
	})
}
