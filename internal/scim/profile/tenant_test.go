package profile_test

import (
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/scim/profile"
)

func TestCheckTenantURL(t *testing.T) {
	for name, tc := range map[string]struct {
		profile, url string
		want         string // part of the sentence, "" for none
	}{
		"Genesys in Frankfurt":             {profile.GenesysCloud, "https://api.mypurecloud.de/api/v2/scim/v2", ""},
		"the other root":                   {profile.GenesysCloud, "https://api.usw2.pure.cloud/api/v2/scim", ""},
		"a slash at the end":               {profile.GenesysCloud, "https://api.mypurecloud.com/api/v2/scim/v2/", ""},
		"a region nobody knows yet":        {profile.GenesysCloud, "https://api.new1.pure.cloud/api/v2/scim/v2", ""},
		"a simulator on this machine":      {profile.GenesysCloud, "http://127.0.0.1:8080/api/v2/scim/v2", ""},
		"a simulator in the cluster":       {profile.GenesysCloud, "http://genesyssim.demo.svc:8080/api/v2/scim/v2", ""},
		"without the path":                 {profile.GenesysCloud, "https://api.mypurecloud.de", "write https://api.mypurecloud.de/api/v2/scim/v2"},
		"the path of another product":      {profile.GenesysCloud, "https://api.mypurecloud.de/scim/v2", "serves SCIM below /api/v2/scim/v2"},
		"the login host":                   {profile.GenesysCloud, "https://login.mypurecloud.de/api/v2/scim/v2", "write https://api.mypurecloud.de/api/v2/scim/v2"},
		"a host of an invented article":    {profile.GenesysCloud, "https://scim.mypurecloud.com/v2", "write https://api.mypurecloud.com/api/v2/scim/v2"},
		"the domain alone":                 {profile.GenesysCloud, "https://mypurecloud.com.au/api/v2/scim/v2", "write https://api.mypurecloud.com.au/api/v2/scim/v2"},
		"with the collection":              {profile.GenesysCloud, "https://api.mypurecloud.de/api/v2/scim/v2/Users", "write https://api.mypurecloud.de/api/v2/scim/v2"},
		"unencrypted":                      {profile.GenesysCloud, "http://api.mypurecloud.de/api/v2/scim/v2", "unencrypted"},
		"any path is fine elsewhere":       {profile.Generic, "https://scim.example.com/tenants/7", ""},
		"flags are fine":                   {profile.EntraCompatible, "https://scim.example.com/scim?aadOptscim062020", ""},
		"unencrypted to a public address":  {profile.Generic, "http://93.184.216.34/scim", "unencrypted"},
		"unencrypted to a private address": {profile.Generic, "http://10.1.2.3/scim", ""},
		"credentials inside":               {profile.Generic, "https://user:secret@example.com/scim", "put them into a Secret"},
		"a fragment":                       {profile.Generic, "https://example.com/scim#x", "leave it out"},
		"no scheme":                        {profile.Generic, "scim.example.com/v2", "begins with https://"},
		"another scheme":                   {profile.Generic, "ldaps://example.com/x", "must begin with https://"},
		"nothing":                          {profile.Generic, "", "is empty"},
		"no URL":                           {profile.Generic, "https://exa mple.com/%zz", "no absolute address"},
	} {
		t.Run(name, func(t *testing.T) {
			got := lookup(t, tc.profile, profile.Options{}).CheckTenantURL(tc.url)
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want it to say %q", got, tc.want)
			}
			if strings.Contains(got, "secret@") {
				t.Errorf("the sentence shows the credentials: %q", got)
			}
		})
	}
}

func TestTokenURLIsOnTheLoginHostOfTheRegion(t *testing.T) {
	for name, tc := range map[string]struct{ profile, url, want string }{
		"Genesys":              {profile.GenesysCloud, "https://api.mypurecloud.de/api/v2/scim/v2", "https://login.mypurecloud.de/oauth/token"},
		"US government":        {profile.GenesysCloud, "https://api.use2.us-gov-pure.cloud/api/v2/scim/v2", "https://login.use2.us-gov-pure.cloud/oauth/token"},
		"no host to derive":    {profile.GenesysCloud, "http://127.0.0.1:8080/api/v2/scim/v2", ""},
		"unknown applications": {profile.Generic, "https://api.example.com/scim", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lookup(t, tc.profile, profile.Options{}).TokenURL(tc.url); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestEveryRegionHasAUsableTenantURL(t *testing.T) {
	p := lookup(t, profile.GenesysCloud, profile.Options{})
	regions := profile.GenesysRegions()
	if len(regions) != 18 {
		t.Errorf("%d regions, want the 18 public ones of genesys-scim.md 2", len(regions))
	}
	for _, r := range regions {
		if problem := p.CheckTenantURL("https://api." + r.Domain + "/api/v2/scim/v2"); problem != "" {
			t.Errorf("%s: %s", r.AWS, problem)
		}
	}
}

func TestHasComplianceFlag(t *testing.T) {
	for url, want := range map[string]bool{
		"https://a.example/scim?aadOptscim062020":     true,
		"https://a.example/scim?x=1&AADOPTSCIM062020": true,
		"https://a.example/scim":                      false,
		"https://a.example/aadOptscim062020":          false,
	} {
		if got := profile.HasComplianceFlag(url); got != want {
			t.Errorf("%s: got %v, want %v", url, got, want)
		}
	}
}
