package plan

import (
	"crypto/sha256"
	"encoding/hex"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/graph"
	"github.com/entrain-dev/entrain/internal/scim"
	"github.com/entrain-dev/entrain/internal/scim/profile"
)

// source connects to the tenant; it sends nothing yet.
func (b *Builder) source(in *inputs, p *engine.Plan) (engine.Source, error) {
	entra := in.config.Spec.Source.Entra
	cfg := credentials.EntraConfig{TenantID: entra.TenantID, Cloud: credentials.Cloud(entra.Cloud)}
	var err error
	switch c := entra.Credentials; {
	case c.ClientSecret != nil:
		cfg.ClientID = string(c.ClientSecret.ClientID)
		cfg.ClientSecret, err = in.text(c.ClientSecret.SecretRef)
	case c.ClientCertificate != nil:
		cfg.ClientID = string(c.ClientCertificate.ClientID)
		cfg.Certificate, err = in.certificate(c.ClientCertificate.SecretRef.Name)
	case c.WorkloadIdentity != nil:
		cfg.ClientID = string(c.WorkloadIdentity.ClientID)
		cfg.WorkloadIdentity = &credentials.WorkloadIdentity{}
	}
	if err != nil {
		return nil, err
	}
	if e := entra.Endpoints; e != nil {
		cfg.GraphURL, cfg.AuthorityURL = deref(e.GraphURL), deref(e.AuthorityURL)
		if cfg.CABundle, err = in.caBundle(e.CABundleSecretRef); err != nil {
			return nil, err
		}
	}
	made, err := credentials.NewEntra(cfg)
	if err != nil {
		return nil, invalid("spec.source.entra", err)
	}
	kinds := []directory.Kind{directory.User}
	if p.Groups != nil || p.AssignedOnly {
		kinds = append(kinds, directory.Group)
	}
	client, err := graph.New(graph.Config{
		GraphURL: made.GraphURL, Scope: made.Scope, Credential: made.Credential, HTTP: made.HTTP, Clock: b.Clock, Kinds: kinds,
		AppID: deref(entra.Application.AppID), ObjectID: deref(entra.Application.ObjectID), UserAgent: b.userAgent(),
		Observe: func(r graph.Request) {
			if b.Observe != nil {
				b.Observe(graph.System, r.Route, r.Status, r.Duration, 0)
			}
		},
	})
	if err != nil {
		return nil, invalid("spec.source.entra", err)
	}
	return client, nil
}

// target connects to the application; it sends nothing yet.
func (b *Builder) target(in *inputs, p profile.Profile) (engine.Target, error) {
	spec := in.config.Spec.Target.SCIM
	ca, err := in.caBundle(spec.CABundleSecretRef)
	if err != nil {
		return nil, err
	}
	client, err := credentials.NewHTTPClient(credentials.HTTPConfig{CABundle: ca})
	if err != nil {
		return nil, invalid("spec.target.scim.caBundleSecretRef", err)
	}
	tokens, identity, err := b.tokens(in, ca)
	if err != nil {
		return nil, err
	}
	perMinute := p.Capabilities.RequestsPerMinute
	if spec.RateLimit != nil {
		perMinute = int(spec.RateLimit.RequestsPerMinute)
	}
	out, err := scim.New(scim.Config{
		BaseURL: string(spec.TenantURL), Profile: p, Token: tokens.Token, Refresh: tokens.Refresh, HTTP: client, Clock: b.Clock,
		Limiter: b.limiter(string(spec.TenantURL)+"\x00"+identity, perMinute), UserAgent: b.userAgent(),
		Observe: func(r scim.Request) {
			if b.Observe != nil {
				b.Observe("scim", r.Op, r.Status, r.Duration, r.Wait)
			}
		},
	})
	if err != nil {
		return nil, invalid("spec.target.scim", err)
	}
	return out, nil
}

// tokens returns where bearer tokens for the target come from, and a text that identifies the credentials.
func (b *Builder) tokens(in *inputs, ca []byte) (credentials.Source, string, error) {
	c := in.config.Spec.Target.SCIM.Credentials
	if c.SecretToken != nil {
		token, err := in.text(c.SecretToken.SecretRef)
		if err != nil {
			return nil, "", err
		}
		source, err := credentials.Static(token)
		if err != nil {
			return nil, "", invalid("spec.target.scim.credentials.secretToken", err)
		}
		return source, token, nil
	}
	oauth := c.OAuth2ClientCredentials
	secret, err := in.text(oauth.ClientSecretRef)
	if err != nil {
		return nil, "", err
	}
	client, err := credentials.NewHTTPClient(credentials.HTTPConfig{CABundle: ca})
	if err != nil {
		return nil, "", invalid("spec.target.scim.caBundleSecretRef", err)
	}
	name := types.NamespacedName{Namespace: in.config.Namespace, Name: in.config.TokenSecretName()}
	owner := *metav1.NewControllerRef(in.config, api.GroupVersion.WithKind("ProvisioningConfig"))
	log := ctrl.Log.WithName("plan").WithValues("secret", name)
	source, err := credentials.NewClientCredentials(credentials.OAuth2Config{
		TokenURL: string(oauth.TokenURL), ClientID: oauth.ClientID, ClientSecret: secret, Scopes: oauth.Scopes, Audience: oauth.Audience, HTTP: client, Clock: b.Clock,
		Store:        credentials.NewSecretStore(b.Client, name, owner),
		OnStoreError: func(err error) { log.Error(err, "Keeping the token for the target failed") },
	})
	if err != nil {
		return nil, "", invalid("spec.target.scim.credentials.oauth2ClientCredentials", err)
	}
	return source, string(oauth.TokenURL) + "\x00" + oauth.ClientID, nil
}

// limiter returns the limiter of a credential; all configs that use it share it, at the lowest rate that any of them asks
// for. The credential itself is not kept.
func (b *Builder) limiter(credential string, perMinute int) *scim.Limiter {
	sum := sha256.Sum256([]byte(credential))
	key := hex.EncodeToString(sum[:])
	b.mu.Lock()
	defer b.mu.Unlock()
	if l, ok := b.limiters[key]; ok && l.perMinute <= perMinute {
		return l.Limiter
	}
	if b.limiters == nil || len(b.limiters) >= maxLimiters {
		b.limiters = map[string]sharedLimiter{}
	}
	l := sharedLimiter{scim.NewLimiter(perMinute, b.Clock), perMinute}
	b.limiters[key] = l
	return l.Limiter
}

// sharedLimiter is a limiter with the rate it was made for.
type sharedLimiter struct {
	*scim.Limiter
	perMinute int
}

// maxLimiters bounds the limiters that are remembered; credentials that are rotated leave theirs behind.
const maxLimiters = 1000

func (b *Builder) userAgent() string { return "entrain/" + b.Version }

func (in *inputs) certificate(name api.SecretName) (*credentials.Certificate, error) {
	cert, err := in.secret(name, "tls.crt")
	if err != nil {
		return nil, err
	}
	key, err := in.secret(name, "tls.key")
	return &credentials.Certificate{CertPEM: cert, KeyPEM: key}, err
}

// invalid says that what was configured below a field cannot be used.
func invalid(field string, err error) error {
	return unresolved(api.InvalidReason, "%s: %s", field, fault.MessageOf(err))
}

func deref[T ~string](s *T) string {
	if s == nil {
		return ""
	}
	return string(*s)
}
