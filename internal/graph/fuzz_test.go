package graph

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
)

// FuzzPage feeds pages to both kinds of delta: whatever arrives, reading ends without a panic, every change has an id, and
// what the JSON library takes for a whole page with a list is never read as fewer entries than it has.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		`{"@odata.deltaLink":"https://g/v1.0/users/delta?$deltatoken=d","value":[{"id":"a","manager@delta":[{"id":"b"},{"id":"c","@removed":{"reason":"deleted"}}]}]}`,
		`{"@odata.nextLink":"https://g/x","value":[{"id":"g","members@delta":[{"@odata.type":"#microsoft.graph.user","id":"u","@removed":{"reason":"deleted"}}]}]}`,
		`{"value":[{"id":"a","@removed":{"reason":"changed"}},{"id":"b","@removed":"deleted"},{"id":"c","@removed":null}]}`,
		`{"value":[{"id":"a","businessPhones":["1",null],"onPremisesExtensionAttributes":{"extensionAttribute1":null},"accountEnabled":true}]}`,
		`{"value":[{"id":"a","userPrincipalName":"a_b#EXT#@c"}]} x`,
		`{"value":null}`, `{"value":[],"value":[]}`, `[]`, `{`, ``, `{"value":[{"id":"a"},`, "\xff", `{"value":[[[[]]]]}`,
	} {
		f.Add([]byte(seed))
	}
	users, err := newSelection(directory.User, []string{"userPrincipalName", "telephoneNumber", "accountEnabled", "manager", "extensionAttribute1", "employeeOrgData.division"})
	if err != nil {
		f.Fatal(err)
	}
	groups, err := newSelection(directory.Group, []string{"displayName", "members", "groupTypes"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, sel := range []*selection{users, groups} {
			read := deltaRead{sel: sel, managers: map[directory.SourceID]directory.SourceID{}}
			n := 0
			_, err := decodePage(bytes.NewReader(data), func(e entity) error {
				n++
				change, err := read.change(e)
				if err == nil && change.ID == "" {
					t.Errorf("a change without id from %q", data)
				}
				return err
			})
			var page struct {
				Value []json.RawMessage `json:"value"`
			}
			if err == nil && json.Unmarshal(data, &page) != nil {
				t.Errorf("accepted what is no page: %q", data)
			}
			if err == nil && n < len(page.Value) {
				t.Errorf("%d entries read of %d: %q", n, len(page.Value), data)
			}
		}
	})
}

func FuzzGuestUPN(f *testing.F) {
	for upn, want := range map[string]string{
		"ada@contoso.com": "ada@contoso.com",
		"a_fabrikam.com#EXT#@contoso.onmicrosoft.com": "a@fabrikam.com",
		"a_b_fabrikam.com#ext#@contoso.com":           "a_b@fabrikam.com",
		"nodomain#EXT#@contoso.com":                   "nodomain#EXT#@contoso.com",
		"_fabrikam.com#EXT#@contoso.com":              "_fabrikam.com#EXT#@contoso.com",
		"a_#EXT#@contoso.com":                         "a_#EXT#@contoso.com",
		"a_b#EXT#contoso.com":                         "a_b#EXT#contoso.com",
		"":                                            "",
	} {
		if got := guestUPN(upn); got != want {
			f.Errorf("guestUPN(%q) = %q, want %q", upn, got, want)
		}
		f.Add(upn)
	}
	f.Fuzz(func(t *testing.T, upn string) {
		if got := guestUPN(upn); len(got) > len(upn) || upn != "" && got == "" {
			t.Errorf("guestUPN(%q) = %q", upn, got)
		}
	})
}
