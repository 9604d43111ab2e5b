package graph_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/graph"
)

const (
	inDirectory = "/users/" + ada + "?$select=id"
	inBin       = "/directory/deletedItems/" + ada + "?$select=id"
	bobThere    = "/users/" + bob + "?$select=id"
)

var (
	absent  = pieceOf(notFound)
	refused = pieceOf(failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."))
	busy    = piece{status: 503}
)

func slow(retryAfter string) piece { return pieceOf(throttled(retryAfter)) }

// What a batch says of one person, and what follows from it. Bob is always there.
func TestFindMany(t *testing.T) {
	const present = directory.Removal("present")
	for name, tc := range map[string]struct {
		directory, bin []piece
		want           directory.Removal // "" for nothing known
		wantErr        fault.Kind
		wantText       string
		wantWaits      []time.Duration
	}{
		"there":                             {[]piece{found(ada)}, nil, present, fault.Unknown, "", nil},
		"in the recycle bin":                {[]piece{absent}, []piece{found(ada)}, directory.SoftDeleted, fault.Unknown, "", nil},
		"nowhere":                           {[]piece{absent, absent}, []piece{absent}, directory.HardDeleted, fault.Unknown, "", nil},
		"restored between the looks":        {[]piece{absent, found(ada)}, []piece{absent}, present, fault.Unknown, "", nil},
		"a 404 of a proxy proves nothing":   {[]piece{{status: 404, body: `"PGh0bWw+"`}}, nil, "", fault.NotCompliant, "proxy", nil},
		"a 404 without a code":              {[]piece{{status: 404}}, nil, "", fault.NotCompliant, "", nil},
		"the bin answers 404 without code":  {[]piece{absent}, []piece{{status: 404}}, "", fault.NotCompliant, "", nil},
		"the last look is no proof":         {[]piece{absent, {status: 404}}, []piece{absent}, "", fault.NotCompliant, "", nil},
		"throttled":                         {[]piece{slow("7"), found(ada)}, nil, present, fault.Unknown, "", []time.Duration{7e9}},
		"throttled for a decimal":           {[]piece{slow("2.5"), found(ada)}, nil, present, fault.Unknown, "", []time.Duration{2500 * time.Millisecond}},
		"the bin is throttled":              {[]piece{absent}, []piece{slow("3"), found(ada)}, directory.SoftDeleted, fault.Unknown, "", []time.Duration{3e9}},
		"throttled for too long":            {[]piece{slow("3600")}, nil, "", fault.Throttled, "slow down", nil},
		"busy for ever":                     {[]piece{busy, busy, busy, busy, busy, busy, busy, busy, busy, busy}, nil, "", fault.Transient, "outer-id", nil},
		"left out of the answer once":       {[]piece{{}, found(ada)}, nil, present, fault.Unknown, "", nil},
		"never in the answer":               {[]piece{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}, nil, "", fault.Transient, "did not carry out", nil},
		"the bin leaves it out":             {[]piece{absent}, []piece{{}, found(ada)}, directory.SoftDeleted, fault.Unknown, "", nil},
		"424 beside somebody throttled":     {[]piece{{status: 424}, found(ada)}, nil, present, fault.Unknown, "", nil},
		"a 200 without a body":              {[]piece{{status: 200}, found(ada)}, nil, present, fault.Unknown, "", nil},
		"somebody else comes":               {[]piece{found(carol)}, nil, "", fault.NotCompliant, "another object", nil},
		"somebody else is in the bin":       {[]piece{absent}, []piece{found(carol)}, "", fault.NotCompliant, "another object", nil},
		"no object comes":                   {[]piece{{status: 200, body: `"PGh0bWw+"`}}, nil, "", fault.NotCompliant, "", nil},
		"refused for good":                  {[]piece{pieceOf(failure(400, "Request_BadRequest", "no"))}, nil, "", fault.Invalid, "b7dee9ee-d85b-4e7a-8686-74852cbfd85b", nil},
		"the own request id goes first":     {[]piece{{status: 400, header: map[string]string{"request-id": "own-id"}}}, nil, "", fault.Invalid, "own-id", nil},
		"the bin may not be seen":           {[]piece{absent}, []piece{refused}, "", fault.Forbidden, "1 users could not be looked up", nil},
		"nobody may be seen":                {[]piece{refused}, nil, "", fault.Forbidden, "User.Read.All", nil},
		"the last look may not be taken":    {[]piece{absent, refused}, []piece{absent}, "", fault.Forbidden, "", nil},
		"an expired token is renewed":       {[]piece{pieceOf(failure(401, "InvalidAuthenticationToken", "expired")), found(ada)}, nil, present, fault.Unknown, "", nil},
		"a renewed token does not help":     {[]piece{{status: 401}, {status: 401}}, nil, "", fault.Unauthorized, "even a new one", nil},
		"an answer that is no answer (202)": {[]piece{{status: 202}}, nil, "", fault.NotCompliant, "202", nil},
	} {
		t.Run(name, func(t *testing.T) {
			server := newBatcher(t, map[string][]piece{inDirectory: tc.directory, inBin: tc.bin, bobThere: {found(bob)}})
			clock := newClock()
			got, err := findMany(connect(t, server.URL, func(c *graph.Config) { c.Clock = clock }), directory.User, []string{bob, ada})
			if fault.KindOf(err) != tc.wantErr || !strings.Contains(fmt.Sprint(err), tc.wantText) {
				t.Fatalf("got error %v, want %v saying %q", err, tc.wantErr, tc.wantText)
			}
			change, delivered := got[ada]
			removal := change.Removal
			if delivered && removal == directory.Present {
				removal = present
			}
			if removal != tc.want || delivered != (tc.want != "") {
				t.Errorf("delivered %v: %q, want %q", delivered, removal, tc.want)
			}
			if _, there := got[bob]; !there && fault.Is(err, fault.Forbidden) {
				t.Error("the other person was not delivered")
			}
			if diff := cmp.Diff(tc.wantWaits, clock.waits); tc.wantWaits != nil && diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			if n := server.left(); n > 0 && tc.wantErr == fault.Unknown {
				t.Errorf("%d answers were not asked for", n)
			}
		})
	}
}

// A batch that fails as a whole proves nothing about anybody in it.
func TestFindManyWholeBatches(t *testing.T) {
	answer := func(parts string) reply { return ok(`{"responses":[` + parts + `]}`) }
	there := `{"id":"1","status":200,"body":{"id":"` + ada + `"}}`
	for name, tc := range map[string]struct {
		whole    []reply
		wantErr  fault.Kind
		wantText string
	}{
		"throttled and then answered":          {[]reply{throttled("5"), answer(there)}, fault.Unknown, ""},
		"cut and then answered":                {[]reply{cut(`{"responses":[`), answer(there)}, fault.Unknown, ""},
		"an expired token":                     {[]reply{{status: 401}, answer(there)}, fault.Unknown, ""},
		"ids of another letter case in bodies": {[]reply{answer(strings.Replace(there, ada, strings.ToUpper(ada), 1))}, fault.Unknown, ""},
		"batches are forbidden":                {[]reply{failure(403, "Authorization_RequestDenied", "")}, fault.Forbidden, "1 users"},
		"a 404 for the batch":                  {[]reply{notFound}, fault.NotCompliant, "Graph URL"},
		"too large a request":                  {[]reply{{status: 413}}, fault.NotCompliant, "413"},
		"malformed":                            {[]reply{failure(400, "BadRequest", "")}, fault.Invalid, "outer-id"},
		"a web page":                           {[]reply{ok("<html>")}, fault.NotCompliant, "no JSON"},
		"no list":                              {[]reply{ok(`{}`)}, fault.NotCompliant, "no list"},
		"a list of something else":             {[]reply{ok(`{"responses":[1]}`)}, fault.NotCompliant, "another shape"},
		"something behind it":                  {[]reply{ok(`{"responses":[]} {}`)}, fault.NotCompliant, "something follows"},
		"an answer to nobody":                  {[]reply{answer(`{"id":"2","status":404}`)}, fault.NotCompliant, "no request"},
		"two answers":                          {[]reply{answer(there + "," + there)}, fault.NotCompliant, "twice"},
		"no status":                            {[]reply{answer(`{"id":"1"}`)}, fault.NotCompliant, "no status"},
		"a body larger than allowed":           {[]reply{ok(`{"responses":[` + strings.Repeat(" ", 1<<12) + there + `]}`)}, fault.NotCompliant, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			server := newBatcher(t, nil, tc.whole...)
			got, err := findMany(connect(t, server.URL, func(c *graph.Config) { c.MaxBody = 1 << 11 }), directory.User, []string{ada})
			if fault.KindOf(err) != tc.wantErr || !strings.Contains(fmt.Sprint(err), tc.wantText) {
				t.Errorf("got error %v, want %v saying %q", err, tc.wantErr, tc.wantText)
			}
			if len(got) != 0 && err != nil || len(got) != 1 && err == nil {
				t.Errorf("delivered %v", got)
			}
			if n := server.left(); n > 0 {
				t.Errorf("%d answers were not asked for", n)
			}
		})
	}
}

