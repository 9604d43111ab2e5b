package graph_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

func TestEntriesOfUsersDelta(t *testing.T) {
	const extension = "extension_0123456789abcdef0123456789abcdef_badge"
	for name, tc := range map[string]struct {
		attributes []string
		entry      string
		want       directory.Change
	}{
		"text and Booleans": {
			[]string{"displayName", "accountEnabled", "showInAddressList"},
			`{"id":"` + ada + `","displayName":"A","accountEnabled":true,"showInAddressList":false}`,
			directory.Change{Set: directory.Attributes{"displayName": {"A"}, "accountEnabled": {"True"}, "showInAddressList": {"False"}}},
		},
		"null clears, absence keeps": {
			[]string{"department", "jobTitle"},
			`{"id":"` + ada + `","department":null}`,
			directory.Change{Set: directory.Attributes{"department": nil}},
		},
		"an empty list clears": {
			[]string{"telephoneNumber", "proxyAddresses"},
			`{"id":"` + ada + `","businessPhones":[],"proxyAddresses":[]}`,
			directory.Change{Set: directory.Attributes{"telephoneNumber": nil, "proxyAddresses": nil}},
		},
		"one property feeds several attributes": {
			[]string{"telephoneNumber", "businessPhones", "objectId", "id"},
			`{"id":"` + ada + `","businessPhones":["+49 1","+49 2"]}`,
			directory.Change{Set: directory.Attributes{"telephoneNumber": {"+49 1"}, "businessPhones": {"+49 1", "+49 2"}, "objectId": {ada}, "id": {ada}}},
		},
		"parts of a complex property": {
			[]string{"extensionAttribute1", "extensionAttribute2", "employeeOrgData.costCenter", "employeeOrgData.division"},
			`{"id":"` + ada + `","onPremisesExtensionAttributes":{"extensionAttribute1":"x","extensionAttribute2":null,"extensionAttribute3":"y"},"employeeOrgData":null}`,
			directory.Change{Set: directory.Attributes{"extensionAttribute1": {"x"}, "extensionAttribute2": nil, "employeeOrgData.costCenter": nil, "employeeOrgData.division": nil}},
		},
		"a part that is absent keeps its value": {
			[]string{"employeeOrgData.costCenter", "employeeOrgData.division"},
			`{"id":"` + ada + `","employeeOrgData":{"division":"D"}}`,
			directory.Change{Set: directory.Attributes{"employeeOrgData.division": {"D"}}},
		},
		"a guest": {
			[]string{"userPrincipalName", "originalUserPrincipalName"},
			`{"id":"` + ada + `","userPrincipalName":"al_ice_fabrikam.com#EXT#@contoso.onmicrosoft.com"}`,
			directory.Change{Set: directory.Attributes{"userPrincipalName": {"al_ice@fabrikam.com"}, "originalUserPrincipalName": {"al_ice_fabrikam.com#EXT#@contoso.onmicrosoft.com"}}},
		},
		"directory extensions of any type": {
			[]string{extension, extension + "2", extension + "3"},
			`{"id":"` + ada + `","` + extension + `":4711,"` + extension + `2":true,"` + extension + `3":["a","b"]}`,
			directory.Change{Set: directory.Attributes{extension: {"4711"}, extension + "2": {"True"}, extension + "3": {"a", "b"}}},
		},
		"properties nobody asked for": {
			[]string{"mail"},
			`{"id":"` + ada + `","mail":"m","displayName":"A","manager@delta":[{"@odata.type":"#microsoft.graph.user","id":"` + bob + `"}],"x@odata.y":1}`,
			directory.Change{Set: directory.Attributes{"mail": {"m"}}},
		},
		"a computed attribute selects nothing": {
			[]string{"IsSoftDeleted", "appRoleAssignments"},
			`{"id":"` + ada + `"}`,
			directory.Change{Set: directory.Attributes{}},
		},
		"a manager": {
			[]string{"manager"},
			`{"id":"` + ada + `","manager@delta":[{"@odata.type":"#microsoft.graph.user","id":"` + bob + `"}]}`,
			directory.Change{Set: directory.Attributes{"manager": {bob}}},
		},
		"a manager taken away": {
			[]string{"manager"},
			`{"id":"` + ada + `","manager@delta":[{"@odata.type":"#microsoft.graph.user","id":"` + bob + `","@removed":{"reason":"deleted"}}]}`,
			directory.Change{Set: directory.Attributes{"manager": nil}},
		},
		"a manager changed, the old one named last": {
			[]string{"manager"},
			`{"id":"` + ada + `","manager@delta":[{"id":"` + bob + `"},{"id":"` + carol + `","@removed":{"reason":"deleted"}}]}`,
			directory.Change{Set: directory.Attributes{"manager": {bob}}},
		},
		"a manager changed, the old one named first": {
			[]string{"manager"},
			`{"id":"` + ada + `","manager@delta":[{"id":"` + carol + `","@removed":{"reason":"deleted"}},{"id":"` + bob + `"}]}`,
			directory.Change{Set: directory.Attributes{"manager": {bob}}},
		},
		"an empty list of managers is no change": {
			[]string{"manager"},
			`{"id":"` + ada + `","manager@delta":[]}`,
			directory.Change{Set: directory.Attributes{}},
		},
		"soft deleted": {
			[]string{"displayName"},
			`{"id":"` + ada + `","displayName":"ignored","@removed":{"reason":"changed"}}`,
			directory.Change{Removal: directory.SoftDeleted},
		},
		"deleted for good": {
			[]string{"displayName"},
			`{"id":"` + ada + `","@removed":{"reason":"deleted"}}`,
			directory.Change{Removal: directory.HardDeleted},
		},
		"removed for a reason nobody knows can be undone": {
			[]string{"displayName"},
			`{"id":"` + ada + `","@removed":{"reason":"archived"}}`,
			directory.Change{Removal: directory.SoftDeleted},
		},
		"an id in capital letters": {
			[]string{"objectId"},
			`{"id":"` + strings.ToUpper(ada) + `"}`,
			directory.Change{Set: directory.Attributes{"objectId": {ada}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, last(tc.entry))
			got, _, err := read(connect(t, s.URL), directory.User, "", tc.attributes...)
			if err != nil {
				t.Fatalf("Changes: %v", err)
			}
			tc.want.Kind, tc.want.ID = directory.User, ada
			if diff := cmp.Diff([]directory.Change{tc.want}, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEntriesOfGroupsDelta(t *testing.T) {
	for name, tc := range map[string]struct {
		attributes []string
		entry      string
		want       directory.Change
	}{
		"members of all kinds": {
			[]string{"displayName", "members"},
			`{"id":"` + team + `","displayName":"T","members@delta":[
				{"@odata.type":"#microsoft.graph.user","id":"` + ada + `"},
				{"@odata.type":"#microsoft.graph.group","id":"` + bob + `"},
				{"@odata.type":"#microsoft.graph.device","id":"` + carol + `"},
				{"@odata.type":"#microsoft.graph.user","id":"` + spID + `","@removed":{"reason":"deleted"}}]}`,
			directory.Change{Set: directory.Attributes{"displayName": {"T"}}, Members: []directory.MemberChange{
				{ID: ada, Kind: directory.User}, {ID: bob, Kind: directory.Group}, {ID: carol}, {ID: spID, Kind: directory.User, Removed: true},
			}},
		},
		"a group without members": {
			[]string{"displayName", "members"},
			`{"id":"` + team + `","displayName":"T"}`,
			directory.Change{Set: directory.Attributes{"displayName": {"T"}}},
		},
		"an empty list of members is no change": {
			[]string{"members"},
			`{"id":"` + team + `","members@delta":[]}`,
			directory.Change{Set: directory.Attributes{}},
		},
		"members nobody asked for": {
			[]string{"securityEnabled", "groupTypes"},
			`{"id":"` + team + `","securityEnabled":true,"groupTypes":["Unified"],"members@delta":[{"@odata.type":"#microsoft.graph.user","id":"` + ada + `"}]}`,
			directory.Change{Set: directory.Attributes{"securityEnabled": {"True"}, "groupTypes": {"Unified"}}},
		},
		"a group that is gone": {
			[]string{"members"},
			`{"id":"` + team + `","@removed":{"reason":"deleted"}}`,
			directory.Change{Removal: directory.HardDeleted},
		},
		"a Microsoft 365 group in the recycle bin": {
			[]string{"members"},
			`{"id":"` + team + `","@removed":{"reason":"changed"}}`,
			directory.Change{Removal: directory.SoftDeleted},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, last(tc.entry))
			got, _, err := read(connect(t, s.URL), directory.Group, "", tc.attributes...)
			if err != nil {
				t.Fatalf("Changes: %v", err)
			}
			tc.want.Kind, tc.want.ID = directory.Group, team
			if diff := cmp.Diff([]directory.Change{tc.want}, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSelectNamesPropertiesAndRelationsOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		kind       directory.Kind
		attributes []string
		want       string
	}{
		"users": {
			directory.User,
			[]string{"telephoneNumber", "businessPhones", "mobile", "manager", "extensionAttribute1", "extensionAttribute15", "employeeOrgData.division", "IsSoftDeleted", "originalUserPrincipalName", "userPrincipalName", "objectId"},
			"/v1.0/users/delta?$select=businessPhones,employeeOrgData,id,manager,mobilePhone,onPremisesExtensionAttributes,userPrincipalName",
		},
		"groups with members":   {directory.Group, []string{"displayName", "members"}, "/v1.0/groups/delta?$select=displayName,id,members"},
		"nothing but existence": {directory.Group, nil, "/v1.0/groups/delta?$select=id"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, last(""))
			if _, _, err := read(connect(t, s.URL), tc.kind, "", tc.attributes...); err != nil {
				t.Fatalf("Changes: %v", err)
			}
			if diff := cmp.Diff([]string{tc.want}, s.asked()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownAttributeIsRefusedBeforeAnyRequest(t *testing.T) {
	s := newScript(t)
	_, _, err := read(connect(t, s.URL), directory.Group, "", "surname")
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "surname") {
		t.Errorf("got %v, want Invalid naming surname", err)
	}
}

func TestPagesAreReadToTheDeltaLink(t *testing.T) {
	s := newScript(t,
		ok(`{"value":[{"id":"`+team+`","displayName":"T","members@delta":[{"@odata.type":"#microsoft.graph.user","id":"`+ada+`"}]}],"@odata.nextLink":"ORIGIN/v1.0/groups/delta?$skiptoken=a%2Bb"}`),
		ok(`{"@odata.nextLink":"ORIGIN/v1.0/groups/delta?$skiptoken=c","value":[]}`),
		ok(`{"@odata.deltaLink":"ORIGIN/v1.0/groups/delta?$deltatoken=d","value":[{"id":"`+team+`","displayName":"T","members@delta":[{"@odata.type":"#microsoft.graph.user","id":"`+bob+`"}]}]}`),
		ok(`{"@odata.deltaLink":"ORIGIN/v1.0/groups/delta?$deltatoken=e","value":[]}`),
		ok(`{"@odata.deltaLink":"ORIGIN/v1.0/groups/delta?$deltatoken=e","value":[]}`),
	)
	c := connect(t, s.URL)
	var pages []int
	token, err := c.Changes(context.Background(), directory.Group, "", []string{"displayName", "members"}, func(changes []directory.Change) error {
		pages = append(pages, len(changes))
		return nil
	})
	if err != nil {
		t.Fatalf("Changes: %v", err)
	}
	if diff := cmp.Diff([]int{1, 0, 1}, pages); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	second, next, err := read(c, directory.Group, token, "displayName", "members")
	if err != nil || len(second) != 0 {
		t.Fatalf("second round: %v, %v", second, err)
	}
	// Fewer attributes than the token was made with are covered by it.
	if _, _, err := read(c, directory.Group, next, "displayName"); err != nil {
		t.Fatalf("third round: %v", err)
	}
	want := []string{
		"/v1.0/groups/delta?$select=displayName,id,members", "/v1.0/groups/delta?$skiptoken=a%2Bb", "/v1.0/groups/delta?$skiptoken=c",
		"/v1.0/groups/delta?$deltatoken=d", "/v1.0/groups/delta?$deltatoken=e",
	}
	if diff := cmp.Diff(want, s.asked()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	ids := map[string]bool{}
	for _, r := range s.seen {
		for name, want := range map[string]string{"Authorization": "Bearer token-1", "Accept": "application/json", "X-Ms-Throttle-Priority": "Low", "User-Agent": "entrain"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: header %s is %q, want %q", r.URL, name, got, want)
			}
		}
		ids[r.Header.Get("client-request-id")] = true
	}
	if len(ids) != len(s.seen) || ids[""] {
		t.Errorf("client-request-id is not a new one for each request: %v", ids)
	}
}

func TestManagersInSeveralEntries(t *testing.T) {
	entry := func(managers string) string { return `{"id":"` + ada + `","manager@delta":[` + managers + `]}` }
	added, gone := `{"id":"`+bob+`"}`, `{"id":"`+bob+`","@removed":{"reason":"deleted"}}`
	oldGone := `{"id":"` + carol + `","@removed":{"reason":"deleted"}}`
	for name, tc := range map[string]struct {
		entries []string
		want    []string // "-" keeps, "" clears
	}{
		"the old manager's removal comes late":  {[]string{entry(added), entry(oldGone)}, []string{bob, "-"}},
		"the old manager's removal comes first": {[]string{entry(oldGone), entry(added)}, []string{"", bob}},
		"the new manager goes again":            {[]string{entry(added), entry(gone)}, []string{bob, ""}},
		"the same comes again":                  {[]string{entry(added), entry(added)}, []string{bob, bob}},
		"the person went in between": {
			[]string{entry(added), `{"id":"` + ada + `","@removed":{"reason":"changed"}}`, entry(oldGone)}, []string{bob, "-", ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, last(strings.Join(tc.entries, ",")))
			got, _, err := read(connect(t, s.URL), directory.User, "", "manager")
			if err != nil {
				t.Fatalf("Changes: %v", err)
			}
			var managers []string
			for _, change := range got {
				if _, ok := change.Set["manager"]; !ok {
					managers = append(managers, "-")
					continue
				}
				managers = append(managers, change.Set.First("manager"))
			}
			if diff := cmp.Diff(tc.want, managers); diff != "" {
				t.Errorf("managers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorOfTheCallbackEndsTheRead(t *testing.T) {
	s := newScript(t, last(`{"id":"`+ada+`"}`))
	full := errors.New("store full")
	token, err := connect(t, s.URL).Changes(context.Background(), directory.User, "", nil, func([]directory.Change) error { return full })
	if !cmp.Equal(err, full, cmpopts.EquateErrors()) || token != "" {
		t.Errorf("got %q, %v", token, err)
	}
}
