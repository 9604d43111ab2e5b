package credentials_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

const (
	tenantID = "0785ef7c-2d7a-4542-b048-95bcab406e0b"
	clientID = "832d86c8-cd9b-43a5-b165-ab40fb49770b"
	secret   = "good+secret/with%signs"
	issuer   = "https://kubernetes.default.svc"
	subject  = "system:serviceaccount:identity:entrain"
	audience = "api://AzureADTokenExchange"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// key signs the certificate and the service account tokens of the tests.
var key = must(rsa.GenerateKey(rand.Reader, 2048))

func certificate(days int) ([]byte, *x509.Certificate) {
	template := &x509.Certificate{SerialNumber: big.NewInt(int64(days)), Subject: pkix.Name{CommonName: "entrain"}, NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(0, 0, days)}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), must(x509.ParseCertificate(der))
}

var keyPEM = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))})

// projected writes a service account token as the kubelet does.
func projected(t *testing.T, subject, audience string) string {
	t.Helper()
	encode := func(v any) string { return base64.RawURLEncoding.EncodeToString(must(json.Marshal(v))) }
	signed := encode(map[string]any{"alg": "RS256", "kid": "k1"}) + "." + encode(map[string]any{
		"iss": issuer, "sub": subject, "aud": []string{audience}, "nbf": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	})
	sum := sha256.Sum256([]byte(signed))
	signature := must(rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]))
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(signed+"."+base64.RawURLEncoding.EncodeToString(signature)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// authority is a simulated Entra with one app registration.
func authority(t *testing.T, secure bool, change func(*graphsim.App)) *graphsim.Endpoint {
	t.Helper()
	app := graphsim.App{ClientID: clientID, Roles: graphsim.DefaultRoles(), Secrets: []graphsim.Secret{{Value: secret}, {Value: "old", Expires: time.Now().Add(-time.Hour)}}}
	if change != nil {
		change(&app)
	}
	sim := graphsim.New(graphsim.Config{Tenant: tenant.New(tenant.Config{ID: tenantID, Seed: 1}), Apps: []graphsim.App{app}})
	endpoint, err := graphsim.Listen(context.Background(), "127.0.0.1:0", secure, sim)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := endpoint.Close(); err != nil {
			t.Error(err)
		}
	})
	return endpoint
}

func config(e *graphsim.Endpoint) credentials.EntraConfig {
	return credentials.EntraConfig{TenantID: tenantID, ClientID: clientID, ClientSecret: secret, GraphURL: e.URL, AuthorityURL: e.URL, CABundle: e.CA}
}

// token asks for a token as the Graph reader does.
func token(t *testing.T, cfg credentials.EntraConfig) (*credentials.Entra, string, error) {
	t.Helper()
	entra, err := credentials.NewEntra(cfg)
	if err != nil {
		t.Fatalf("NewEntra: %v", err)
	}
	got, err := entra.Credential.GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{entra.Scope}, EnableCAE: true})
	return entra, got.Token, err
}

func TestTokensOpenGraph(t *testing.T) {
	crt, parsed := certificate(30)
	file := projected(t, subject, audience)
	for name, configure := range map[string]func(*credentials.EntraConfig){
		"client secret": func(*credentials.EntraConfig) {},
		"certificate": func(c *credentials.EntraConfig) {
			c.ClientSecret, c.Certificate = "", &credentials.Certificate{CertPEM: crt, KeyPEM: keyPEM}
		},
		"workload identity": func(c *credentials.EntraConfig) {
			c.ClientSecret, c.WorkloadIdentity = "", &credentials.WorkloadIdentity{TokenFile: file}
		},
	} {
		for transport, secure := range map[string]bool{"plain loopback": false, "TLS with a CA bundle": true} {
			t.Run(name+" over "+transport, func(t *testing.T) {
				e := authority(t, secure, func(a *graphsim.App) {
					a.Certificates = []*x509.Certificate{parsed}
					a.Federated = []graphsim.Federated{{Issuer: issuer, Subject: subject, Keys: map[string]crypto.PublicKey{"k1": &key.PublicKey}}}
				})
				cfg := config(e)
				configure(&cfg)
				entra, token, err := token(t, cfg)
				if err != nil {
					t.Fatalf("GetToken: %v", err)
				}
				req := must(http.NewRequestWithContext(t.Context(), http.MethodGet, entra.GraphURL+"/v1.0/users?$select=id", http.NoBody))
				req.Header.Set("Authorization", "Bearer "+token)
				res, err := entra.HTTP.Do(req)
				if err != nil {
					t.Fatalf("Graph: %v", err)
				}
				defer res.Body.Close()
				if res.StatusCode != http.StatusOK {
					t.Errorf("Graph answers %d", res.StatusCode)
				}
			})
		}
	}
}

