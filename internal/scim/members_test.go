package scim_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// groupServer is an application with one group.
type groupServer struct {
	mu       sync.Mutex
	members  []string
	replaces bool // an addition takes everybody else out
	hides    bool // members are never shown
	refuses  int  // the status of GET, 0 for an answer
	noPut    bool
}

func (s *groupServer) answer(w http.ResponseWriter, r recorded, _ int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.method {
	case http.MethodGet:
		if s.refuses != 0 {
			respond(s.refuses, scimError("400", "invalidValue", "no"))(w)
			return
		}
		respond(200, s.group())(w)
	case http.MethodPut:
		if s.noPut {
			respond(501, "")(w)
			return
		}
		var doc struct{ Members []struct{ Value string } }
		if json.Unmarshal([]byte(r.body), &doc) != nil {
			respond(400, "")(w)
			return
		}
		s.members = nil
		for _, m := range doc.Members {
			s.members = append(s.members, m.Value)
		}
		respond(200, s.group())(w)
	case http.MethodPatch:
		s.patch(r.body)
		respond(204, "")(w)
	}
}

func (s *groupServer) patch(body string) {
	var doc struct {
		Operations []struct {
			Op, Path string
			Value    []struct{ Value string }
		}
	}
	if json.Unmarshal([]byte(body), &doc) != nil {
		return
	}
	for _, o := range doc.Operations {
		if o.Op == "remove" {
			s.members = slices.DeleteFunc(s.members, func(id string) bool { return strings.Contains(o.Path, id) })
			continue
		}
		if s.replaces {
			s.members = nil
		}
		for _, v := range o.Value {
			if !slices.Contains(s.members, v.Value) {
				s.members = append(s.members, v.Value)
			}
		}
	}
}

func (s *groupServer) group() string {
	list := []map[string]string{}
	for _, id := range s.members {
		list = append(list, map[string]string{"value": id})
	}
	doc := map[string]any{"id": "g-1", "displayName": "Sales", "members": list}
	if s.hides {
		delete(doc, "members")
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestWhetherAnAdditionLeavesTheOtherMembersInIsWatchedOnce(t *testing.T) {
	for name, tc := range map[string]struct {
		server       *groupServer
		add, more    []directory.TargetID
		remove       []directory.TargetID
		profile      string
		wantMembers  []string
		wantRequests []string
		wantKind     fault.Kind
	}{
		"they stay": {
			server: &groupServer{members: []string{"u-1"}}, add: []directory.TargetID{"u-2"}, more: []directory.TargetID{"u-3"},
			wantMembers: []string{"u-1", "u-2", "u-3"}, wantRequests: []string{"GET", "PATCH", "GET", "PATCH"},
		},
		"they are taken out, put back, and the group is replaced from then on": {
			server: &groupServer{members: []string{"u-1", "u-9"}, replaces: true}, add: []directory.TargetID{"u-2"}, more: []directory.TargetID{"u-3"},
			remove: []directory.TargetID{"u-9"}, wantMembers: []string{"u-1", "u-2", "u-3"},
			wantRequests: []string{"GET", "PATCH", "GET", "GET", "PUT", "GET", "PUT"},
		},
		"an empty group shows it by one who is added first": {
			server: &groupServer{}, add: []directory.TargetID{"u-1", "u-2"}, more: []directory.TargetID{"u-3"},
			wantMembers: []string{"u-1", "u-2", "u-3"}, wantRequests: []string{"GET", "PATCH", "PATCH", "GET", "PATCH"},
		},
		"an empty group that shows the opposite": {
			server: &groupServer{replaces: true}, add: []directory.TargetID{"u-1", "u-2"}, more: []directory.TargetID{"u-3"},
			wantMembers: []string{"u-1", "u-2", "u-3"}, wantRequests: []string{"GET", "PATCH", "PATCH", "GET", "GET", "PUT", "GET", "PUT"},
		},
		"the first member of a group shows nothing": {
			server: &groupServer{replaces: true}, add: []directory.TargetID{"u-1"}, more: []directory.TargetID{"u-2"},
			wantMembers: []string{"u-1", "u-2"}, wantRequests: []string{"GET", "PATCH", "GET", "PATCH", "GET", "GET", "PUT"},
		},
		"an application that hides members is believed": {
			server: &groupServer{members: []string{"u-1"}, hides: true}, add: []directory.TargetID{"u-2", "u-3"}, more: []directory.TargetID{"u-4"},
			wantMembers: []string{"u-1", "u-2", "u-3", "u-4"}, wantRequests: []string{"GET", "PATCH", "PATCH", "GET", "PATCH"},
		},
		"an application that refuses to tell them too": {
			server: &groupServer{members: []string{"u-1"}, refuses: 400}, add: []directory.TargetID{"u-2"}, more: []directory.TargetID{"u-3"},
			wantMembers: []string{"u-1", "u-2", "u-3"}, wantRequests: []string{"GET", "PATCH", "PATCH"},
		},
		"what cannot be put back is an error that says so": {
			server: &groupServer{members: []string{"u-1"}, replaces: true, noPut: true}, add: []directory.TargetID{"u-2"},
			wantMembers: []string{"u-2"}, wantRequests: []string{"GET", "PATCH", "GET", "GET", "PUT"}, wantKind: fault.Invalid,
		},
		"a profile that rules it out sends nothing else": {
			server: &groupServer{members: []string{"u-1"}}, add: []directory.TargetID{"u-2"}, more: []directory.TargetID{"u-3"},
			profile: profile.GenesysCloud, wantMembers: []string{"u-1", "u-2", "u-3"}, wantRequests: []string{"PATCH", "PATCH"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.profile == "" {
				tc.profile = profile.Generic
			}
			app := serve(t, tc.server.answer)
			client := app.client(t, tc.profile)
			err := client.UpdateMembers(context.Background(), "g-1", tc.add, tc.remove)
			if got := fault.KindOf(err); got != tc.wantKind {
				t.Errorf("kind = %v, want %v (%v)", got, tc.wantKind, err)
			}
			if len(tc.more) > 0 {
				if err := client.UpdateMembers(context.Background(), "g-1", tc.more, nil); err != nil {
					t.Error(err)
				}
			}
			var methods []string
			for _, r := range app.seen() {
				methods = append(methods, r.method)
			}
			slices.Sort(tc.server.members)
			if diff := cmp.Diff(tc.wantMembers, tc.server.members); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.wantRequests, methods); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}
