package mapping_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/mapping"
)

const (
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"
	purecloud  = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User:"
)

func TestParsePath(t *testing.T) {
	for name, tc := range map[string]struct {
		text          string
		want          mapping.Path
		wantCanonical string // the text itself when empty
	}{
		"simple":        {"userName", mapping.Path{Attribute: "userName"}, ""},
		"sub-attribute": {"name.givenName", mapping.Path{Attribute: "name", Sub: "givenName"}, ""},
		"typed value": {
			`emails[type eq "work"].value`,
			mapping.Path{Attribute: "emails", Conditions: []mapping.Condition{{Attribute: "type", Value: "work"}}, Sub: "value"}, "",
		},
		"element": {
			`phoneNumbers[type eq "mobile"]`,
			mapping.Path{Attribute: "phoneNumbers", Conditions: []mapping.Condition{{Attribute: "type", Value: "mobile"}}}, "",
		},
		"enterprise extension": {
			enterprise + "manager",
			mapping.Path{URN: strings.TrimSuffix(enterprise, ":"), Attribute: "manager"}, "",
		},
		"sub-attribute in an extension": {
			enterprise + "manager.value",
			mapping.Path{URN: strings.TrimSuffix(enterprise, ":"), Attribute: "manager", Sub: "value"}, "",
		},
		"custom extension": {
			"urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User:CustomAttribute",
			mapping.Path{URN: "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User", Attribute: "CustomAttribute"}, "",
		},
		"complex in an extension": {
			purecloud + `externalIds[authority eq "microsoftteams"].value`,
			mapping.Path{
				URN: strings.TrimSuffix(purecloud, ":"), Attribute: "externalIds",
				Conditions: []mapping.Condition{{Attribute: "authority", Value: "microsoftteams"}}, Sub: "value",
			}, "",
		},
		"colons in the compared value": {
			purecloud + `externalIds[authority eq "x-pc:scimv2:v1"].value`,
			mapping.Path{
				URN: strings.TrimSuffix(purecloud, ":"), Attribute: "externalIds",
				Conditions: []mapping.Condition{{Attribute: "authority", Value: "x-pc:scimv2:v1"}}, Sub: "value",
			}, "",
		},
		"the core schema in full": {"urn:ietf:params:scim:schemas:core:2.0:User:userName", mapping.Path{Attribute: "userName"}, "userName"},
		"a Boolean as Entra writes it": {
			`roles[primary eq "True"].value`,
			mapping.Path{Attribute: "roles", Conditions: []mapping.Condition{{Attribute: "primary", Value: "True"}}, Sub: "value"}, "",
		},
		"two conditions": {
			`emails[type eq "work" and primary eq true].value`,
			mapping.Path{Attribute: "emails", Conditions: []mapping.Condition{{Attribute: "type", Value: "work"}, {Attribute: "primary", Value: true}}, Sub: "value"}, "",
		},
		"blanks and capitals of the operator": {
			` emails[type  EQ "work"].value `,
			mapping.Path{Attribute: "emails", Conditions: []mapping.Condition{{Attribute: "type", Value: "work"}}, Sub: "value"},
			`emails[type eq "work"].value`,
		},
		"escapes in the compared value": {
			`emails[type eq "a\"b\\c"].value`,
			mapping.Path{Attribute: "emails", Conditions: []mapping.Condition{{Attribute: "type", Value: `a"b\c`}}, Sub: "value"}, "",
		},
		"an apostrophe in the compared value": {
			`emails[type eq "it's"].value`,
			mapping.Path{Attribute: "emails", Conditions: []mapping.Condition{{Attribute: "type", Value: "it's"}}, Sub: "value"}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := mapping.ParsePath(tc.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("path (-want +got):\n%s", diff)
			}
			want := tc.wantCanonical
			if want == "" {
				want = tc.text
			}
			if got.Canonical() != want {
				t.Errorf("canonical = %s, want %s", got.Canonical(), want)
			}
		})
	}
}