func TestEntraSaysWhatIsWrong(t *testing.T) {
	crt, _ := certificate(30)
	_, other := certificate(31)
	file := projected(t, subject, audience)
	strange := projected(t, "system:serviceaccount:default:default", audience)
	federated := func(a *graphsim.App) {
		a.Federated = []graphsim.Federated{{Issuer: issuer, Subject: subject, Keys: map[string]crypto.PublicKey{"k1": &key.PublicKey}}}
	}
	workload := func(file string) func(*credentials.EntraConfig) {
		return func(c *credentials.EntraConfig) {
			c.ClientSecret, c.WorkloadIdentity = "", &credentials.WorkloadIdentity{TokenFile: file}
		}
	}
	for name, tc := range map[string]struct {
		app      func(*graphsim.App)
		change   func(*credentials.EntraConfig)
		wantCode string
		wantText string
	}{
		"a wrong secret":                {nil, func(c *credentials.EntraConfig) { c.ClientSecret = "hunter2" }, "AADSTS7000215", "client secret is wrong"},
		"an expired secret":             {nil, func(c *credentials.EntraConfig) { c.ClientSecret = "old" }, "AADSTS7000222", "has expired"},
		"an unknown tenant":             {nil, func(c *credentials.EntraConfig) { c.TenantID = "nobody.example" }, "AADSTS90002", "no such tenant"},
		"a tenant that is no tenant id": {nil, func(c *credentials.EntraConfig) { c.TenantID = "contoso" }, "AADSTS900023", "neither a GUID nor a domain"},
		"an unknown application":        {nil, func(c *credentials.EntraConfig) { c.ClientID = tenantID }, "AADSTS700016", "client id"},
		"a disabled application":        {func(a *graphsim.App) { a.Disabled = true }, nil, "AADSTS7000112", "disabled"},
		"no consent in the tenant":      {func(a *graphsim.App) { a.NoServicePrincipal = true }, nil, "AADSTS7000229", "consent"},
		"blocked by a policy":           {func(a *graphsim.App) { a.Blocked = true }, nil, "AADSTS53003", "conditional access"},
		"a certificate not registered": {func(a *graphsim.App) { a.Certificates = []*x509.Certificate{other} }, func(c *credentials.EntraConfig) {
			c.ClientSecret, c.Certificate = "", &credentials.Certificate{CertPEM: crt, KeyPEM: keyPEM}
		}, "AADSTS700027", "not registered"},
		"another service account":      {federated, workload(strange), "AADSTS700213", "subject"},
		"no federated credential":      {nil, workload(file), "", "federated credential"},
		"no projected token":           {federated, workload("/nonexistent/token"), "", "/nonexistent/token"},
		"a token for another audience": {federated, workload(projected(t, subject, "api://x")), "AADSTS700212", "audience"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(authority(t, false, tc.app))
			if tc.change != nil {
				tc.change(&cfg)
			}
			_, _, err := token(t, cfg)
			var e *fault.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Kind != fault.Unauthorized || tc.wantCode != "" && e.Code != tc.wantCode || !strings.Contains(e.Message, tc.wantText) {
				t.Errorf("got %v %s %q, want Unauthorized %s saying %q", e.Kind, e.Code, e.Message, tc.wantCode, tc.wantText)
			}
			if text := fmt.Sprintf("%v %+v", err, e); strings.Contains(text, "Trace ID") || strings.Contains(text, "error_description") || strings.Contains(text, "hunter2") {
				t.Errorf("the error tells the raw answer: %s", text)
			}
		})
	}
}

