package credentials

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/entrain-dev/entrain/internal/fault"
)

// Token is an access token that was obtained.
type Token struct {
	AccessToken string
	// Type is "Bearer" or empty.
	Type string
	// Obtained and Expiry bound its life; a zero Expiry means that the endpoint named none.
	Obtained, Expiry time.Time
	// Fingerprint is a hash of the credentials it was obtained with. A token with another fingerprint is not used.
	Fingerprint string
}

// TokenStore keeps the token of one target between processes.
type TokenStore interface {
	// Load returns the stored token, the zero Token when there is none.
	Load(ctx context.Context) (Token, error)
	// Save stores a token over the one that Load returned last. The error is of kind Stale when another token was stored
	// meanwhile; Load returns that one.
	Save(ctx context.Context, token Token) error
}

// Keys of the Secret that holds a token.
const (
	KeyAccessToken = "access_token" // #nosec G101 -- names of keys
	KeyTokenType   = "token_type"   // #nosec G101
	KeyExpiry      = "expiry"
	KeyObtained    = "obtained"
	KeyFingerprint = "credentials_hash"

	managedBy = "app.kubernetes.io/managed-by"
	entrain   = "entrain"
)

// SecretStore keeps a token in a Secret that belongs to a ProvisioningConfig and goes with it. It is safe for concurrent
// use; replicas that store at the same time notice each other by the Secret's resource version.
type SecretStore struct {
	client client.Client
	key    types.NamespacedName
	owner  metav1.OwnerReference

	mu sync.Mutex
	// seen is the Secret as it was last read or written, nil when there was none.
	seen   *corev1.Secret
	loaded bool
}

// NewSecretStore returns a store in the named Secret. A Secret of that name with another owner is neither read nor changed.
func NewSecretStore(c client.Client, key types.NamespacedName, owner metav1.OwnerReference) *SecretStore {
	return &SecretStore{client: c, key: key, owner: owner}
}

// Load implements TokenStore.
func (s *SecretStore) Load(ctx context.Context) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load(ctx)
}

func (s *SecretStore) load(ctx context.Context) (Token, error) {
	const op = "load token"
	var secret corev1.Secret
	err := s.client.Get(ctx, s.key, &secret)
	if err != nil {
		err = apiFault(ctx, op, s.key.Name, err)
		if fault.Is(err, fault.NotFound) {
			s.seen, s.loaded = nil, true
			return Token{}, nil
		}
		return Token{}, err
	}
	if !s.owns(&secret) {
		return Token{}, fault.New(fault.Invalid, op, "Secret %s belongs to something else and cannot hold the token; remove or rename it", s.key.Name)
	}
	s.seen, s.loaded = &secret, true
	token := Token{
		AccessToken: string(secret.Data[KeyAccessToken]),
		Type:        string(secret.Data[KeyTokenType]),
		Obtained:    instant(secret.Data[KeyObtained]),
		Fingerprint: string(secret.Data[KeyFingerprint]),
	}
	if text := secret.Data[KeyExpiry]; len(text) > 0 {
		// An expiry that cannot be read must not become "never": the token is not used.
		if token.Expiry = instant(text); token.Expiry.IsZero() {
			return Token{}, nil
		}
	}
	return token, nil
}

func instant(text []byte) time.Time {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return time.Time{}
	}
	return at
}

func (s *SecretStore) owns(secret *corev1.Secret) bool {
	for _, ref := range secret.OwnerReferences {
		if ref.UID == s.owner.UID {
			return true
		}
	}
	return false
}

// Save implements TokenStore.
func (s *SecretStore) Save(ctx context.Context, token Token) error {
	const op = "save token"
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.loaded {
		if _, err := s.load(ctx); err != nil {
			return err
		}
	}
	secret := s.wanted(token)
	var err error
	if s.seen == nil {
		err = s.client.Create(ctx, secret)
	} else {
		err = s.client.Update(ctx, secret)
	}
	if err != nil {
		s.loaded = false
		err = apiFault(ctx, op, s.key.Name, err)
		if fault.Is(err, fault.NotFound) {
			// It was deleted since it was read; the next Save creates it.
			return fault.New(fault.Stale, op, "Secret %s was deleted meanwhile", s.key.Name)
		}
		return err
	}
	s.seen = secret
	return nil
}

// wanted is the Secret with the token; everything else about a Secret that exists is kept.
func (s *SecretStore) wanted(token Token) *corev1.Secret {
	secret := &corev1.Secret{}
	if s.seen != nil {
		secret = s.seen.DeepCopy()
	} else {
		secret.Namespace, secret.Name, secret.Type = s.key.Namespace, s.key.Name, corev1.SecretTypeOpaque
		secret.OwnerReferences = []metav1.OwnerReference{s.owner}
	}
	if secret.Labels == nil {
		secret.Labels = map[string]string{}
	}
	secret.Labels[managedBy] = entrain
	secret.Data = map[string][]byte{
		KeyAccessToken: []byte(token.AccessToken),
		KeyTokenType:   []byte(token.Type),
		KeyObtained:    []byte(token.Obtained.UTC().Format(time.RFC3339)),
		KeyFingerprint: []byte(token.Fingerprint),
	}
	if !token.Expiry.IsZero() {
		secret.Data[KeyExpiry] = []byte(token.Expiry.UTC().Format(time.RFC3339))
	}
	return secret
}
