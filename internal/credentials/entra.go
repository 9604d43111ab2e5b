package credentials

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	entraOp = "get a token from Entra"
	// tokenFileVariable and defaultTokenFile are what the workload identity webhook sets (section 8.4).
	tokenFileVariable = "AZURE_FEDERATED_TOKEN_FILE"
	defaultTokenFile  = "/var/run/secrets/azure/tokens/azure-identity-token" // #nosec G101 -- a path
)

// EntraConfig says which tenant is read and as which application. Exactly one of ClientSecret, Certificate and
// WorkloadIdentity is set.
type EntraConfig struct {
	// TenantID is a GUID or a domain.
	TenantID string
	// Cloud is Public when empty.
	Cloud Cloud
	// ClientID is the application id of the app registration.
	ClientID     string
	ClientSecret string
	Certificate  *Certificate
	// WorkloadIdentity uses the token of the pod's service account.
	WorkloadIdentity *WorkloadIdentity
	// GraphURL and AuthorityURL are origins; empty means those of the cloud. Plain http is for loopback and cluster-local names only.
	GraphURL, AuthorityURL string
	// CABundle holds PEM certificates trusted in addition to the system's.
	CABundle []byte
}

// Certificate is the content of a Secret of type kubernetes.io/tls.
type Certificate struct {
	// CertPEM and KeyPEM are tls.crt and tls.key.
	CertPEM, KeyPEM []byte
}

// WorkloadIdentity is the federated token of the pod.
type WorkloadIdentity struct {
	// TokenFile is the projected token; the default is $AZURE_FEDERATED_TOKEN_FILE or the path of the workload identity
	// webhook.
	TokenFile string
}

// Entra is what the Graph reader needs.
type Entra struct {
	// Credential gives the tokens; its errors are classified.
	Credential *EntraCredential
	// GraphURL is the origin of Microsoft Graph, Scope the scope its tokens are for.
	GraphURL, Scope string
	// HTTP reaches Microsoft Graph; the time of a request is bounded by its context.
	HTTP *http.Client
}

// NewEntra checks the configuration and prepares a credential; it sends nothing. The error is of kind Invalid.
func NewEntra(cfg EntraConfig) (*Entra, error) {
	const op = "configure Entra"
	cfg.Cloud = cmp.Or(cfg.Cloud, Public)
	endpoints, ok := clouds[cfg.Cloud]
	if !ok {
		return nil, fault.New(fault.Invalid, op, "%q is no cloud; it is one of Public, USGovernment, USGovernmentDoD, China", cfg.Cloud)
	}
	graph, authority, err := cfg.origins(op, endpoints)
	if err != nil {
		return nil, err
	}
	client, err := newClient(cfg.CABundle, 0)
	if err != nil {
		return nil, err
	}
	credential, err := newEntraCredential(op, cfg, endpoints, authority)
	if err != nil {
		return nil, err
	}
	// Another Graph URL alone, or one on this machine, is a proxy or a simulator of this cloud's Graph, whose tokens are for
	// that; together with another authority it is another cloud, which has its own Graph.
	scope := graph.String()
	if cfg.AuthorityURL == "" || graph.Scheme == "http" {
		scope = endpoints.graph
	}
	return &Entra{Credential: credential, GraphURL: graph.String(), Scope: scope + "/.default", HTTP: client}, nil
}

// origins returns the URLs of Graph and of the authority.
func (cfg EntraConfig) origins(op string, endpoints cloudEndpoints) (graph, authority *url.URL, err error) {
	if graph, err = checkOrigin(op, "Graph URL", cmp.Or(cfg.GraphURL, endpoints.graph)); err != nil {
		return nil, nil, err
	}
	authority, err = checkOrigin(op, "authority URL", cmp.Or(cfg.AuthorityURL, endpoints.authority))
	return graph, authority, err
}

func checkOrigin(op, what, s string) (*url.URL, error) {
	u, err := checkURL(op, what, s)
	if err != nil {
		return nil, err
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, fault.New(fault.Invalid, op, "the %s must be scheme and host only, without version and without tenant", what)
	}
	u.Path = ""
	return u, nil
}

// EntraCredential is an azcore.TokenCredential whose errors are of type *fault.Error. It is safe for concurrent use.
type EntraCredential struct {
	host      string
	tokenFile string
	audience  string
	build     func() (azcore.TokenCredential, error)

	mu      sync.Mutex
	current azcore.TokenCredential
}

