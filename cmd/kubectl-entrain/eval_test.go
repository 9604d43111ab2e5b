package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const evalMappingYAML = `kind: AttributeMapping
metadata: {name: people}
spec:
  objectType: User
  attributes:
    - {target: userName, source: userPrincipalName, matchingPrecedence: 1}
    - {target: displayName, source: displayName}
    - {target: active, expression: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")'}
    - {target: 'phoneNumbers[type eq "work"].value', source: telephoneNumber}
  examples:
    - {name: joiner, source: {userPrincipalName: ada@contoso.com, displayName: Ada}, expect: {userName: ada@contoso.com, active: "True"}}
`

// TestEval runs eval as a user types it, without a cluster.
func TestEval(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	user := file("user.json", `{"givenName": "Ada", "surname": "Lovelace", "accountEnabled": true, "otherMails": ["a@b.c", "d@e.f"]}`)
	person := file("person.yaml", "userPrincipalName: bob@contoso.com\ndisplayName: Bob\nusageLocation: DE\ntelephoneNumber: 030 1234567\n")
	odd := file("odd.yaml", "userPrincipalName: bob@contoso.com\ndisplayName: Bob\ntelephoneNumber: front desk\n")
	mapping := file("mapping.yaml", evalMappingYAML)
	for name, tc := range map[string]struct {
		args    []string
		want    []string
		wantErr string
	}{
		"an expression":        {[]string{"-e", `Join(" ", [givenName], [surname])`, "--input", user}, []string{"Ada Lovelace"}, ""},
		"a Boolean":            {[]string{"-e", `[accountEnabled]`, "--input", user}, []string{"True"}, ""},
		"several values":       {[]string{"-e", `[otherMails]`, "--input", user}, []string{"a@b.c", "d@e.f"}, ""},
		"null":                 {[]string{"-e", `[mail]`, "--input", user}, []string{"(null)"}, ""},
		"nothing is sent":      {[]string{"-e", `IgnoreFlowIfNullOrEmpty([mail])`}, []string{"(nothing is sent)"}, ""},
		"a misspelt function":  {[]string{"-e", `Tolower([mail])`}, nil, "1:1: There is no function Tolower; did you mean ToLower?\n  Tolower([mail])\n  ^"},
		"a misspelt attribute": {[]string{"-e", `[mial]`}, nil, "did you mean [mail]?"},
		"a mapping":            {[]string{"--mapping", mapping}, []string{"Example joiner", "userName", "ada@contoso.com", "Every one of the 1 examples"}, ""},
		"a mapping and a person": {[]string{"--mapping", mapping, "--input", person}, []string{
			"Input " + person, `phoneNumbers[type eq "work"].value  +49301234567`}, ""},
		"a value that is left out": {[]string{"--mapping", mapping, "--input", odd}, []string{`phoneNumbers[type eq "work"].value  (left out: `}, ""},
		"an example that fails": {
			[]string{"--mapping", file("fails.yaml", strings.Replace(evalMappingYAML, `active: "True"`, `active: "False"`, 1))},
			[]string{"error: spec.examples[0]"}, "an example gives something else than it expects"},
		"a broken mapping": {
			[]string{"--mapping", file("broken.yaml", strings.Replace(evalMappingYAML, "Switch(", "Swich(", 1))},
			[]string{"did you mean Switch?"}, "the mapping cannot be used"},
		"neither":      {[]string{}, nil, "at least one of the flags"},
		"no such file": {[]string{"--mapping", filepath.Join(dir, "absent.yaml")}, nil, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := evalCommand()
			cmd.SilenceUsage, cmd.SilenceErrors = true, true
			var out bytes.Buffer
			cmd.SetOut(&out)
			cmd.SetArgs(tc.args)
			err := cmd.Execute()
			if (err != nil) != (tc.wantErr != "") || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
				t.Errorf("error = %v, want %q", err, tc.wantErr)
			}
			for _, want := range tc.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("output lacks %q:\n%s", want, out.String())
				}
			}
		})
	}
}

func TestDefaultMappingIsOneThatEvalAccepts(t *testing.T) {
	for _, profile := range []string{"GenesysCloud", "Generic", "EntraCompatible"} {
		cmd := defaultMappingCommand()
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetArgs([]string{profile})
		if err := cmd.Execute(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "mapping.yaml")
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		eval := evalCommand()
		eval.SetOut(&out)
		eval.SetArgs([]string{"--mapping", path, "--profile", profile})
		if err := eval.Execute(); err != nil {
			t.Errorf("%s: %v\n%s", profile, err, out.String())
		}
	}
}
