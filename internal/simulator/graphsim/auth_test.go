package graphsim_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
)

// testKey signs certificates and federated tokens of the tests.
var testKey = must(rsa.GenerateKey(rand.Reader, 2048))

var testCertificate = func() *x509.Certificate {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}, NotBefore: start.AddDate(-20, 0, 0), NotAfter: start.AddDate(20, 0, 0)}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, template, &testKey.PublicKey, testKey))))
}()

func jwt(header, claims map[string]any) string {
	encode := func(v any) string { return base64.RawURLEncoding.EncodeToString(must(json.Marshal(v))) }
	signed := encode(header) + "." + encode(claims)
	sum := sha256.Sum256([]byte(signed))
	signature := must(rsa.SignPKCS1v15(rand.Reader, testKey, crypto.SHA256, sum[:]))
	if header["alg"] == "PS256" {
		signature = must(rsa.SignPSS(rand.Reader, testKey, crypto.SHA256, sum[:], nil))
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}

const (
	cluster = "https://kubernetes.default.svc"
	subject = "system:serviceaccount:identity:entrain"
)

func testApps() []graphsim.App {
	return []graphsim.App{
		{ClientID: "secret-app", Roles: graphsim.DefaultRoles(), Secrets: []graphsim.Secret{
			{Value: "good+secret/with%signs"}, {Value: "old", Expires: start.Add(-time.Hour)}, {Value: "soon", Expires: start.Add(time.Hour)}}},
		{ClientID: "cert-app", Certificates: []*x509.Certificate{testCertificate}},
		{ClientID: "federated-app", Federated: []graphsim.Federated{{Issuer: cluster, Subject: subject, Keys: map[string]crypto.PublicKey{"k1": &testKey.PublicKey}}}},
		{ClientID: "disabled-app", Disabled: true}, {ClientID: "absent-app", NoServicePrincipal: true},
		{ClientID: "blocked-app", Blocked: true, Secrets: []graphsim.Secret{{Value: "s"}}},
	}
}

// requestToken posts a form and returns status and JSON.
func (m *sim) requestToken(tenantID string, form url.Values, basic ...string) (int, map[string]any) {
	m.t.Helper()
	req := must(http.NewRequestWithContext(m.t.Context(), http.MethodPost, m.url+"/"+tenantID+"/oauth2/v2.0/token", strings.NewReader(form.Encode())))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(basic) == 2 {
		req.SetBasicAuth(url.QueryEscape(basic[0]), url.QueryEscape(basic[1]))
	}
	resp, err := client.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var out map[string]any
	check(m.t, json.NewDecoder(resp.Body).Decode(&out))
	return resp.StatusCode, out
}

func form(pairs ...string) url.Values {
	f := url.Values{"grant_type": {"client_credentials"}, "scope": {"https://graph.microsoft.com/.default"}}
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			f.Del(pairs[i])
		}
	}
	return f
}