// Who was throttled goes first into the next batch, beside those who were not asked about yet, after the longest wait.
func TestFindManyFillsTheNextBatchWithWhatWasThrottled(t *testing.T) {
	answers := map[string][]piece{}
	var ids []string
	for i := range 38 {
		id := fmt.Sprintf("00000000-0000-0000-0000-%012d", i)
		ids = append(ids, id)
		answers["/users/"+id+"?$select=id"] = []piece{found(id)}
	}
	for i, wait := range []string{"2", "9"} {
		at := "/users/" + ids[i+3] + "?$select=id"
		answers[at] = append([]piece{slow(wait)}, answers[at]...)
	}
	server, clock := newBatcher(t, answers), newClock()
	got, err := findMany(connect(t, server.URL, func(c *graph.Config) { c.Clock = clock }), directory.User, ids)
	if err != nil || len(got) != 38 {
		t.Errorf("delivered %d, %v; want 38", len(got), err)
	}
	if diff := cmp.Diff([]time.Duration{9 * time.Second}, clock.waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
	if len(server.batches) != 2 || len(server.batches[1]) != 20 || !strings.Contains(server.batches[1][0], ids[3]) {
		t.Errorf("batches: %v", server.batches)
	}
}

func TestFindManyRenewsTheTokenOnceForAllParts(t *testing.T) {
	old := pieceOf(failure(401, "InvalidAuthenticationToken", "expired"))
	server := newBatcher(t, map[string][]piece{inDirectory: {old, found(ada)}, bobThere: {old, found(bob)}})
	tokens := &credential{}
	got, err := findMany(connect(t, server.URL, func(c *graph.Config) { c.Credential = tokens }), directory.User, []string{ada, bob})
	if err != nil || len(got) != 2 || tokens.refresh != 1 {
		t.Errorf("delivered %d, %v, after %d new tokens", len(got), err, tokens.refresh)
	}
	if diff := cmp.Diff([]string{"Bearer token-1", "Bearer token-2"}, server.tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}

// A part may be refused because the token misses a claim (continuous access evaluation, section 7.5).
func TestFindManyAnswersAChallenge(t *testing.T) {
	const claims = `{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}`
	challenged := piece{status: 401, header: map[string]string{
		"WWW-Authenticate": `Bearer realm="", error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(claims)) + `"`,
	}}
	server := newBatcher(t, map[string][]piece{inDirectory: {challenged, found(ada)}})
	tokens := &credential{}
	got, err := findMany(connect(t, server.URL, func(c *graph.Config) { c.Credential = tokens }), directory.User, []string{ada})
	if err != nil || len(got) != 1 || tokens.refresh != 0 {
		t.Errorf("delivered %d, %v, after %d refreshes", len(got), err, tokens.refresh)
	}
	if diff := cmp.Diff([]string{claims}, tokens.claims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Bearer token-1", "Bearer token-2"}, server.tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}

func TestFindManyOfGroupsReadsAllMembers(t *testing.T) {
	group, members := "/groups/"+team+"?$select=id", "/groups/"+team+"/members?$select=id&$top=999"
	const user = `{"@odata.type":"#microsoft.graph.user","id":"%s"}`
	for name, tc := range map[string]struct {
		group, members, bin []piece
		want                directory.Change
		wantErr             fault.Kind
	}{
		"members": {
			[]piece{found(team)}, []piece{{status: 200, body: fmt.Sprintf(`{"value":[`+user+`]}`, ada)}}, nil,
			directory.Change{Kind: directory.Group, ID: team, Set: directory.Attributes{}, Members: []directory.MemberChange{{ID: ada, Kind: directory.User}}}, fault.Unknown,
		},
		"the group vanishes meanwhile": {
			[]piece{found(team), absent}, []piece{absent}, []piece{absent}, directory.Change{Kind: directory.Group, ID: team, Removal: directory.HardDeleted}, fault.Unknown,
		},
		"members may not be read": {[]piece{found(team)}, []piece{refused}, nil, directory.Change{}, fault.Forbidden},
		"a page without its list": {[]piece{found(team)}, []piece{{status: 200, body: `{}`}}, nil, directory.Change{}, fault.NotCompliant},
		"the bin needs another right": {
			[]piece{absent, absent}, nil, []piece{refused}, directory.Change{Kind: directory.Group, ID: team, Removal: directory.SoftDeleted}, fault.Unknown,
		},
		"the next page is of somebody": {[]piece{found(team)}, []piece{{status: 200, body: `{"@odata.nextLink":"https://evil.example/","value":[]}`}}, nil, directory.Change{}, fault.NotCompliant},
	} {
		t.Run(name, func(t *testing.T) {
			server := newBatcher(t, map[string][]piece{group: tc.group, members: tc.members, "/directory/deletedItems/" + team + "?$select=id": tc.bin})
			got, err := findMany(connect(t, server.URL), directory.Group, []string{team}, "members")
			if fault.KindOf(err) != tc.wantErr {
				t.Fatalf("got error %v, want %v", err, tc.wantErr)
			}
			if diff := cmp.Diff(tc.want, got[team]); diff != "" {
				t.Errorf("group (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindManyStopsWhenTheCallerDoes(t *testing.T) {
	stop := errors.New("enough")
	server := newBatcher(t, map[string][]piece{inDirectory: {found(ada)}, bobThere: {found(bob)}})
	n := 0
	err := connect(t, server.URL).FindMany(context.Background(), directory.User, []directory.SourceID{ada, bob}, nil, func(directory.Change) error {
		n++
		return stop
	})
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("got %v after %d calls", err, n)
	}
}

func TestFindManyAsksNothingItNeedNot(t *testing.T) {
	server := newBatcher(t, map[string][]piece{inDirectory: {found(ada)}})
	client := connect(t, server.URL)
	if got, err := findMany(client, directory.User, nil); err != nil || len(got) != 0 {
		t.Errorf("nobody: %v, %v", got, err)
	}
	for _, id := range []string{"", "..", "a/b", "a?b", "a@contoso.com"} {
		if _, err := findMany(client, directory.User, []string{ada, id}); !fault.Is(err, fault.Invalid) {
			t.Errorf("FindMany(%q): %v, want Invalid", id, err)
		}
	}
	if n := len(server.batches); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	if got, err := findMany(client, directory.User, []string{ada, strings.ToUpper(ada), ada}); err != nil || len(got) != 1 {
		t.Errorf("the same person three times: %v, %v", got, err)
	}
}
