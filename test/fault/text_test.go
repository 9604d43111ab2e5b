package fault

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/test/model/world"
)

// textOnly is a server that understands active in a change as "True" and "False" alone.
func textOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPatch {
			next.ServeHTTP(w, r)
			return
		}
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		operations, _ := body["Operations"].([]any)
		for _, o := range operations {
			op, _ := o.(map[string]any)
			if op["path"] != "active" {
				continue
			}
			text, ok := op["value"].(string)
			if !ok {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			op["value"] = text == "True"
		}
		changed, err := json.Marshal(body)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(changed)), int64(len(changed))
		next.ServeHTTP(w, r)
	})
}

// TestActiveAsTextOnly is class 22 the other way round. With the profile EntraCompatible whoever leaves is disabled all the same.
// With Generic they are in escrow with the cause, and are disabled when the server has learned it.
func TestActiveAsTextOnly(t *testing.T) {
	for name, tc := range map[string]struct {
		profile string
		works   bool
	}{
		"EntraCompatible": {profile.EntraCompatible, true},
		"Generic":         {profile.Generic, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, want := scenarios[3].undisturbed(t)
			learned := false
			st, err := scenario{name, tc.profile, false}.stage(world.Options{Between: func(next http.Handler) http.Handler {
				strict := textOnly(next)
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if learned {
						next.ServeHTTP(w, r)
						return
					}
					strict.ServeHTTP(w, r)
				})
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			config, cycleErr := st.run()
			if err := st.safe(cycleErr); err != nil {
				t.Error(err)
			}
			if err := st.named(config, cycleErr, want); err != nil {
				t.Error(err)
			}
			// The server of the simulators does not understand the other forms in which that profile sends.
			if works := slices.Equal(st.inactive(), []string{"cleo@contoso.com", "dan@contoso.com"}); works != tc.works {
				t.Errorf("inactive are %v", st.inactive())
			}
			if tc.works {
				return
			}
			learned = true
			if err := st.healed(want); err != nil {
				t.Error(err)
			}
		})
	}
}

// inactive lists whose accounts are switched off.
func (st *stage) inactive() []string {
	var out []string
	for _, a := range st.accounts() {
		if a.State == world.Inactive {
			out = append(out, a.UserName)
		}
	}
	slices.Sort(out)
	return out
}