func TestTokenEndpoint(t *testing.T) {
	const tid = "0785ef7c-2d7a-4542-b048-95bcab406e0b"
	times := func(more map[string]any) map[string]any {
		c := map[string]any{"nbf": start.Add(-time.Minute).Unix(), "exp": start.Add(9 * time.Minute).Unix(), "jti": "1"}
		for k, v := range more {
			c[k] = v
		}
		return c
	}
	sum := sha256.Sum256(testCertificate.Raw)
	certHeader := map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.RawURLEncoding.EncodeToString(sum[:])}
	msalHeader := map[string]any{"alg": "PS256", "typ": "JWT", "x5t#S256": base64.StdEncoding.EncodeToString(sum[:])}
	own := map[string]any{"iss": "cert-app", "sub": "cert-app", "aud": "https://login.microsoftonline.com/" + tid + "/oauth2/v2.0/token"}
	fed := func(iss, sub, aud string) map[string]any {
		return map[string]any{"iss": iss, "sub": sub, "aud": []string{aud}}
	}
	with := func(app, assertion string) url.Values {
		return form("client_id", app, "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion)
	}
	kid := map[string]any{"alg": "RS256", "kid": "k1"}
	secret := func(pairs ...string) url.Values {
		return form(append([]string{"client_id", "secret-app", "client_secret", "good+secret/with%signs"}, pairs...)...)
	}
	for name, tc := range map[string]struct {
		tenant     string
		form       url.Values
		basic      []string
		wantStatus int
		wantAADSTS float64
		wantError  string
	}{
		"secret":                   {tid, secret(), nil, 200, 0, ""},
		"domain as tenant":         {"contoso.onmicrosoft.com", secret(), nil, 200, 0, ""},
		"secret that will expire":  {tid, secret("client_secret", "soon"), nil, 200, 0, ""},
		"secret by Basic":          {tid, form(), []string{"secret-app", "good+secret/with%signs"}, 200, 0, ""},
		"scopes that MSAL adds":    {tid, secret("scope", "https://graph.microsoft.com/.default openid offline_access profile", "client_info", "1"), nil, 200, 0, ""},
		"claims for CAE":           {tid, secret("claims", `{"access_token":{"xms_cc":{"values":["cp1"]}}}`), nil, 200, 0, ""},
		"certificate":              {tid, with("cert-app", jwt(certHeader, times(own))), nil, 200, 0, ""},
		"thumbprint as MSAL-Go":    {tid, with("cert-app", jwt(msalHeader, times(own))), nil, 200, 0, ""},
		"federated":                {tid, with("federated-app", jwt(kid, times(fed(cluster, subject, "api://AzureADTokenExchange")))), nil, 200, 0, ""},
		"wrong secret":             {tid, secret("client_secret", "bad"), nil, 401, 7000215, "invalid_client"},
		"wrong secret by Basic":    {tid, form(), []string{"secret-app", "bad"}, 401, 7000215, "invalid_client"},
		"expired secret":           {tid, secret("client_secret", "old"), nil, 401, 7000222, "invalid_client"},
		"no credential":            {tid, secret("client_secret", ""), nil, 401, 7000216, "invalid_client"},
		"unknown app":              {tid, secret("client_id", "nobody"), nil, 400, 700016, "unauthorized_client"},
		"no service principal":     {tid, secret("client_id", "absent-app"), nil, 401, 7000229, "invalid_client"},
		"disabled app":             {tid, secret("client_id", "disabled-app"), nil, 401, 7000112, "unauthorized_client"},
		"blocked app":              {tid, secret("client_id", "blocked-app", "client_secret", "s"), nil, 400, 53003, "access_denied"},
		"unknown tenant":           {"99999999-2d7a-4542-b048-95bcab406e0b", secret(), nil, 400, 90002, "invalid_request"},
		"unknown domain":           {"fabrikam.com", secret(), nil, 400, 90002, "invalid_request"},
		"no tenant id":             {"common", secret(), nil, 400, 900023, "invalid_request"},
		"no grant type":            {tid, secret("grant_type", ""), nil, 400, 900144, "invalid_request"},
		"no client id":             {tid, secret("client_id", ""), nil, 400, 900144, "invalid_request"},
		"no scope":                 {tid, secret("scope", ""), nil, 400, 900144, "invalid_request"},
		"other grant type":         {tid, secret("grant_type", "password"), nil, 400, 70003, "unsupported_grant_type"},
		"scope without default":    {tid, secret("scope", "https://graph.microsoft.com/User.Read.All"), nil, 400, 1002012, "invalid_scope"},
		"other resource":           {tid, secret("scope", "https://graph.microsoft.us/.default"), nil, 400, 500011, "invalid_resource"},
		"unregistered certificate": {tid, with("cert-app", jwt(map[string]any{"alg": "PS256", "x5t#S256": "AAAA"}, times(own))), nil, 401, 700027, "invalid_client"},
		"broken signature":         {tid, with("cert-app", jwt(certHeader, times(own))+"AA"), nil, 401, 700027, "invalid_client"},
		"old assertion":            {tid, with("cert-app", jwt(certHeader, map[string]any{"iss": "cert-app", "sub": "cert-app", "aud": own["aud"], "nbf": 1, "exp": start.Add(-time.Hour).Unix()})), nil, 401, 700024, "invalid_client"},
		"no federated credential":  {tid, with("cert-app", jwt(kid, times(fed(cluster, subject, "api://AzureADTokenExchange")))), nil, 400, 70021, "invalid_request"},
		"other issuer":             {tid, with("federated-app", jwt(kid, times(fed(cluster+"/", subject, "api://AzureADTokenExchange")))), nil, 401, 700211, "invalid_client"},
		"other audience":           {tid, with("federated-app", jwt(kid, times(fed(cluster, subject, "api://azureadtokenexchange")))), nil, 401, 700212, "invalid_client"},
		"other subject":            {tid, with("federated-app", jwt(kid, times(fed(cluster, subject+"2", "api://AzureADTokenExchange")))), nil, 401, 700213, "invalid_client"},
		"unknown key":              {tid, with("federated-app", jwt(map[string]any{"alg": "RS256", "kid": "k2"}, times(fed(cluster, subject, "api://AzureADTokenExchange")))), nil, 401, 700027, "invalid_client"},
		"not a JWT":                {tid, with("cert-app", "abc"), nil, 400, 50027, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newSim(t, graphsim.Knobs{AccessTokenLife: 3599 * time.Second}, testApps()...)
			status, got := m.requestToken(tc.tenant, tc.form, tc.basic...)
			if status != tc.wantStatus {
				t.Fatalf("status %d, want %d: %v", status, tc.wantStatus, got)
			}
			if tc.wantAADSTS == 0 {
				if got["token_type"] != "Bearer" || got["expires_in"] != 3599.0 || len(strings.Split(got["access_token"].(string), ".")) != 3 {
					t.Errorf("answer is %v", got)
				}
				return
			}
			codes, _ := got["error_codes"].([]any)
			if got["error"] != tc.wantError || len(codes) != 1 || codes[0] != tc.wantAADSTS || !strings.Contains(got["error_description"].(string), "Trace ID: ") {
				t.Errorf("answer is %v", got)
			}
		})
	}
}

