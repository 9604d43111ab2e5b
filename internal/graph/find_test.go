package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

func TestFind(t *testing.T) {
	const extension = "extension_0123456789abcdef0123456789abcdef_badge"
	user := ok(`{"@odata.context":"x","id":"` + ada + `","mail":null,"businessPhones":[]}`)
	group := ok(`{"id":"` + team + `","displayName":"T"}`)
	denied := failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	deleted := ok(`{"@odata.type":"#microsoft.graph.user","id":"` + ada + `"}`)
	inBin := "/v1.0/directory/deletedItems/" + ada + "?$select=id"
	asked := "/v1.0/users/" + ada + "?$select=businessPhones," + extension + ",id,mail"
	for name, tc := range map[string]struct {
		kind       directory.Kind
		attributes []string
		answers    []reply
		want       directory.Change
		wantErr    fault.Kind
		wantText   string
		wantAsked  []string
	}{
		"a person": {
			directory.User, []string{"mail", "telephoneNumber", extension}, []reply{user},
			directory.Change{Set: directory.Attributes{"mail": nil, "telephoneNumber": nil, extension: nil}}, fault.Unknown, "", []string{asked},
		},
		"a property that did not come keeps its value": {
			directory.User, []string{"mail", "jobTitle"}, []reply{user},
			directory.Change{Set: directory.Attributes{"mail": nil}}, fault.Unknown, "", nil,
		},
		"a person with a manager": {
			directory.User, []string{"manager"}, []reply{user, ok(`{"@odata.type":"#microsoft.graph.user","id":"` + bob + `"}`)},
			directory.Change{Set: directory.Attributes{"manager": {bob}}}, fault.Unknown, "",
			[]string{"/v1.0/users/" + ada + "?$select=id", "/v1.0/users/" + ada + "/manager?$select=id"},
		},
		"a person without a manager": {
			directory.User, []string{"manager"}, []reply{user, notFound},
			directory.Change{Set: directory.Attributes{"manager": nil}}, fault.Unknown, "", nil,
		},
		"a manager that could not be read": {
			directory.User, []string{"manager"}, []reply{user, denied}, directory.Change{}, fault.Forbidden, "User.Read.All", nil,
		},
		"a 404 of a proxy is no proof of having no manager": {
			directory.User, []string{"manager"}, []reply{user, {status: 404, body: "<html>"}}, directory.Change{}, fault.NotCompliant, "", nil,
		},
		"in the recycle bin": {
			directory.User, []string{"mail", "telephoneNumber", extension}, []reply{notFound, deleted},
			directory.Change{Removal: directory.SoftDeleted}, fault.Unknown, "", []string{asked, inBin},
		},
		"nowhere": {
			directory.User, []string{"mail", "telephoneNumber", extension}, []reply{notFound, notFound, notFound},
			directory.Change{Removal: directory.HardDeleted}, fault.Unknown, "", []string{asked, inBin, asked},
		},
		"restored between the looks": {
			directory.User, []string{"mail"}, []reply{notFound, notFound, user},
			directory.Change{Set: directory.Attributes{"mail": nil}}, fault.Unknown, "", nil,
		},
		"the recycle bin may not be seen": {
			directory.User, nil, []reply{notFound, denied}, directory.Change{}, fault.Forbidden, "User.Read.All", nil,
		},
		"the recycle bin is busy": {
			directory.User, nil, []reply{notFound, {status: 503}, {status: 503}, {status: 503}, {status: 503}}, directory.Change{}, fault.Transient, "", nil,
		},
		"a 404 of a proxy proves nothing": {
			directory.User, nil, []reply{{status: 404, body: "<html>not found</html>"}}, directory.Change{}, fault.NotCompliant, "proxy", nil,
		},
		"a 404 with an empty code proves nothing": {
			directory.User, nil, []reply{failure(404, "", "")}, directory.Change{}, fault.NotCompliant, "", nil,
		},
		"a 404 of a proxy instead of the recycle bin proves nothing": {
			directory.User, nil, []reply{notFound, {status: 404}}, directory.Change{}, fault.NotCompliant, "", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, tc.answers...)
			got, err := connect(t, s.URL).Find(context.Background(), tc.kind, ada, tc.attributes)
			if fault.KindOf(err) != tc.wantErr || !strings.Contains(fmt.Sprint(err), tc.wantText) {
				t.Fatalf("got error %v, want %v saying %q", err, tc.wantErr, tc.wantText)
			}
			if tc.wantErr == fault.Unknown {
				tc.want.Kind, tc.want.ID = tc.kind, ada
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("change (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantAsked, s.asked()); tc.wantAsked != nil && diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if len(s.replies) > 0 {
				t.Errorf("%d answers were not asked for", len(s.replies))
			}
		})
	}
	for name, tc := range map[string]struct {
		answers  []reply
		want     []directory.MemberChange
		wantErr  fault.Kind
		wantText string
	}{
		"members on two pages": {
			[]reply{
				group,
				ok(`{"@odata.nextLink":"ORIGIN/v1.0/groups/` + team + `/members?$skiptoken=s","value":[{"@odata.type":"#microsoft.graph.user","id":"` + ada + `"}]}`),
				ok(`{"value":[{"@odata.type":"#microsoft.graph.group","id":"` + bob + `"}]}`),
			},
			[]directory.MemberChange{{ID: ada, Kind: directory.User}, {ID: bob, Kind: directory.Group}}, fault.Unknown, "",
		},
		"the second page fails": {
			[]reply{group, ok(`{"@odata.nextLink":"ORIGIN/v1.0/groups/` + team + `/members?$skiptoken=s","value":[]}`), denied},
			nil, fault.Forbidden, "GroupMember.Read.All",
		},
		"the group vanishes meanwhile":        {[]reply{group, notFound, notFound, notFound}, nil, fault.Unknown, ""},
		"a member without its type":           {[]reply{group, ok(`{"value":[{"id":"` + ada + `"}]}`)}, nil, fault.NotCompliant, "member"},
		"the recycle bin needs more for them": {[]reply{notFound, denied, notFound}, nil, fault.Unknown, ""},
		"and one has come back meanwhile": {
			[]reply{notFound, denied, group, ok(`{"value":[{"@odata.type":"#microsoft.graph.user","id":"` + ada + `"}]}`)},
			[]directory.MemberChange{{ID: ada, Kind: directory.User}}, fault.Unknown, "",
		},
	} {
		t.Run("group: "+name, func(t *testing.T) {
			s := newScript(t, tc.answers...)
			got, err := connect(t, s.URL).Find(context.Background(), directory.Group, team, []string{"displayName", "members"})
			if fault.KindOf(err) != tc.wantErr || !strings.Contains(fmt.Sprint(err), tc.wantText) {
				t.Fatalf("got error %v, want %v saying %q", err, tc.wantErr, tc.wantText)
			}
			if diff := cmp.Diff(tc.want, got.Members); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindRefusesWhatIsNoID(t *testing.T) {
	s := newScript(t)
	for _, id := range []directory.SourceID{"", "..", "a/b", "a?b", "x%2f", "a@contoso.com"} {
		if _, err := connect(t, s.URL).Find(context.Background(), directory.User, id, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("Find(%q): %v, want Invalid", id, err)
		}
	}
}

func TestFindUser(t *testing.T) {
	found := ok(`{"id":"` + ada + `"}`)
	for name, tc := range map[string]struct {
		upn       string
		answers   []reply
		wantErr   fault.Kind
		wantAsked string
	}{
		"by name":                 {"ada@contoso.com", []reply{found}, fault.Unknown, "/v1.0/users/ada@contoso.com?$select=id"},
		"by id":                   {ada, []reply{found}, fault.Unknown, "/v1.0/users/" + ada + "?$select=id"},
		"a guest":                 {"a_b.com#EXT#@contoso.com", []reply{found}, fault.Unknown, "/v1.0/users/a_b.com%23EXT%23@contoso.com?$select=id"},
		"a name with a quote":     {"o'neil@contoso.com", []reply{found}, fault.Unknown, "/v1.0/users/o%27neil@contoso.com?$select=id"},
		"a name with a slash":     {"a/../b@contoso.com", []reply{found}, fault.Unknown, "/v1.0/users/a%2F..%2Fb@contoso.com?$select=id"},
		"a name with a dollar":    {"$a'b@contoso.com", []reply{found}, fault.Unknown, "/v1.0/users('$a%27%27b@contoso.com')?$select=id"},
		"nobody":                  {"x@contoso.com", []reply{notFound}, fault.NotFound, ""},
		"neither name nor id":     {"..", nil, fault.Invalid, ""},
		"an answer without proof": {"x@contoso.com", []reply{{status: 404}}, fault.NotCompliant, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, tc.answers...)
			got, err := connect(t, s.URL).FindUser(context.Background(), tc.upn, nil)
			if fault.KindOf(err) != tc.wantErr || err == nil && got.ID != ada {
				t.Errorf("got %v, %v; want %v", got, err, tc.wantErr)
			}
			if strings.Contains(fmt.Sprint(err), "contoso") {
				t.Errorf("the error tells the name: %v", err)
			}
			if asked := strings.Join(s.asked(), " "); tc.wantAsked != "" && asked != tc.wantAsked {
				t.Errorf("asked %s, want %s", asked, tc.wantAsked)
			}
		})
	}
}