func TestAuthoritiesThatAreNone(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, tc := range map[string]struct {
		answer   http.HandlerFunc
		url      string
		want     fault.Kind
		wantText string
		wait     time.Duration
	}{
		"nobody listens": {nil, closed.URL, fault.Unreachable, "refuses the connection", 0},
		"a page of HTML": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Sign in</html>") }, "", fault.NotCompliant, "not that of an Entra token endpoint", 0},
		"nothing there":  {http.NotFound, "", fault.NotCompliant, "HTTP 404", 0},
		"busy": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "2.5")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, "", fault.Transient, "at the moment", 2500 * time.Millisecond},
		"throttled": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
		}, "", fault.Throttled, "at the moment", 0},
		"busy by its own code": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"temporarily_unavailable","error_description":"AADSTS90033: A transient error has occurred.","error_codes":[90033]}`)
		}, "", fault.Transient, "at the moment", 0},
		"a code in the text alone": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired.\r\nTrace ID: x"}`)
		}, "", fault.Unauthorized, "has expired", 0},
		"a code nobody has heard of": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"odd","error_description":"AADSTS99999999: ada@contoso.com"}`)
		}, "", fault.Unauthorized, "look up the code", 0},
		"an answer without end": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"issuer":"`, strings.Repeat("x", 2<<20), `"}`)
		}, "", fault.NotCompliant, "too large", 0},
		"an answer cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"issuer":`)
			panic(http.ErrAbortHandler)
		}, "", fault.Transient, "was cut", 0},
	} {
		t.Run(name, func(t *testing.T) {
			url := tc.url
			if tc.answer != nil {
				server := httptest.NewServer(tc.answer)
				defer server.Close()
				url = server.URL
			}
			_, _, err := token(t, credentials.EntraConfig{TenantID: tenantID, ClientID: clientID, ClientSecret: secret, AuthorityURL: url})
			if !fault.Is(err, tc.want) || !strings.Contains(fmt.Sprint(err), tc.wantText) || strings.Contains(fmt.Sprint(err), "contoso") {
				t.Errorf("got %v, want %v saying %q", err, tc.want, tc.wantText)
			}
			if got := fault.RetryAfter(err); got != tc.wait {
				t.Errorf("RetryAfter = %v, want %v", got, tc.wait)
			}
		})
	}
}

func TestUntrustedAuthority(t *testing.T) {
	cfg := config(authority(t, true, nil))
	cfg.CABundle = nil
	if _, _, err := token(t, cfg); !fault.Is(err, fault.Unreachable) || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("got %v, want Unreachable", err)
	}
}

func TestCallerWhoGivesUpIsCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	defer server.Close()
	entra := must(credentials.NewEntra(credentials.EntraConfig{TenantID: tenantID, ClientID: clientID, ClientSecret: secret, AuthorityURL: server.URL}))
	_, err := entra.Credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{entra.Scope}})
	if !fault.Is(err, fault.Canceled) {
		t.Errorf("got %v, want Canceled", err)
	}
}

func TestRefreshForgetsTheCachedToken(t *testing.T) {
	e := authority(t, false, nil)
	entra, first, err := token(t, config(e))
	if err != nil {
		t.Fatalf("GetToken: %v", err)
	}
	options := policy.TokenRequestOptions{Scopes: []string{entra.Scope}, EnableCAE: true}
	again := must(entra.Credential.GetToken(context.Background(), options))
	if again.Token != first {
		t.Error("a cached token was not used")
	}
	if err := entra.Credential.Refresh(context.Background()); err != nil {
		t.Fatalf("Refresh: %v", err)
	}
	if fresh := must(entra.Credential.GetToken(context.Background(), options)); fresh.Token == first {
		t.Error("after Refresh the old token came again")
	}
}