func TestAccessTokensAreCheckedByGraph(t *testing.T) {
	const invalid = "InvalidAuthenticationToken"
	m := newSim(t, graphsim.Knobs{AccessTokenLife: time.Hour})
	good := m.Token(graphsim.DefaultClientID, "User.Read.All")
	for name, tc := range map[string]struct{ token, message string }{
		"none":            {"", "Access token is empty."},
		"no dots":         {"abc", "IDX14100: JWT is not well formed, there are no dots (.)."},
		"broken":          {"a.b.c", "CompactToken parsing failed with error code: 80049217"},
		"wrong signature": {jwt(map[string]any{"alg": "RS256"}, map[string]any{"aud": "https://graph.microsoft.com"}), "CompactToken parsing failed"},
	} {
		t.Run(name, func(t *testing.T) {
			m.token = tc.token
			a := m.wantError("/v1.0/users", 401, invalid, tc.message)
			if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), `Bearer realm=""`) {
				t.Errorf("WWW-Authenticate is %q", a.header.Get("WWW-Authenticate"))
			}
		})
	}
	m.token = good
	m.ok("/v1.0/users")
	m.RevokeAccessTokens()
	a := m.wantError("/v1.0/users", 401, "TokenCreatedWithOutdatedPolicies", "")
	if !strings.Contains(a.header.Get("WWW-Authenticate"), `error="insufficient_claims", claims="`) {
		t.Errorf("WWW-Authenticate is %q", a.header.Get("WWW-Authenticate"))
	}
	m.token = m.Token(graphsim.DefaultClientID, "User.Read.All")
	m.ok("/v1.0/users")
	m.UpdateApp(graphsim.DefaultClientID, func(a *graphsim.App) { a.NoServicePrincipal = true })
	m.wantError("/v1.0/users", 401, "Authorization_IdentityNotFound", "")
	m.UpdateApp(graphsim.DefaultClientID, func(a *graphsim.App) { a.NoServicePrincipal = false })
	m.clock.Advance(time.Hour)
	m.wantError("/v1.0/users", 401, invalid, "Lifetime validation failed, the token is expired.")
	m.Set(func(k *graphsim.Knobs) { k.OpaqueTokens = true })
	m.token = m.Token(graphsim.DefaultClientID, "User.Read.All")
	m.ok("/v1.0/users")
}

func TestTokensForAnotherAudience(t *testing.T) {
	m := newSim(t, graphsim.Knobs{}, testApps()...)
	status, got := m.requestToken(m.tenant.ID(), form("client_id", "secret-app", "client_secret", "good+secret/with%signs", "scope", m.url+"/.default"))
	if status != 200 {
		t.Fatalf("the origin of the simulator is no resource: %v", got)
	}
	m.token, _ = got["access_token"].(string)
	m.ok("/v1.0/users")
	other := httptest.NewServer(m.Server)
	t.Cleanup(other.Close)
	m.url = other.URL
	m.wantError("/v1.0/users", 401, "InvalidAuthenticationToken", "Invalid audience")
}

