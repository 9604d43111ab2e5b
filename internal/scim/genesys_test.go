package scim_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
)

// organisation is a Genesys Cloud organisation and a client of it, on one clock that jumps.
type organisation struct {
	sim    *genesyssim.Server
	client *scim.Client
	clock  jumpClock
}

func newOrganisation(t *testing.T, knobs ...func(*genesyssim.Knobs)) *organisation {
	t.Helper()
	clock := newJumpClock()
	sim := genesyssim.New(genesyssim.Config{
		Clock: clock, Seed: 1, Tokens: []genesyssim.TokenSpec{{Value: "token-1"}},
		Organisation: &genesyssim.Organisation{
			Divisions: []string{"Sales"}, Roles: []genesyssim.Role{{Name: "Supervisor"}},
			Groups: []genesyssim.GroupSpec{{Name: "Sales"}},
		},
	})
	for _, f := range knobs {
		sim.SetKnobs(f)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	app := &application{Server: server, clock: clock}
	return &organisation{sim, app.client(t, profile.GenesysCloud, baseURL(server.URL+"/api/v2/scim/v2")), clock}
}

func person(name string) directory.Document {
	return directory.Document{
		"userName": name, "displayName": "Person " + name, "active": true, "title": "Agent",
		"emails":               []any{map[string]any{"type": "work", "value": "work." + name}},
		"phoneNumbers":         []any{map[string]any{"type": "mobile", "value": "+4930123456"}},
		profile.EnterpriseUser: map[string]any{"department": "Sales", "employeeNumber": "1007"},
	}
}

func (o *organisation) create(t *testing.T, doc directory.Document) directory.TargetID {
	t.Helper()
	r, err := o.client.Create(context.Background(), directory.User, doc)
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func TestAWorkingLifeInGenesysCloud(t *testing.T) {
	o, ctx := newOrganisation(t), context.Background()
	if err := o.client.Check(ctx, "userName"); err != nil {
		t.Fatal(err)
	}
	boss := o.create(t, person("boss@contoso.com"))
	doc := person("ada@contoso.com")
	doc[profile.EnterpriseUser].(map[string]any)["manager"] = boss
	doc["roles"] = []any{map[string]any{"value": "Supervisor", "type": "WindowsAzureActiveDirectoryRole", "primary": false}}
	ada := o.create(t, doc)
	if u, _ := o.sim.User(string(ada)); u.ManagerID != string(boss) || u.WorkEmail != "work.ada@contoso.com" || !slices.Contains(u.Roles, "Supervisor") {
		t.Errorf("created: %+v", u)
	}

	change := func(ops ...directory.Operation) {
		t.Helper()
		if err := o.client.Update(ctx, directory.User, ada, ops); err != nil {
			t.Fatal(err)
		}
	}
	change(
		directory.Operation{Kind: directory.Replace, Path: "displayName", Value: "Ada Lovelace"},
		directory.Operation{Kind: directory.Add, Path: `phoneNumbers[type eq "work"].value`, Value: "tel:+4930123456;ext=12"},
		directory.Operation{Kind: directory.Replace, Path: profile.EnterpriseUser + ":division", Value: "Sales"},
		directory.Operation{Kind: directory.Add, Path: profile.GenesysUser + `:externalIds[authority eq "zoomphone"].value`, Value: "Z-7"},
	)
	change(directory.Operation{Kind: directory.Replace, Path: "active", Value: false})
	if u, _ := o.sim.User(string(ada)); u.State != genesyssim.Inactive || u.DisplayName != "Ada Lovelace" || u.Division != "Sales" {
		t.Errorf("disabled: %+v", u)
	}
	for path, value := range map[string]string{
		"userName": "ADA@contoso.com", profile.GenesysUser + `:externalIds[authority eq "zoomphone"].value`: "Z-7",
	} {
		found, err := o.client.Find(ctx, directory.User, path, value)
		if diff := cmp.Diff([]directory.TargetID{ada}, ids(found)); err != nil || diff != "" {
			t.Errorf("find by %s: %v (-want +got):\n%s", path, err, diff)
		}
	}
	change(
		directory.Operation{Kind: directory.Replace, Path: "active", Value: true},
		directory.Operation{Kind: directory.Remove, Path: profile.EnterpriseUser + ":manager"},
		directory.Operation{Kind: directory.Remove, Path: `phoneNumbers[type eq "work"]`},
	)
	if u, _ := o.sim.User(string(ada)); u.State != genesyssim.Active || u.ManagerID != "" || len(u.Phones) != 1 {
		t.Errorf("back: %+v", u)
	}
	for range 2 { // the second time there is nobody to delete
		if err := o.client.Delete(ctx, directory.User, ada); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.client.Get(ctx, directory.User, ada); !fault.Is(err, fault.NotFound) {
		t.Errorf("after deletion: %v", err)
	}
}

func TestAGroupOfGenesysCloud(t *testing.T) {
	o, ctx := newOrganisation(t), context.Background()
	found, err := o.client.Find(ctx, directory.Group, "displayName", "Sales")
	if err != nil || len(found) != 1 {
		t.Fatalf("found %v, %v", ids(found), err)
	}
	sales := found[0].ID
	var people []directory.TargetID
	for i := range 50 {
		people = append(people, o.create(t, person(fmt.Sprintf("p%d@contoso.com", i))))
	}
	if err := o.client.Update(ctx, directory.Group, sales, []directory.Operation{{Kind: directory.Add, Path: "externalId", Value: "8aa1"}}); err != nil {
		t.Fatal(err)
	}
	if err := o.client.UpdateMembers(ctx, sales, people, nil); err != nil {
		t.Fatal(err)
	}
	if err := o.client.UpdateMembers(ctx, sales, people[:1], people[1:3]); err != nil {
		t.Fatal(err)
	}
	got, err := o.client.Members(ctx, sales)
	if err != nil || len(got) != 48 || slices.Contains(got, people[1]) {
		t.Errorf("%d members, %v", len(got), err)
	}
	if g, _ := o.sim.Group(string(sales)); g.ExternalID != "8aa1" {
		t.Errorf("group = %+v", g)
	}
	if n, err := o.client.Count(ctx, directory.Group); n != 1 || err != nil {
		t.Errorf("count = %d, %v", n, err)
	}
	if err := o.client.UpdateMembers(ctx, sales, []directory.TargetID{"00000000-0000-0000-0000-00000000dead"}, nil); !fault.Is(err, fault.Invalid) || fault.CodeOf(err) != "UnableToResolveReferenceAttributeValue" {
		t.Errorf("an unknown member: %v", err)
	}
}

func TestGenesysRefusals(t *testing.T) {
	for name, tc := range map[string]struct {
		do       attempt
		wantKind fault.Kind
		wantCode string
	}{
		"the userName is in use": {func(ctx context.Context, c *scim.Client) error {
			_, err := c.Create(ctx, directory.User, person("boss@contoso.com"))
			return err
		}, fault.Conflict, "EntryConflict"},
		"a phone number that is none": {func(ctx context.Context, c *scim.Client) error {
			doc := person("eve@contoso.com")
			doc["phoneNumbers"] = []any{map[string]any{"type": "mobile", "value": "030 1234"}}
			_, err := c.Create(ctx, directory.User, doc)
			return err
		}, fault.Invalid, "invalidValue"},
		"nobody has the id": {func(ctx context.Context, c *scim.Client) error {
			_, err := c.Get(ctx, directory.User, "6f0c1f6e-1111-4222-8333-444455556666")
			return err
		}, fault.NotFound, "InvalidAnchor"},
		"an attribute that it cannot search by": {func(ctx context.Context, c *scim.Client) error {
			_, err := c.Find(ctx, directory.User, "title", "Agent")
			return err
		}, fault.Invalid, "SystemForCrossDomainIdentityManagementServiceIncompatibleFiltering"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrganisation(t)
			o.create(t, person("boss@contoso.com"))
			err := tc.do(context.Background(), o.client)
			if fault.KindOf(err) != tc.wantKind || fault.CodeOf(err) != tc.wantCode {
				t.Errorf("got %v %s (%v), want %v %s", fault.KindOf(err), fault.CodeOf(err), err, tc.wantKind, tc.wantCode)
			}
		})
	}
}

// Failures of section 17 that a request has to survive.
func TestGenesysFaultsThatARequestSurvives(t *testing.T) {
	for name, f := range map[string]genesyssim.Fault{
		"no id":               {Method: "POST", Effect: genesyssim.EffectNoID},
		"200 for 201":         {Method: "POST", Effect: genesyssim.EffectOK},
		"204 for 201":         {Method: "POST", Effect: genesyssim.EffectNoContent},
		"an empty body":       {Method: "POST", Effect: genesyssim.EffectEmptyBody},
		"a page for an entry": {Method: "POST", Effect: genesyssim.EffectNotJSON},
		"broken gzip":         {Method: "POST", Effect: genesyssim.EffectBrokenGzip},
		"half a body":         {Method: "POST", Effect: genesyssim.EffectCutBody},
		"a body too large":    {Method: "POST", Effect: genesyssim.EffectOversize, Bytes: 20 << 20},
		"throttled":           {Method: "POST", Effect: genesyssim.EffectStatus, Status: 429, RetryAfter: "2.5"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrganisation(t)
			o.sim.SetFault(f)
			id := o.create(t, person("ada@contoso.com"))
			u, ok := o.sim.UserByName("ada@contoso.com")
			if !ok || u.ID != string(id) {
				t.Errorf("created %q, the organisation has %q", id, u.ID)
			}
			if n := o.sim.UserCount(genesyssim.Active); n != 1 {
				t.Errorf("%d people", n)
			}
		})
	}
}

func TestAnInactivePersonWhomTheSearchHides(t *testing.T) {
	for name, strict := range map[string]bool{"combined filters": false, "no combined filters": true} {
		t.Run(name, func(t *testing.T) {
			o, ctx := newOrganisation(t, func(k *genesyssim.Knobs) { k.LookupActiveOnly, k.StrictFilter = true, strict }), context.Background()
			doc := person("ada@contoso.com")
			doc["active"] = false
			ada := o.create(t, doc)
			if found, err := o.client.Find(ctx, directory.User, "userName", "ada@contoso.com"); err != nil || len(found) != 0 {
				t.Fatalf("hidden: %v, %v", ids(found), err)
			}
			if _, err := o.client.Create(ctx, directory.User, person("ada@contoso.com")); !fault.Is(err, fault.Conflict) {
				t.Fatalf("create: %v", err)
			}
			found, err := o.client.Find(ctx, directory.User, "userName", "ada@contoso.com")
			if diff := cmp.Diff([]directory.TargetID{ada}, ids(found)); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestEverybodyOfGenesysIsListed(t *testing.T) {
	o, ctx := newOrganisation(t, func(k *genesyssim.Knobs) { k.RateAllowed, k.GroupFilterRequired = 0, true }), context.Background()
	for i := range 230 {
		state := genesyssim.Active
		if i%3 == 0 {
			state = genesyssim.Inactive
		}
		o.sim.AddUser(genesyssim.User{UserName: fmt.Sprintf("p%d@contoso.com", i), DisplayName: "P", State: state})
	}
	for name, tc := range map[string]struct {
		attributes   []string
		wantRequests int
	}{
		"in pages of 100": {[]string{"userName", "active", `emails[type eq "work"].value`, profile.EnterpriseUser + ":manager"}, 3 + 2},
		"in pages of 25":  {[]string{"userName", "roles"}, 8 + 5},
		"whole":           {nil, 8 + 5},
	} {
		t.Run(name, func(t *testing.T) {
			o.sim.ResetJournal()
			people := map[directory.TargetID]bool{}
			err := o.client.List(ctx, directory.User, tc.attributes, func(page []directory.Resource) error {
				for _, r := range page {
					people[r.ID] = true
				}
				return nil
			})
			if err != nil || len(people) != 230 {
				t.Errorf("%d people, %v", len(people), err)
			}
			if c := o.sim.Counters(); c.Total != tc.wantRequests || c.ByStatus[200] != c.Total {
				t.Errorf("%d requests, %v; want %d", c.Total, c.ByStatus, tc.wantRequests)
			}
		})
	}
	if n, err := o.client.Count(ctx, directory.User); n != 230 || err != nil {
		t.Errorf("count = %d, %v", n, err)
	}
	if err := o.client.List(ctx, directory.Group, []string{"displayName"}, func(page []directory.Resource) error { return nil }); err != nil {
		t.Errorf("groups where a filter is mandatory: %v", err)
	}
}

// The goal of verification.md over HTTP: 0.97 of 300 requests a minute, no 429.
func TestAnInitialCycleUsesTheAllowanceOfGenesys(t *testing.T) {
	o := newOrganisation(t)
	began, people := o.clock.Now(), 1200
	for i := range people {
		o.create(t, person(fmt.Sprintf("p%d@contoso.com", i)))
	}
	allowed := o.clock.Since(began).Minutes() * 300
	if share := float64(people) / allowed; share < 0.97 {
		t.Errorf("%.4f of the allowance was used: %d people in %v", share, people, o.clock.Since(began).Round(time.Second))
	}
	if c := o.sim.Counters(); c.ByStatus[429] != 0 || c.Total != people {
		t.Errorf("%d requests, %d of them refused", c.Total, c.ByStatus[429])
	}
}
