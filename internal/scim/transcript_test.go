package scim_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// What goes over the wire, byte for byte, for one person and one group from arrival to leave. Read the golden files beside
// reference part 2 section 7 and genesys-scim.md section 16.2.
func TestTranscripts(t *testing.T) {
	for name, tc := range map[string]struct {
		profile string
		opts    profile.Options
		query   string
	}{
		"genesys":    {profile: profile.GenesysCloud},
		"generic":    {profile: profile.Generic},
		"entra":      {profile: profile.EntraCompatible},
		"entra-flag": {profile: profile.EntraCompatible, opts: profile.Options{AADOptSCIM062020: true}, query: "?aadOptscim062020"},
	} {
		t.Run(name, func(t *testing.T) {
			app := serve(t, empty)
			p, err := profile.Lookup(tc.profile, tc.opts)
			if err != nil {
				t.Fatal(err)
			}
			c := app.client(t, tc.profile, func(cfg *scim.Config) { cfg.Profile, cfg.BaseURL = p, app.URL+"/scim"+tc.query })
			var out strings.Builder
			shown := 0
			for _, step := range steps() {
				fmt.Fprintf(&out, "# %s\n", step.name)
				if err := step.do(c); err != nil {
					fmt.Fprintf(&out, "! %s: %s\n", fault.KindOf(err), fault.MessageOf(err))
				}
				for _, r := range app.seen()[shown:] {
					shown++
					fmt.Fprintf(&out, "> %s %s", r.method, r.path)
					if r.query != "" {
						fmt.Fprintf(&out, "?%s", r.query)
					}
					out.WriteByte('\n')
					if r.body != "" {
						fmt.Fprintf(&out, "> %s\n> %s\n", r.header.Get("Content-Type"), r.body)
					}
				}
				out.WriteByte('\n')
			}
			golden(t, name+".golden", out.String())
		})
	}
}

// empty is an application in which nobody is found and everything is accepted.
func empty(w http.ResponseWriter, r recorded, _ int) {
	switch {
	case r.method == http.MethodGet && strings.HasSuffix(r.path, "s"):
		respond(http.StatusOK, list(0))(w)
	case r.method == http.MethodGet:
		respond(http.StatusOK, `{"id":"7"}`)(w)
	case r.method == http.MethodPost:
		respond(http.StatusCreated, `{"id":"u-1"}`)(w)
	default:
		respond(http.StatusNoContent, "")(w)
	}
}

type step struct {
	name string
	do   func(*scim.Client) error
}

func steps() []step {
	ctx := context.Background()
	const (
		ada   = directory.TargetID("u-1")
		sales = directory.TargetID("g-1")
		ent   = profile.EnterpriseUser
	)
	patch := func(ops ...directory.Operation) func(*scim.Client) error {
		return func(c *scim.Client) error { return c.Update(ctx, directory.User, ada, ops) }
	}
	find := func(kind directory.Kind, path, value string) func(*scim.Client) error {
		return func(c *scim.Client) error { _, err := c.Find(ctx, kind, path, value); return err }
	}
	doc := func() directory.Document {
		return directory.Document{
			"userName": "ada@contoso.com", "displayName": "Ada Example", "active": true, "title": "Agent",
			"emails":       []any{map[string]any{"type": "work", "value": "ada.work@contoso.com"}},
			"phoneNumbers": []any{map[string]any{"type": "mobile", "value": "+4930123456"}},
			ent:            map[string]any{"department": "Sales", "employeeNumber": "1007"},
		}
	}
	return []step{
		{"find a person who is not there", find(directory.User, "userName", `o'neil "x"\y+ü&@contoso.com`)},
		{"find by a value in a list", find(directory.User, `emails[type eq "work"].value`, "ada.work@contoso.com")},
		{"create", func(c *scim.Client) error { _, err := c.Create(ctx, directory.User, doc()); return err }},
		{"create with manager", func(c *scim.Client) error {
			d := doc()
			d[ent].(map[string]any)["manager"] = directory.TargetID("u-9")
			_, err := c.Create(ctx, directory.User, d)
			return err
		}},
		{"update", patch(
			directory.Operation{Kind: directory.Replace, Path: "displayName", Value: "Ada Lovelace"},
			directory.Operation{Kind: directory.Replace, Path: "title", Value: "Lead"},
			directory.Operation{Kind: directory.Add, Path: `phoneNumbers[type eq "work"].value`, Value: "tel:+4930123456;ext=12"},
			directory.Operation{Kind: directory.Replace, Path: ent + ":department", Value: "R&D"},
		)},
		{"disable", patch(directory.Operation{Kind: directory.Replace, Path: "active", Value: false})},
		{"enable", patch(directory.Operation{Kind: directory.Replace, Path: "active", Value: true})},
		{"set the manager", patch(directory.Operation{Kind: directory.Add, Path: ent + ":manager", Value: directory.TargetID("u-9")})},
		{"remove the manager", patch(directory.Operation{Kind: directory.Remove, Path: ent + ":manager"})},
		{"clear a phone number", patch(directory.Operation{Kind: directory.Remove, Path: `phoneNumbers[type eq "work"]`})},
		{"find a group", find(directory.Group, "displayName", "Sales")},
		{"create a group", func(c *scim.Client) error {
			_, err := c.Create(ctx, directory.Group, directory.Document{"displayName": "Sales", "externalId": "8aa1a0c0"})
			return err
		}},
		{"write the group's externalId", func(c *scim.Client) error {
			return c.Update(ctx, directory.Group, sales, []directory.Operation{{Kind: directory.Add, Path: "externalId", Value: "8aa1a0c0"}})
		}},
		{"add and remove members", func(c *scim.Client) error {
			return c.UpdateMembers(ctx, sales, []directory.TargetID{"u-1", "u-2"}, []directory.TargetID{"u-3", "u-4"})
		}},
		{"read a group", func(c *scim.Client) error { _, err := c.Get(ctx, directory.Group, "7"); return err }},
		{"read a person with an odd id", func(c *scim.Client) error { _, err := c.Get(ctx, directory.User, "a/b c%@é?7"); return err }},
		{"count people", func(c *scim.Client) error { _, err := c.Count(ctx, directory.User); return err }},
		{"list people", func(c *scim.Client) error {
			return c.List(ctx, directory.User, []string{"userName", `emails[type eq "work"].value`, ent + ":manager"}, nil)
		}},
		{"list groups", func(c *scim.Client) error {
			return c.List(ctx, directory.Group, []string{"displayName", "externalId"}, nil)
		}},
		{"delete a group", func(c *scim.Client) error { return c.Delete(ctx, directory.Group, sales) }},
		{"delete a person", func(c *scim.Client) error { return c.Delete(ctx, directory.User, ada) }},
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; go test -update rewrites it):\n%s", name, diff)
	}
}
