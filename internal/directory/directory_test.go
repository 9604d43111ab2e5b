package directory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entrain-dev/entrain/internal/directory"
)

func TestMerge(t *testing.T) {
	for name, tc := range map[string]struct {
		have, set, want directory.Attributes
		wantChanged     bool
	}{
		"absent keeps":            {directory.Attributes{"a": {"1"}}, directory.Attributes{}, directory.Attributes{"a": {"1"}}, false},
		"same changes nothing":    {directory.Attributes{"a": {"1"}}, directory.Attributes{"a": {"1"}}, directory.Attributes{"a": {"1"}}, false},
		"new value":               {directory.Attributes{"a": {"1"}}, directory.Attributes{"a": {"2"}}, directory.Attributes{"a": {"2"}}, true},
		"empty list clears":       {directory.Attributes{"a": {"1"}}, directory.Attributes{"a": {}}, directory.Attributes{}, true},
		"clearing nothing":        {directory.Attributes{}, directory.Attributes{"a": nil}, directory.Attributes{}, false},
		"empty string is a value": {directory.Attributes{}, directory.Attributes{"a": {""}}, directory.Attributes{"a": {""}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.have.Merge(tc.set); got != tc.wantChanged {
				t.Errorf("changed = %v, want %v", got, tc.wantChanged)
			}
			if diff := cmp.Diff(tc.want, tc.have); diff != "" {
				t.Errorf("merged (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLookupSource(t *testing.T) {
	for name, tc := range map[string]struct {
		kind      directory.Kind
		attribute string
		wantGraph string
		wantOK    bool
	}{
		"historical name":            {directory.User, "telephoneNumber", "businessPhones[0]", true},
		"Graph name":                 {directory.User, "mobilePhone", "mobilePhone", true},
		"extension attribute":        {directory.User, "extensionAttribute7", "onPremisesExtensionAttributes.extensionAttribute7", true},
		"directory extension":        {directory.User, "extension_0123456789abcdef0123456789abcdef_badge", "extension_0123456789abcdef0123456789abcdef_badge", true},
		"extension with a short id":  {directory.User, "extension_0123_badge", "", false},
		"names are case-sensitive":   {directory.User, "Mail", "", false},
		"a group has no surname":     {directory.Group, "surname", "", false},
		"a group's computed value":   {directory.Group, "IsSoftDeleted", "", true},
		"the password is not mapped": {directory.User, "passwordProfile.password", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := directory.LookupSource(tc.kind, tc.attribute)
			if ok != tc.wantOK || got.Graph != tc.wantGraph {
				t.Errorf("got %q, %v; want %q, %v", got.Graph, ok, tc.wantGraph, tc.wantOK)
			}
		})
	}
}