func newEntraCredential(op string, cfg EntraConfig, endpoints cloudEndpoints, authority *url.URL) (*EntraCredential, error) {
	client, err := newClient(cfg.CABundle, tokenTimeout)
	if err != nil {
		return nil, err
	}
	host := authority.Host
	if authority.Scheme == "http" {
		client.Transport = loopbackAuthority{base: client.Transport, host: host}
		authority = &url.URL{Scheme: "https", Host: host}
	}
	options := azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: authority.String() + "/"},
		Transport: recorded(client),
		// The Graph reader retries with its own bounds and clock.
		Retry:     policy.RetryOptions{MaxRetries: -1},
		Telemetry: policy.TelemetryOptions{ApplicationID: "entrain"},
	}
	// Known hosts are known to the library; any other is named by the administrator and must not be asked about elsewhere.
	c := &EntraCredential{host: host, audience: endpoints.audience}
	if c.build, err = builder(op, cfg, options, cfg.AuthorityURL != ""); err != nil {
		return nil, err
	}
	if cfg.WorkloadIdentity != nil {
		c.tokenFile = cfg.WorkloadIdentity.path()
	}
	if c.current, err = c.build(); err != nil {
		return nil, fault.New(fault.Invalid, op, "the credentials of the source cannot be used; check tenant id, client id and the Secret")
	}
	return c, nil
}

func (w *WorkloadIdentity) path() string {
	return cmp.Or(w.TokenFile, os.Getenv(tokenFileVariable), defaultTokenFile)
}

// builder returns the function that makes a credential with an empty token cache.
func builder(op string, cfg EntraConfig, options azcore.ClientOptions, private bool) (func() (azcore.TokenCredential, error), error) {
	given := 0
	for _, is := range []bool{cfg.ClientSecret != "", cfg.Certificate != nil, cfg.WorkloadIdentity != nil} {
		if is {
			given++
		}
	}
	switch {
	case cfg.TenantID == "" || cfg.ClientID == "":
		return nil, fault.New(fault.Invalid, op, "tenant id and client id are both needed")
	case given != 1:
		return nil, fault.New(fault.Invalid, op, "exactly one of client secret, certificate and workload identity is needed, and it must not be empty")
	case cfg.Certificate != nil:
		return certificateBuilder(op, cfg, options, private)
	case cfg.WorkloadIdentity != nil:
		return func() (azcore.TokenCredential, error) {
			return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
				ClientOptions: options, ClientID: cfg.ClientID, TenantID: cfg.TenantID, TokenFilePath: cfg.WorkloadIdentity.path(), DisableInstanceDiscovery: private,
			})
		}, nil
	}
	return func() (azcore.TokenCredential, error) {
		return azidentity.NewClientSecretCredential(cfg.TenantID, cfg.ClientID, cfg.ClientSecret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: private})
	}, nil
}

func certificateBuilder(op string, cfg EntraConfig, options azcore.ClientOptions, private bool) (func() (azcore.TokenCredential, error), error) {
	pem := append(append(append([]byte{}, cfg.Certificate.CertPEM...), '\n'), cfg.Certificate.KeyPEM...)
	certs, key, err := azidentity.ParseCertificates(pem, nil)
	if err != nil {
		return nil, fault.New(fault.Invalid, op, "the certificate cannot be used: tls.crt must hold a PEM certificate and tls.key its unencrypted RSA key in PEM")
	}
	return func() (azcore.TokenCredential, error) {
		return azidentity.NewClientCertificateCredential(cfg.TenantID, cfg.ClientID, certs, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: private})
	}, nil
}

// GetToken implements azcore.TokenCredential.
func (c *EntraCredential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.mu.Lock()
	current := c.current
	c.mu.Unlock()
	recording, x := recordExchange(ctx)
	token, err := current.GetToken(recording, options)
	if err != nil {
		return azcore.AccessToken{}, c.classify(ctx, x)
	}
	return token, nil
}

// Refresh forgets the tokens in the cache, because one of them was refused before its end.
func (c *EntraCredential) Refresh(context.Context) error {
	fresh, err := c.build()
	if err != nil {
		return fault.New(fault.Invalid, entraOp, "the credentials of the source cannot be used; check tenant id, client id and the Secret")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = fresh
	return nil
}

// EntraCredential also has the Refresh that the Graph reader calls after a 401.
var _ azcore.TokenCredential = (*EntraCredential)(nil)
