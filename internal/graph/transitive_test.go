package graph_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

func TestTransitiveMembers(t *testing.T) {
	more := `{"@odata.nextLink":"ORIGIN/v1.0/groups/` + team + `/transitiveMembers?$skiptoken=s","value":[{"@odata.type":"#microsoft.graph.user","id":"` + ada + `"}]}`
	last := ok(`{"value":[{"@odata.type":"#microsoft.graph.group","id":"` + bob + `"},{"@odata.type":"#microsoft.graph.device","id":"` + carol + `"}]}`)
	all := []directory.MemberChange{{ID: ada, Kind: directory.User}, {ID: bob, Kind: directory.Group}, {ID: carol}}
	denied := failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	for name, tc := range map[string]struct {
		group    directory.SourceID
		answers  []reply
		want     []directory.MemberChange
		wantKind fault.Kind
	}{
		"all pages":                        {team, []reply{ok(more), last}, all, fault.Unknown},
		"a page after a busy moment":       {team, []reply{ok(more), {status: 429, header: map[string]string{"Retry-After": "1"}}, last}, all, fault.Unknown},
		"nobody":                           {team, []reply{ok(`{"value":[]}`)}, nil, fault.Unknown},
		"the second page fails":            {team, []reply{ok(more), denied}, all[:1], fault.Forbidden},
		"a page without its list":          {team, []reply{ok(more), ok(`{}`), ok(`{}`), ok(`{}`), ok(`{}`), ok(`{}`)}, all[:1], fault.NotCompliant},
		"a member without its type":        {team, []reply{ok(`{"value":[{"id":"` + ada + `"}]}`)}, nil, fault.NotCompliant},
		"the next page is somewhere else":  {team, []reply{ok(`{"@odata.nextLink":"https://elsewhere.example/v1.0/x","value":[]}`)}, nil, fault.NotCompliant},
		"the group is gone":                {team, []reply{notFound}, nil, fault.NotFound},
		"what is no id is not asked about": {"a/b", nil, nil, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, tc.answers...)
			var got []directory.MemberChange
			err := connect(t, s.URL).TransitiveMembers(context.Background(), tc.group, func(page []directory.MemberChange) error {
				got = append(got, page...)
				return nil
			})
			if fault.KindOf(err) != tc.wantKind {
				t.Errorf("got error %v, want %v", err, tc.wantKind)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTransitiveMembersEndsWithTheErrorOfThePage(t *testing.T) {
	s := newScript(t, ok(`{"@odata.nextLink":"ORIGIN/v1.0/next","value":[]}`))
	enough := errors.New("enough")
	err := connect(t, s.URL).TransitiveMembers(context.Background(), team, func([]directory.MemberChange) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

func TestSimulatedTransitiveMembersOfACircle(t *testing.T) {
	w := newWorld(t, graphsim.Knobs{})
	group := func(name string, members ...string) string {
		id, err := w.tenant.AddGroup(map[string]any{"displayName": name, "securityEnabled": true, "mailEnabled": false, "mailNickname": name})
		must(t, err)
		must(t, w.tenant.AddMembers(id, members...))
		return id
	}
	var people []string
	for i := range 1200 {
		people = append(people, w.user(t, fmt.Sprint("u", i)))
	}
	innermost := group("innermost", people[:1100]...)
	inner := group("inner", append(people[1100:], innermost)...)
	outer := group("outer", people[0], inner)
	must(t, w.tenant.AddMembers(innermost, outer))
	pages := 0
	found := map[directory.SourceID]bool{}
	must(t, w.TransitiveMembers(context.Background(), directory.SourceID(outer), func(page []directory.MemberChange) error {
		pages++
		for _, m := range page {
			found[m.ID] = true
		}
		return nil
	}))
	for _, id := range append(people, inner, innermost) {
		if !found[directory.SourceID(id)] {
			t.Fatalf("%s is missing", id)
		}
	}
	if pages != 2 {
		t.Errorf("%d pages, want 2", pages)
	}
}
