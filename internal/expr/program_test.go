package expr_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
)

func mustCompile(t testing.TB, source string) *expr.Program {
	t.Helper()
	p, err := expr.Compile(source, expr.Options{})
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return p
}

func mustEval(t testing.TB, source string, in attributes) expr.Value {
	t.Helper()
	v, err := mustCompile(t, source).Eval(in, testEnv())
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return v
}

func TestProgramTellsAttributesAndVolatility(t *testing.T) {
	for name, tc := range map[string]struct {
		source         string
		wantAttributes []string
		wantVolatile   bool
	}{
		"a bare attribute":                        {`[mail]`, []string{"mail"}, false},
		"a constant reads nothing":                {`"x"`, nil, false},
		"sorted and without duplicates":           {`Join(" ", [surname], [givenName], [surname])`, []string{"givenName", "surname"}, false},
		"both branches and the condition":         {`IIF([c] = [d], [b], ToLower([a]))`, []string{"a", "b", "c", "d"}, false},
		"role assignments":                        {`AssertiveAppRoleAssignmentsComplex([appRoleAssignments])`, []string{"appRoleAssignments"}, false},
		"the clock":                               {`IIF(Now() > CDate([d]), "a", "b")`, []string{"d"}, true},
		"a new identifier":                        {`Guid()`, nil, true},
		"random text inside":                      {`Redact(RandomString(6,3,0,0,3))`, nil, true},
		"a date without a year needs the clock":   {`FormatDateTime([d], , "HH:mm", "HHmm")`, []string{"d"}, true},
		"a complete date does not need the clock": {`FormatDateTime([d], , "yyyy-MM-dd", "yy")`, []string{"d"}, false},
		"the domain of the tenant is no clock":    {`DefaultDomain()`, nil, false},
		"a constant date without a year":          {`FormatDateTime("10:11", , "HH:mm", "yyyy")`, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			p := mustCompile(t, tc.source)
			if diff := cmp.Diff(tc.wantAttributes, p.Attributes()); diff != "" {
				t.Errorf("Attributes (-want +got):\n%s", diff)
			}
			if p.Volatile() != tc.wantVolatile {
				t.Errorf("Volatile = %v", p.Volatile())
			}
			if p.Source() != tc.source {
				t.Errorf("Source = %q", p.Source())
			}
		})
	}
}

func TestWarningsNameWhatIsProbablyNotMeant(t *testing.T) {
	p := mustCompile(t, `Switch([country], , "US", "1", "UK", "2", "US", "3")`)
	warnings := p.Warnings()
	if len(warnings) != 1 || !warnings[0].Warning || warnings[0].Column != 43 || !strings.HasPrefix(warnings[0].Message, `The key "US" of Switch is written twice`) {
		t.Errorf("Warnings = %v", warnings)
	}
	if w := mustCompile(t, `Switch([country], , "US", "1")`).Warnings(); len(w) != 0 {
		t.Errorf("Warnings = %v, want none", w)
	}
}

func TestRolesCarryHowTheyAreWritten(t *testing.T) {
	given := attributes{"appRoleAssignments": {
		`{"id":"2","value":"User","displayName":"User role"}`, `{"id":"1","value":"Admin","displayName":"Administrator"}`,
	}}
	admin := expr.Role{ID: "1", Value: "Admin", DisplayName: "Administrator"}
	user := expr.Role{ID: "2", Value: "User", DisplayName: "User role"}
	for name, tc := range map[string]struct {
		source    string
		wantRoles []expr.Role
		wantMode  expr.RoleMode
		wantList  bool
	}{
		"one role":                          {`SingleAppRoleAssignment([appRoleAssignments])`, []expr.Role{admin}, expr.RoleSingle, false},
		"all roles, added":                  {`AppRoleAssignmentsComplex([appRoleAssignments])`, []expr.Role{admin, user}, expr.RoleAdd, true},
		"all roles, replaced":               {`AssertiveAppRoleAssignmentsComplex([appRoleAssignments])`, []expr.Role{admin, user}, expr.RoleAssert, true},
		"roles survive a redaction":         {`Redact(AssertiveAppRoleAssignmentsComplex([appRoleAssignments]))`, []expr.Role{admin, user}, expr.RoleAssert, true},
		"roles survive being a branch":      {`IIF([x] = "", AppRoleAssignmentsComplex([appRoleAssignments]), "none")`, []expr.Role{admin, user}, expr.RoleAdd, true},
		"roles survive the flow check":      {`IgnoreFlowIfNullOrEmpty(SingleAppRoleAssignment([appRoleAssignments]))`, []expr.Role{admin}, expr.RoleSingle, false},
		"a text made of a role is no roles": {`ToLower(SingleAppRoleAssignment([appRoleAssignments]))`, nil, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			v := mustEval(t, tc.source, given)
			roles, mode, ok := v.Roles()
			if diff := cmp.Diff(tc.wantRoles, roles); diff != "" || mode != tc.wantMode || ok != (tc.wantMode != 0) || v.IsList() != tc.wantList {
				t.Errorf("mode %v, ok %v, list %v, roles (-want +got):\n%s", mode, ok, v.IsList(), diff)
			}
		})
	}
}

