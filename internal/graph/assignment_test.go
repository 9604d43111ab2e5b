package graph_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/graph"
)

const (
	roleUser = "18d14569-c3bd-439b-9a66-3a2aee01d14f"
	roleOld  = "b9632174-c057-4f7e-951b-be3adc52bfe6"
	roleNew  = "c9632174-c057-4f7e-951b-be3adc52bfe6"
)

var application = ok(`{"@odata.context":"x","id":"` + spID + `","appRoles":[
	{"allowedMemberTypes":["User"],"displayName":"Agent","id":"` + roleUser + `","isEnabled":true,"value":"agent"},
	{"allowedMemberTypes":["User"],"displayName":"Old","id":"` + roleOld + `","isEnabled":false,"value":null}]}`)

func assigned(principal, kind, role string) string {
	return fmt.Sprintf(`{"id":"x","deletedDateTime":null,"appRoleId":%q,"principalDisplayName":"N","principalId":%q,"principalType":%q,"resourceId":%q}`, role, principal, kind, spID)
}

func assignments(c *graph.Client) ([]directory.Assignment, error) {
	var all []directory.Assignment
	err := c.Assignments(context.Background(), func(page []directory.Assignment) error {
		all = append(all, page...)
		return nil
	})
	return all, err
}

func TestAssignmentsCarryTheirRoles(t *testing.T) {
	s := newScript(t, application,
		ok(`{"@odata.nextLink":"ORIGIN/v1.0/servicePrincipals/`+spID+`/appRoleAssignedTo?$top=999&$skiptoken=s","value":[`+
			assigned(ada, "User", roleUser)+`,`+assigned(ada, "User", roleOld)+`,`+assigned(carol, "ServicePrincipal", roleUser)+`]}`),
		ok(`{"value":[]  ,"@odata.nextLink":"ORIGIN/v1.0/servicePrincipals/`+spID+`/appRoleAssignedTo?$top=999&$skiptoken=t"}`),
		ok(`{"value":[`+assigned(strings.ToUpper(team), "Group", directory.DefaultAccess)+`,`+assigned(bob, "User", roleNew)+`]}`))
	got, err := assignments(connect(t, s.URL))
	if err != nil {
		t.Fatalf("Assignments: %v", err)
	}
	want := []directory.Assignment{
		{Principal: ada, Kind: directory.User, Role: directory.Role{ID: roleUser, Value: "agent", DisplayName: "Agent"}},
		{Principal: ada, Kind: directory.User, Role: directory.Role{ID: roleOld, DisplayName: "Old", Disabled: true}},
		{Principal: team, Kind: directory.Group, Role: directory.Role{ID: directory.DefaultAccess}},
		{Principal: bob, Kind: directory.User, Role: directory.Role{ID: roleNew}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("assignments (-want +got):\n%s", diff)
	}
	path := "/v1.0/servicePrincipals/" + spID + "/appRoleAssignedTo?$top=999"
	if diff := cmp.Diff([]string{"/v1.0/servicePrincipals(appId='" + appID + "')?$select=id,appRoles", path, path + "&$skiptoken=s", path + "&$skiptoken=t"}, s.asked()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestApplicationByObjectID(t *testing.T) {
	s := newScript(t, application, ok(`{"value":[]}`))
	got, err := assignments(connect(t, s.URL, func(c *graph.Config) { c.ObjectID = spID }))
	if err != nil || len(got) != 0 {
		t.Fatalf("got %v, %v", got, err)
	}
	if want := "/v1.0/servicePrincipals/" + spID + "?$select=id,appRoles"; s.asked()[0] != want {
		t.Errorf("asked %s, want %s", s.asked()[0], want)
	}
}

func TestAssignmentsThatCouldNotBeReadAreErrors(t *testing.T) {
	first := ok(`{"@odata.nextLink":"ORIGIN/v1.0/servicePrincipals/` + spID + `/appRoleAssignedTo?$skiptoken=s","value":[` + assigned(ada, "User", roleUser) + `]}`)
	for name, tc := range map[string]struct {
		answers []reply
		want    fault.Kind
		text    string
	}{
		"no such application":                {[]reply{notFound}, fault.NotFound, "no enterprise application"},
		"application not allowed":            {[]reply{failure(403, "Authorization_RequestDenied", "x")}, fault.Forbidden, "Application.Read.All"},
		"application without roles":          {[]reply{ok(`{"id":"` + spID + `"}`)}, fault.NotCompliant, "app roles"},
		"application with roles null":        {[]reply{ok(`{"id":"` + spID + `","appRoles":null}`)}, fault.NotCompliant, "app roles"},
		"application without id":             {[]reply{ok(`{"appRoles":[]}`)}, fault.NotCompliant, "id"},
		"application with an id in odd form": {[]reply{ok(`{"id":"../users","appRoles":[]}`)}, fault.NotCompliant, "GUID"},
		"a body that is a list":              {[]reply{ok(`[]`)}, fault.NotCompliant, "no object"},
		"application vanished":               {[]reply{application, notFound}, fault.NotFound, ""},
		"second page refused":                {[]reply{application, first, failure(403, "Authorization_RequestDenied", "x")}, fault.Forbidden, ""},
		"second page expired":                {[]reply{application, first, failure(400, "Directory_ExpiredPageToken", "x"), failure(400, "Directory_ExpiredPageToken", "x")}, fault.Transient, "again"},
		"second page without its list":       {[]reply{application, first, ok(`{}`)}, fault.NotCompliant, ""},
		"page that leads to itself":          {append([]reply{application}, slices.Repeat([]reply{first}, 11)...), fault.NotCompliant, "itself"},
		"assignment without a principal":     {[]reply{application, ok(`{"value":[{"principalType":"User","appRoleId":"x"}]}`)}, fault.NotCompliant, "principalId"},
		"assignment without a type":          {[]reply{application, ok(`{"value":[{"principalId":"x","appRoleId":"x"}]}`)}, fault.NotCompliant, "principalType"},
		"assignment without a role":          {[]reply{application, ok(`{"value":[{"principalId":"x","principalType":"User"}]}`)}, fault.NotCompliant, "appRoleId"},
	} {
		t.Run(name, func(t *testing.T) {
			answers := tc.answers
			if tc.want == fault.Transient {
				for range 8 {
					answers = append(answers, answers[len(answers)-1])
				}
			}
			s := newScript(t, answers...)
			_, err := assignments(connect(t, s.URL))
			if !fault.Is(err, tc.want) || !strings.Contains(fmt.Sprint(err), tc.text) {
				t.Errorf("got %v, want %v saying %q", err, tc.want, tc.text)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	readable := func(roles string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"roles":[`+roles+`]}`)) + ".x"
	}
	denied := failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	someone := ok(`{"value":[{"id":"` + ada + `"}]}`)
	for name, tc := range map[string]struct {
		token   string
		kinds   []directory.Kind
		answers []reply
		want    fault.Kind
		text    string
	}{
		"all granted":                       {readable(`"User.Read.All","GroupMember.Read.All","Application.Read.All"`), nil, []reply{application}, fault.Unknown, ""},
		"larger permissions":                {readable(`"Directory.ReadWrite.All"`), nil, []reply{application}, fault.Unknown, ""},
		"a token that cannot be read":       {"", nil, []reply{application}, fault.Unknown, ""},
		"the application may not be read":   {"", nil, []reply{denied}, fault.Forbidden, "Application.Read.All"},
		"nothing granted names everything":  {readable(``), nil, []reply{denied, denied, denied}, fault.Forbidden, "Application.Read.All, User.Read.All, GroupMember.Read.All"},
		"groups are not granted":            {readable(`"User.Read.All"`), nil, []reply{application, denied}, fault.Forbidden, "permissions GroupMember.Read.All"},
		"groups are not wanted":             {readable(`"User.Read.All"`), []directory.Kind{directory.User}, []reply{application}, fault.Unknown, ""},
		"a permission nobody has heard of":  {readable(`"Everything.Read"`), nil, []reply{application, someone, someone}, fault.Unknown, ""},
		"another failure is not hidden":     {readable(``), nil, []reply{application, ok(`{}`)}, fault.NotCompliant, "no list"},
		"the application does not exist":    {"", nil, []reply{notFound}, fault.NotFound, "no enterprise application"},
		"busy for longer than anyone waits": {"", nil, []reply{throttled("300")}, fault.Throttled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, tc.answers...)
			err := connect(t, s.URL, func(c *graph.Config) {
				c.Credential, c.Kinds = &credential{roles: tc.token}, tc.kinds
			}).Check(context.Background())
			if fault.KindOf(err) != tc.want || !strings.Contains(fmt.Sprint(err), tc.text) {
				t.Errorf("got %v, want %v saying %q", err, tc.want, tc.text)
			}
			if len(s.replies) > 0 {
				t.Errorf("%d answers were not asked for", len(s.replies))
			}
		})
	}
}
