package profile

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// GenesysRegion is a region of Genesys Cloud, genesys-scim.md section 2.
type GenesysRegion struct {
	AWS    string
	Domain string
}

// genesysRegions grows with the platform; a host that is not listed is accepted as it is.
var genesysRegions = []GenesysRegion{
	{"us-east-1", "mypurecloud.com"},
	{"us-west-2", "usw2.pure.cloud"},
	{"us-east-2", "use2.us-gov-pure.cloud"},
	{"ca-central-1", "cac1.pure.cloud"},
	{"mx-central-1", "mxc1.pure.cloud"},
	{"sa-east-1", "sae1.pure.cloud"},
	{"eu-west-1", "mypurecloud.ie"},
	{"eu-west-2", "euw2.pure.cloud"},
	{"eu-central-1", "mypurecloud.de"},
	{"eu-central-2", "euc2.pure.cloud"},
	{"eusc-de-east-1", "edee1.eusc-pure.cloud"},
	{"me-central-1", "mec1.pure.cloud"},
	{"ap-south-1", "aps1.pure.cloud"},
	{"ap-northeast-1", "mypurecloud.jp"},
	{"ap-northeast-2", "apne2.pure.cloud"},
	{"ap-northeast-3", "apne3.pure.cloud"},
	{"ap-southeast-1", "apse1.pure.cloud"},
	{"ap-southeast-2", "mypurecloud.com.au"},
}

// genesysPaths are the two parallel roots of section 4; the first is preferred.
var genesysPaths = []string{"/api/v2/scim/v2", "/api/v2/scim"}

// GenesysRegions returns the known regions.
func GenesysRegions() []GenesysRegion { return slices.Clone(genesysRegions) }

// CheckTenantURL returns a sentence that says why a tenant URL cannot work and what to write instead, "" when nothing speaks
// against it. It asks nobody.
func (p Profile) CheckTenantURL(raw string) (problem string) {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case raw == "":
		return "the tenant URL is empty; write the SCIM address of the application, such as https://scim.example.com/v2"
	case err != nil || u.Host == "" || u.Opaque != "":
		return "the tenant URL is no absolute address; write one that begins with https://, such as https://scim.example.com/v2"
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Sprintf("the tenant URL begins with %s://; it must begin with https://", u.Scheme)
	case u.User != nil:
		return "the tenant URL contains credentials; put them into a Secret and name it under credentials"
	case u.Fragment != "":
		return "the tenant URL contains a part after #, which no server ever sees; leave it out"
	case u.Scheme == "http" && !privateHost(u.Hostname()):
		return fmt.Sprintf("the tenant URL sends the token unencrypted to %s; write https:// instead of http://", u.Hostname())
	}
	for _, last := range []string{"Users", "Groups", "Schemas", "ServiceProviderConfig"} {
		if base, ok := cutLast(u.Path, last); ok {
			return fmt.Sprintf("the tenant URL ends with /%s, which is appended by itself; write %s://%s%s", last, u.Scheme, u.Host, base)
		}
	}
	if p.Name == GenesysCloud {
		return checkGenesys(u)
	}
	return ""
}

func checkGenesys(u *url.URL) string {
	host := strings.ToLower(u.Hostname())
	for _, r := range genesysRegions {
		if host != "api."+r.Domain && (host == r.Domain || strings.HasSuffix(host, "."+r.Domain)) && !moreSpecific(host, r.Domain) {
			return fmt.Sprintf("the tenant URL names the host %s, which serves no SCIM; write https://api.%s%s", host, r.Domain, genesysPaths[0])
		}
	}
	path := strings.TrimRight(u.Path, "/")
	if !slices.Contains(genesysPaths, path) {
		return fmt.Sprintf("the tenant URL has the path %q; Genesys Cloud serves SCIM below %s, so write %s://%s%s",
			u.Path, genesysPaths[0], u.Scheme, u.Host, genesysPaths[0])
	}
	return ""
}

// moreSpecific reports whether another region's domain is the better match for the host.
func moreSpecific(host, domain string) bool {
	return slices.ContainsFunc(genesysRegions, func(r GenesysRegion) bool {
		return len(r.Domain) > len(domain) && (host == r.Domain || strings.HasSuffix(host, "."+r.Domain))
	})
}

// TokenURL returns the address where the application issues tokens for client credentials, "" where it cannot be derived
// from the tenant URL. Genesys: the login host stands where the API host has api (section 2).
func (p Profile) TokenURL(tenantURL string) string {
	u, err := url.Parse(strings.TrimSpace(tenantURL))
	if p.Name != GenesysCloud || err != nil {
		return ""
	}
	domain, ok := strings.CutPrefix(strings.ToLower(u.Host), "api.")
	if !ok {
		return ""
	}
	return u.Scheme + "://login." + domain + "/oauth/token"
}

func cutLast(path, segment string) (base string, ok bool) {
	path = strings.TrimRight(path, "/")
	i := strings.LastIndexByte(path, '/')
	if i < 0 || !strings.EqualFold(path[i+1:], segment) {
		return "", false
	}
	return path[:i], true
}

// privateHost reports whether a host is one that a public network cannot mean: this machine, a private address, a service of
// the cluster, a name without a dot.
func privateHost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast()
	}
	if !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range []string{".localhost", ".svc", ".cluster.local", ".local", ".internal", ".test"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}