func TestNoRoleLeftIsAnEmptyListToAssert(t *testing.T) {
	v := mustEval(t, `AssertiveAppRoleAssignmentsComplex([appRoleAssignments])`, nil)
	roles, mode, ok := v.Roles()
	if v.IsNull() || !ok || mode != expr.RoleAssert || len(roles) != 0 {
		t.Errorf("null %v, ok %v, mode %v, roles %v; an empty list would remove the last role", v.IsNull(), ok, mode, roles)
	}
}

func TestZeroEnvUsesClockAndRandomBytesOfTheSystem(t *testing.T) {
	p := mustCompile(t, `Join("/", Guid(), RandomString(20,5,5,5,5), Now())`)
	a, err := p.Eval(nil, expr.Env{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Eval(nil, expr.Env{})
	if err != nil || a.String() == b.String() || strings.Count(a.String(), "/") < 4 {
		t.Errorf("got %q and %q, %v", a, b, err)
	}
}

func TestFailuresOfTheWorldAreErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		source string
		env    expr.Env
		want   string
	}{
		"no random bytes for an identifier":  {`Guid()`, expr.Env{Random: iotest.ErrReader(errors.New("closed"))}, "Guid at line 1, column 1: there are no random bytes"},
		"no random bytes for text":           {`RandomString(6,0,0,0,0)`, expr.Env{Random: iotest.ErrReader(errors.New("closed"))}, "RandomString at line 1, column 1: there are no random bytes"},
		"a source stuck at a useless byte":   {`RandomString(6,6,0,0,0)`, expr.Env{Random: bytes.NewReader(bytes.Repeat([]byte{255}, 4096))}, "RandomString at line 1, column 1: there are no random bytes"},
		"the domain of the tenant not known": {"\n  DefaultDomain()", expr.Env{}, "DefaultDomain at line 2, column 3: the default domain of the tenant is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := mustCompile(t, tc.source).Eval(nil, tc.env)
			if !fault.Is(err, fault.Invalid) || fault.MessageOf(err) != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

func TestRandomStringKeepsItsMinimums(t *testing.T) {
	p := mustCompile(t, `RandomString(12,2,3,4,2,"0aA!")`)
	env := testEnv()
	for range 200 {
		v, err := p.Eval(nil, env)
		if err != nil {
			t.Fatal(err)
		}
		var numbers, capitals, smalls, specials int
		for _, r := range v.String() {
			switch {
			case r >= '0' && r <= '9':
				numbers++
			case r >= 'A' && r <= 'Z':
				capitals++
			case r >= 'a' && r <= 'z':
				smalls++
			default:
				specials++
			}
		}
		if len(v.String()) != 12 || numbers < 2 || specials < 3 || capitals < 4 || smalls < 2 || strings.ContainsAny(v.String(), "0aA!") {
			t.Fatalf("%q", v)
		}
	}
}

func TestErrorsNeverShowTheValue(t *testing.T) {
	const secret = "Jane.Roe@contoso.com"
	for _, source := range []string{
		`CDate([a])`, `Left("abc", [a])`, `CBool([a])`, `IIF([a], "x", "y")`, `FormatDateTime([a], , "yyyy", "yyyy")`, `NumFromDate([a])`,
		`SingleAppRoleAssignment([appRoleAssignments])`, `Replace("x", , [b], , "y")`, `ToLower("x", [a])`, `DateAdd([a], 1, Now())`,
		`InStr("x", "y", 1, [a])`, `FormatDateTime("2021", , [c], "yyyy")`, `ToLower([d])`, `Replace([e], , "^(a+)+$", , "y")`,
	} {
		_, err := mustCompile(t, source).Eval(attributes{
			"a": {secret}, "appRoleAssignments": {secret}, "b": {"(" + secret}, "c": {"'" + secret}, "d": {secret, secret},
			"e": {strings.Repeat("a", 60) + secret},
		}, testEnv())
		if err == nil || strings.Contains(err.Error(), "Jane") || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", source, err)
		}
	}
}

func TestLimitsOfSize(t *testing.T) {
	for name, tc := range map[string]struct {
		source string
		given  attributes
		want   string
	}{
		"an expression of 10,001 characters": {`"` + strings.Repeat("é", 9_999) + `"`, nil, "The expression has 10001 characters; at most 10000 are allowed"},
		"text that grows":                    {`Join("", [a], [a], [a])`, attributes{"a": {strings.Repeat("x", 400_000)}}, "the result is longer than 1024 KiB"},
		"a template that grows":              {`Replace([a], "x", , , , , [b])`, attributes{"a": {strings.Repeat("y", 10_000)}, "b": {strings.Repeat("x", 10_000)}}, "the result is longer than 1024 KiB"},
		"a regular expression that grows":    {`Replace([a], , "x", , "$_", , )`, attributes{"a": {strings.Repeat("x", 10_000)}}, "the result is too long"},
		"a group that grows":                 {`Replace([a], , "(?<g>x)", "g", [b], , )`, attributes{"a": {strings.Repeat("x", 10_000)}, "b": {strings.Repeat("y", 10_000)}}, "the result is too long"},
		"a list that grows":                  {`Split([a], ",")`, attributes{"a": {strings.Repeat(",", 20_000)}}, "the result has more than 10000 values"},
		"work without growth":                {`Join("", ` + strings.Repeat(`Len([a]),`, 60) + `"z")`, attributes{"a": {strings.Repeat("x", 1_000_000)}}, "the expression works through more than 16 MiB of text"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := expr.Compile(tc.source, expr.Options{})
			if err == nil {
				_, err = p.Eval(tc.given, testEnv())
			}
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
	if _, err := expr.Compile(`"`+strings.Repeat("é", 9_998)+`"`, expr.Options{}); err != nil {
		t.Errorf("10,000 characters are refused: %v", err)
	}
}

func TestOneProgramManyGoroutines(t *testing.T) {
	sources := []string{
		`ToLower(Join("@", NormalizeDiacritics(StripSpaces(Join(".", [givenName], [surname]))), "contoso.com"))`,
		`ToUpper([surname], "tr-TR")`,
		`Replace([surname], , "(?<first>^.)", "first", "X", , )`,
		`Item(RemoveDuplicates(Split(Join(",", [surname], [givenName]), ",")), 2)`,
		`IIF(DateDiff("d", CDate([hired]), Now()) > 5, PCase([surname]), "new")`,
	}
	var group sync.WaitGroup
	for _, source := range sources {
		p := mustCompile(t, source)
		for worker := range 4 {
			group.Add(1)
			go func() {
				defer group.Done()
				for i := range 200 {
					in := attributes{"givenName": {fmt.Sprintf("Zoë %d", worker)}, "surname": {fmt.Sprintf("Dŏe-%d", i)}, "hired": {"2020-01-01"}}
					fresh, err := expr.Compile(source, expr.Options{})
					if err != nil {
						t.Error(err)
						return
					}
					want, _ := fresh.Eval(in, testEnv())
					got, err := p.Eval(in, testEnv())
					if err != nil || got.String() != want.String() {
						t.Errorf("%s: got %q, %v; want %q", source, got, err, want)
					}
				}
			}()
		}
	}
	group.Wait()
}

// TestEvaluationDoesNotAllocate keeps the hot paths free of allocation: those that return an attribute, a constant or a part
// of one.
func TestEvaluationDoesNotAllocate(t *testing.T) {
	in := attributes{"mail": {"john@contoso.com"}, "IsSoftDeleted": {"False"}, "country": {"USA"}, "mobile": nil}
	for _, source := range []string{
		`[mail]`, `"constant"`, `Switch([IsSoftDeleted], , "False", "True", "True", "False")`, `Not([IsSoftDeleted])`,
		`Coalesce([mobile], [mail])`, `IIF([country]="USA",[country],[mail])`, `Left([mail], 4)`, `Word([mail], 2, "@")`, `InStr([mail], "@")`,
		`IIF(IsPresent([mobile]), [mobile], [mail])`,
	} {
		p := mustCompile(t, source)
		env := expr.Env{}
		var input expr.Input = in
		if n := testing.AllocsPerRun(100, func() {
			if _, err := p.Eval(input, env); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%s: %v allocations", source, n)
		}
	}
}