func TestNewEntraRefusesMistakes(t *testing.T) {
	crt, _ := certificate(30)
	for name, tc := range map[string]struct {
		change func(*credentials.EntraConfig)
		text   string // "": no error
	}{
		"as it should be":             {func(*credentials.EntraConfig) {}, ""},
		"an unknown cloud":            {func(c *credentials.EntraConfig) { c.Cloud = "Germany" }, "one of Public"},
		"no credential":               {func(c *credentials.EntraConfig) { c.ClientSecret = "" }, "exactly one"},
		"two credentials":             {func(c *credentials.EntraConfig) { c.WorkloadIdentity = &credentials.WorkloadIdentity{} }, "exactly one"},
		"no tenant":                   {func(c *credentials.EntraConfig) { c.TenantID = "" }, "tenant id"},
		"a tenant that is a path":     {func(c *credentials.EntraConfig) { c.TenantID = "a/b" }, "tenant id"},
		"a CA bundle of rubbish":      {func(c *credentials.EntraConfig) { c.CABundle = []byte("rubbish") }, "PEM"},
		"a Graph URL with a version":  {func(c *credentials.EntraConfig) { c.GraphURL = "https://graph.microsoft.com/v1.0" }, "Graph URL"},
		"an authority with a tenant":  {func(c *credentials.EntraConfig) { c.AuthorityURL = "https://login.example/" + tenantID }, "without tenant"},
		"a plain authority elsewhere": {func(c *credentials.EntraConfig) { c.AuthorityURL = "http://login.example" }, "https://"},
		"a certificate without its key": {func(c *credentials.EntraConfig) {
			c.ClientSecret, c.Certificate = "", &credentials.Certificate{CertPEM: crt}
		}, "tls.key"},
		"a certificate": {func(c *credentials.EntraConfig) {
			c.ClientSecret, c.Certificate = "", &credentials.Certificate{CertPEM: crt, KeyPEM: keyPEM}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := credentials.EntraConfig{TenantID: tenantID, ClientID: clientID, ClientSecret: secret}
			tc.change(&cfg)
			_, err := credentials.NewEntra(cfg)
			if tc.text == "" && err != nil || tc.text != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tc.text)) {
				t.Errorf("got %v, want an error saying %q", err, tc.text)
			}
		})
	}
}

func TestGraphAndScopeOfClouds(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg              credentials.EntraConfig
		wantURL, wantFor string
	}{
		"public":        {credentials.EntraConfig{}, "https://graph.microsoft.com", "https://graph.microsoft.com"},
		"US government": {credentials.EntraConfig{Cloud: credentials.USGovernment}, "https://graph.microsoft.us", "https://graph.microsoft.us"},
		"US defence":    {credentials.EntraConfig{Cloud: credentials.USGovernmentDoD}, "https://dod-graph.microsoft.us", "https://dod-graph.microsoft.us"},
		"China":         {credentials.EntraConfig{Cloud: credentials.China}, "https://microsoftgraph.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"},
		"a proxy":       {credentials.EntraConfig{GraphURL: "https://proxy.example/"}, "https://proxy.example", "https://graph.microsoft.com"},
		"another cloud": {credentials.EntraConfig{GraphURL: "https://graph.cloud.example", AuthorityURL: "https://login.cloud.example"}, "https://graph.cloud.example", "https://graph.cloud.example"},
		"a simulator":   {credentials.EntraConfig{GraphURL: "http://127.0.0.1:1", AuthorityURL: "http://127.0.0.1:1"}, "http://127.0.0.1:1", "https://graph.microsoft.com"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.cfg.TenantID, tc.cfg.ClientID, tc.cfg.ClientSecret = tenantID, clientID, secret
			got, err := credentials.NewEntra(tc.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got.GraphURL != tc.wantURL || got.Scope != tc.wantFor+"/.default" {
				t.Errorf("got %s for %s, want %s for %s", got.GraphURL, got.Scope, tc.wantURL, tc.wantFor)
			}
		})
	}
}

// A proxy that serves another party's discovery document must not receive credentials: azidentity checks the issuer.
func TestForeignDiscoveryDocumentGetsNoSecret(t *testing.T) {
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("the secret went to %s", r.URL) }))
	defer thief.Close()
	_, port, _ := net.SplitHostPort(thief.Listener.Addr().String())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		base := "https://login.example:" + port
		fmt.Fprintf(w, `{"issuer":%q,"authorization_endpoint":%q,"token_endpoint":%q}`, base+"/x", base+"/a", thief.URL+"/t")
	}))
	defer server.Close()
	_, _, err := token(t, credentials.EntraConfig{TenantID: tenantID, ClientID: clientID, ClientSecret: secret, AuthorityURL: server.URL})
	if !fault.Is(err, fault.NotCompliant) {
		t.Errorf("got %v, want NotCompliant", err)
	}
}
