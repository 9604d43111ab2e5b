package fault_test

import (
	"testing"

	"github.com/entrain-dev/entrain/internal/fault"
)

func TestNearest(t *testing.T) {
	known := []string{"EQUALS", "NOT EQUALS", "userPrincipalName", "mail", "mailNickname", "city"}
	for name, tc := range map[string]struct {
		word, want string
	}{
		"another case":                  {"equals", "EQUALS"},
		"a separator of another kind":   {"NOT_EQUALS", "NOT EQUALS"},
		"a letter too few":              {"userPrincipleName", "userPrincipalName"},
		"neighbours swapped":            {"mial", "mail"},
		"nothing near":                  {"costCenter", ""},
		"a short word is not stretched": {"no", ""},
		"nothing":                       {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := fault.Nearest(tc.word, known)
			if got != tc.want || ok != (tc.want != "") {
				t.Errorf("Nearest(%q) = %q, %v; want %q", tc.word, got, ok, tc.want)
			}
		})
	}
}
