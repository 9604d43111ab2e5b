package profile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

func lookup(t *testing.T, name string, opts profile.Options) profile.Profile {
	t.Helper()
	p, err := profile.Lookup(name, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLookupRefusesAnUnknownNameAndListsTheKnownOnes(t *testing.T) {
	_, err := profile.Lookup("Genesys", profile.Options{})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("kind = %v", fault.KindOf(err))
	}
	if got, want := fault.MessageOf(err), `there is no profile "Genesys"; use one of GenesysCloud, Generic, EntraCompatible`; got != want {
		t.Errorf("message = %q, want %q", got, want)
	}
}

// attribute is what the tutorial's tables say of an attribute.
type attribute struct {
	Path                 string
	Type                 directory.AttributeType
	Filterable, Required bool
}

func table(attributes []directory.TargetAttribute) []attribute {
	var out []attribute
	for _, a := range attributes {
		out = append(out, attribute{a.Path, a.Type, a.Filterable, a.Required})
	}
	return out
}

// The acceptance list genesys-scim.md 18.5 and 18.6, with the filters that the API has beyond the tutorial (7.2).
func TestGenesysAttributesAreThoseOfTheTutorialInItsOrder(t *testing.T) {
	const (
		ent = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"
		gen = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:"
	)
	schema := lookup(t, profile.GenesysCloud, profile.Options{}).Capabilities.Schema
	wantUsers := []attribute{
		{"userName", directory.String, true, true},
		{"active", directory.Boolean, false, true},
		{"displayName", directory.String, false, true},
		{`emails[type eq "work"].value`, directory.String, false, false},
		{"title", directory.String, false, false},
		{`phoneNumbers[type eq "mobile"].value`, directory.String, false, false},
		{`phoneNumbers[type eq "work"].value`, directory.String, false, false},
		{`phoneNumbers[type eq "work2"].value`, directory.String, false, false},
		{`phoneNumbers[type eq "work3"].value`, directory.String, false, false},
		{`phoneNumbers[type eq "work4"].value`, directory.String, false, false},
		{`phoneNumbers[type eq "home"].value`, directory.String, false, false},
		{`phoneNumbers[type eq "microsoftteams"].value`, directory.String, false, false},
		{"roles", directory.String, false, false},
		{ent + "department", directory.String, false, false},
		{ent + "manager", directory.Reference, false, false},
		{ent + "employeeNumber", directory.String, true, false},
		{ent + "division", directory.String, false, false},
		{gen + `externalIds[authority eq "microsoftteams"].value`, directory.String, true, false},
		{gen + `externalIds[authority eq "ringcentral"].value`, directory.String, true, false},
		{gen + `externalIds[authority eq "zoomphone"].value`, directory.String, true, false},
	}
	if diff := cmp.Diff(wantUsers, table(schema.Users)[:20]); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	wantGroups := []attribute{
		{"displayName", directory.String, true, true},
		{"externalId", directory.String, false, false},
		{"members", directory.Reference, false, false},
	}
	if diff := cmp.Diff(wantGroups, table(schema.Groups)[:3]); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func TestDefaultMappingsFitTheirSchemas(t *testing.T) {
	for _, name := range profile.Names() {
		p := lookup(t, name, profile.Options{})
		for _, kind := range []directory.Kind{directory.User, directory.Group} {
			t.Run(name+" "+string(kind), func(t *testing.T) {
				rows := p.Rows(kind)
				if len(rows) == 0 || rows[0].MatchingPrecedence != 1 {
					t.Fatal("the first row is not the matching attribute")
				}
				for _, r := range rows {
					a, ok := p.Capabilities.Schema.Lookup(kind, r.Target)
					switch {
					case !ok:
						t.Errorf("%s is not in the schema", r.Target)
					case r.MatchingPrecedence > 0 && !a.Filterable:
						t.Errorf("%s is matched by and cannot be filtered by", r.Target)
					case r.MatchingPrecedence == 0 && a.ReadOnly:
						t.Errorf("%s is mapped and cannot be written", r.Target)
					}
					if r.Source == "" {
						continue
					}
					source, ok := directory.LookupSource(kind, r.Source)
					switch {
					case !ok:
						t.Errorf("%s is no attribute of the source", r.Source)
					case (source.Type == directory.Reference) != (a.Type == directory.Reference):
						t.Errorf("%s and %s are not both references", r.Source, r.Target)
					}
				}
			})
		}
	}
}

func TestEachAttributeIsListedOnce(t *testing.T) {
	for _, name := range profile.Names() {
		schema := lookup(t, name, profile.Options{}).Capabilities.Schema
		for _, kind := range []directory.Kind{directory.User, directory.Group} {
			seen := map[string]bool{}
			for _, a := range schema.Attributes(kind) {
				if seen[a.Path] {
					t.Errorf("%s: %s is listed twice", name, a.Path)
				}
				seen[a.Path] = true
			}
		}
	}
}

// genesys-scim.md 16.1: sources of the default mapping, and what waits for an administrator.
func TestGenesysDefaultMapping(t *testing.T) {
	p := lookup(t, profile.GenesysCloud, profile.Options{})
	mapped, unmapped := map[string]string{}, 0
	for _, r := range p.Users {
		switch {
		case r.Expression != "":
			mapped[r.Target] = r.Expression
		case r.Source != "":
			mapped[r.Target] = r.Source
		default:
			unmapped++
		}
	}
	want := map[string]string{
		"userName":                                 "userPrincipalName",
		"active":                                   `Switch([IsSoftDeleted], , "False", "True", "True", "False")`,
		"displayName":                              "displayName",
		`emails[type eq "work"].value`:             "mail",
		"title":                                    "jobTitle",
		`phoneNumbers[type eq "mobile"].value`:     "mobile",
		`phoneNumbers[type eq "work"].value`:       "telephoneNumber",
		profile.EnterpriseUser + ":department":     "department",
		profile.EnterpriseUser + ":manager":        "manager",
		profile.EnterpriseUser + ":employeeNumber": "employeeId",
	}
	if diff := cmp.Diff(want, mapped); diff != "" {
		t.Errorf("mapped (-want +got):\n%s", diff)
	}
	if unmapped != 10 {
		t.Errorf("%d rows are listed but unmapped, want 10", unmapped)
	}
	caps := p.Capabilities
	if caps.CreateGroups || caps.DeleteGroups || !caps.DeleteUsers || caps.MemberBatch != 50 || caps.ListRequests != 2 || caps.RequestsPerMinute != 300 || !caps.ReferencesInCreate {
		t.Errorf("capabilities = %+v", caps)
	}
}