func TestParsePathSaysWhatToWriteInstead(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"nothing": {" ", "the path is empty; write a SCIM path such as userName"},
		"curly quotes of the tutorial": {
			purecloud + "externalIds[authority eq ‘microsoftteams’].value",
			"the quotes in " + purecloud + "externalIds[authority eq ‘microsoftteams’].value are not those of SCIM; write " + purecloud + `externalIds[authority eq "microsoftteams"].value with straight double quotes`,
		},
		"curly quote that is never closed": {
			purecloud + "externalIds[authority eq ‘zoomphone].value",
			"the quotes in " + purecloud + "externalIds[authority eq ‘zoomphone].value are not those of SCIM; write " + purecloud + `externalIds[authority eq "zoomphone"].value with straight double quotes`,
		},
		"double curly quotes": {"emails[type eq “work”].value", `the quotes in emails[type eq “work”].value are not those of SCIM; write emails[type eq "work"].value with straight double quotes`},
		"single quotes":       {"emails[type eq 'work'].value", `the quotes in emails[type eq 'work'].value are not those of SCIM; write emails[type eq "work"].value with straight double quotes`},
		"an extension without an attribute": {
			strings.TrimSuffix(enterprise, ":"),
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User names an extension and no attribute of it; add the attribute after a colon, as in urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
		},
		"a dot in place of the last colon": {
			strings.TrimSuffix(enterprise, ":") + ".department",
			strings.TrimSuffix(enterprise, ":") + ".department separates extension and attribute by a dot; write " + enterprise + "department",
		},
		"a colon without a URN":   {"enterprise:department", "enterprise:department has a colon after enterprise; only the URN of an extension is followed by one"},
		"another comparison":      {`emails[type ne "work"].value`, `the brackets must say which element is meant by eq, as in [type eq "work"]; other comparisons do not name one element`},
		"a choice":                {`emails[type eq "work" or type eq "home"].value`, `the brackets must say which element is meant by eq, as in [type eq "work"]; other comparisons do not name one element`},
		"presence":                {`emails[type pr].value`, `the brackets must say which element is meant by eq, as in [type eq "work"]; other comparisons do not name one element`},
		"three levels":            {"a.b.c", `a.b.c is no SCIM path; write one like userName, name.givenName, emails[type eq "work"].value or urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`},
		"brackets behind a part":  {`name.formatted[type eq "work"].value`, `name.formatted[type eq "work"].value selects an element of a part; the brackets follow the name of the attribute, as in emails[type eq "work"].value`},
		"longer than any path is": {strings.Repeat("a", 1025), "the path has more than 1024 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := mapping.ParsePath(tc.text)
			if err == nil {
				t.Fatalf("parsed as %s", p.Canonical())
			}
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("kind = %v, want Invalid", fault.KindOf(err))
			}
			if got := fault.MessageOf(err); got != tc.want {
				t.Errorf("message:\n got %s\nwant %s", got, tc.want)
			}
		})
	}
}

// FuzzParsePath shows that no text makes the parser panic, and that the canonical spelling means the same path and is its
// own canonical spelling.
func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{
		"userName", "name.givenName", `emails[type eq "work"].value`, enterprise + "manager.value", `roles[primary eq true].value`,
		purecloud + `externalIds[authority eq "microsoftteams"].value`, "emails[type eq ‘work].value", `a[b eq "\u00e9" and c eq -1.5e3].d`,
		"urn:a:b", "((((", `a[not (b eq "c")]`, `a[b[c eq "d"]]`, "$ref", `a[b eq "\ud800"]`, "a[b eq null]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := mapping.ParsePath(text)
		if err != nil {
			return
		}
		again, err := mapping.ParsePath(p.Canonical())
		if err != nil {
			t.Fatalf("%q is canonically %q, which is refused: %v", text, p.Canonical(), err)
		}
		if diff := cmp.Diff(p, again); diff != "" {
			t.Errorf("%q is canonically %q, which is another path (-want +got):\n%s", text, p.Canonical(), diff)
		}
	})
}