func TestMissingPermissionForEachRoute(t *testing.T) {
	c := newCompany(t, graphsim.Knobs{})
	for path, least := range map[string]string{
		"/users": "User.Read.All", "/users/delta": "User.Read.All", "/users/" + c.ann: "User.Read.All", "/users/" + c.bob + "/manager": "User.Read.All",
		"/directory/deletedItems/microsoft.graph.user": "User.Read.All", "/groups/delta": "GroupMember.Read.All", "/groups/" + c.group + "/members": "GroupMember.Read.All",
		"/groups/" + c.group + "/transitiveMembers": "GroupMember.Read.All", "/directory/deletedItems/microsoft.graph.group": "Group.Read.All",
		"/servicePrincipals/" + c.app: "Application.Read.All", "/servicePrincipals/" + c.app + "/appRoleAssignedTo": "Application.Read.All",
		"/users/" + c.ann + "/appRoleAssignments": "Directory.Read.All",
	} {
		c.token = c.Token(graphsim.DefaultClientID, least)
		c.ok("/v1.0" + path)
		for _, other := range []string{"User.Read.All", "GroupMember.Read.All", "Application.Read.All", "AuditLog.Read.All"} {
			if other != least {
				c.token = c.Token(graphsim.DefaultClientID, other)
				c.wantError("/v1.0"+path, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
			}
		}
	}
	c.token = c.Token(graphsim.DefaultClientID, "User.Read.All")
	for property, extra := range map[string]string{
		"signInActivity": "AuditLog.Read.All", "customSecurityAttributes": "CustomSecAttributeAssignment.Read.All", "employeeLeaveDateTime": "User-LifeCycleInfo.Read.All",
	} {
		c.token = c.Token(graphsim.DefaultClientID, "User.Read.All")
		c.wantError("/v1.0/users?$select="+property, 403, "Authorization_RequestDenied", "")
		c.token = c.Token(graphsim.DefaultClientID, "User.Read.All", extra)
		c.ok("/v1.0/users?$select=" + property)
	}
	c.token = c.Token(graphsim.DefaultClientID, []string{}...)
	c.wantError("/v1.0/users", 403, "Authorization_RequestDenied", "")
}

func TestDiscovery(t *testing.T) {
	m := newSim(t, graphsim.Knobs{})
	m.token = ""
	path := "/" + m.tenant.ID() + "/v2.0/.well-known/openid-configuration"
	for name, tc := range map[string]struct {
		proto, host, want string
	}{
		"as called":      {"", "", m.url},
		"behind a proxy": {"https", "login.sim.invalid", "https://login.sim.invalid"},
	} {
		m.header = http.Header{}
		if tc.proto != "" {
			m.header.Set("X-Forwarded-Proto", tc.proto)
			m.header.Set("X-Forwarded-Host", tc.host)
		}
		a := m.ok(path)
		root := tc.want + "/" + m.tenant.ID()
		if a.json["issuer"] != root+"/v2.0" || a.json["token_endpoint"] != root+"/oauth2/v2.0/token" || a.json["authorization_endpoint"] == nil || a.json["jwks_uri"] == nil {
			t.Errorf("%s: %s", name, a.text)
		}
	}
	m.header = http.Header{}
	a := m.get("/99999999-2d7a-4542-b048-95bcab406e0b/v2.0/.well-known/openid-configuration")
	if a.status != 400 || a.json["error"] != "invalid_tenant" || !strings.Contains(a.text, "AADSTS90002") {
		t.Errorf("unknown tenant: %d %s", a.status, a.text)
	}
	a = m.ok("/common/discovery/instance?api-version=1.1&authorization_endpoint=" + url.QueryEscape(m.url+"/"+m.tenant.ID()+"/oauth2/v2.0/authorize"))
	if a.json["tenant_discovery_endpoint"] != m.url+path {
		t.Errorf("instance discovery: %s", a.text)
	}
	if keys, _ := m.ok("/" + m.tenant.ID() + "/discovery/v2.0/keys").json["keys"].([]any); len(keys) != 1 {
		t.Error("no keys")
	}
}

// TestAzidentityWorksAgainstTheTLSEndpoint uses the library that real clients use, against the simulator as an https authority.
func TestAzidentityWorksAgainstTheTLSEndpoint(t *testing.T) {
	s := graphsim.New(graphsim.Config{})
	e, err := graphsim.Listen(t.Context(), "127.0.0.1:0", true, s)
	check(t, err)
	t.Cleanup(func() { check(t, e.Close()) })
	options := azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: e.URL}, Transport: e.Client()}
	for secret, want := range map[string]bool{graphsim.DefaultSecret: true, "wrong": false} {
		cred, err := azidentity.NewClientSecretCredential(s.Tenant().ID(), graphsim.DefaultClientID, secret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		check(t, err)
		token, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}, EnableCAE: true})
		if (err == nil) != want {
			t.Fatalf("secret %q: %v", secret, err)
		}
		if !want {
			if !strings.Contains(err.Error(), "AADSTS7000215") {
				t.Errorf("error is %v", err)
			}
			continue
		}
		req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL+"/v1.0/users/delta", nil))
		req.Header.Set("Authorization", "Bearer "+token.Token)
		resp, err := e.Client().Do(req)
		check(t, err)
		check(t, resp.Body.Close())
		if resp.StatusCode != http.StatusOK {
			t.Errorf("Graph answers %d", resp.StatusCode)
		}
	}
}
