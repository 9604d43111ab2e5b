package credentials_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jonboulle/clockwork"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/entrain-dev/entrain/internal/credentials"
	"github.com/entrain-dev/entrain/internal/fault"
)

var (
	where = types.NamespacedName{Namespace: "identity", Name: "genesys-cloud-token"}
	owner = metav1.OwnerReference{APIVersion: "provisioning.entrain.dev/v1alpha1", Kind: "ProvisioningConfig", Name: "genesys-cloud", UID: "uid-1"}
	kept  = credentials.Token{AccessToken: "t1", Type: "bearer", Obtained: noon, Expiry: noon.Add(time.Hour), Fingerprint: "f"}
)

func load(t *testing.T, s *credentials.SecretStore) credentials.Token {
	t.Helper()
	token, err := s.Load(context.Background())
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return token
}

func save(t *testing.T, s *credentials.SecretStore, token credentials.Token) {
	t.Helper()
	if err := s.Save(context.Background(), token); err != nil {
		t.Fatalf("Save: %v", err)
	}
}

func TestSecretStoreKeepsATokenInAnOwnedSecret(t *testing.T) {
	c := fake.NewClientBuilder().Build()
	s := credentials.NewSecretStore(c, where, owner)
	if got := load(t, s); got != (credentials.Token{}) {
		t.Errorf("an empty store gives %v", got)
	}
	save(t, s, kept)
	var secret corev1.Secret
	if err := c.Get(context.Background(), where, &secret); err != nil {
		t.Fatal(err)
	}
	data := map[string]string{}
	for key, value := range secret.Data {
		data[key] = string(value)
	}
	wantData := map[string]string{"access_token": "t1", "token_type": "bearer", "obtained": "2026-03-01T12:00:00Z", "expiry": "2026-03-01T13:00:00Z", "credentials_hash": "f"}
	if diff := cmp.Diff(wantData, data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]metav1.OwnerReference{owner}, secret.OwnerReferences); diff != "" || secret.Labels["app.kubernetes.io/managed-by"] != "entrain" {
		t.Errorf("labels %v, owners (-want +got):\n%s", secret.Labels, diff)
	}
	forever := credentials.Token{AccessToken: "t2", Obtained: noon, Fingerprint: "f"}
	save(t, s, forever)
	if diff := cmp.Diff(forever, load(t, credentials.NewSecretStore(c, where, owner))); diff != "" {
		t.Errorf("loaded by another (-want +got):\n%s", diff)
	}
}

func TestSecretStoreKeepsWhatOthersPutThere(t *testing.T) {
	c := fake.NewClientBuilder().Build()
	s := credentials.NewSecretStore(c, where, owner)
	save(t, s, kept)
	var secret corev1.Secret
	if err := c.Get(context.Background(), where, &secret); err != nil {
		t.Fatal(err)
	}
	secret.Annotations = map[string]string{"team": "identity"}
	if err := c.Update(context.Background(), &secret); err != nil {
		t.Fatal(err)
	}
	load(t, s)
	save(t, s, kept)
	if err := c.Get(context.Background(), where, &secret); err != nil || secret.Annotations["team"] != "identity" {
		t.Errorf("annotations %v, %v", secret.Annotations, err)
	}
}

func TestSecretStoreNoticesOtherReplicas(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, c client.Client, a, b *credentials.SecretStore){
		"both create": func(t *testing.T, _ client.Client, a, b *credentials.SecretStore) {
			load(t, a)
			load(t, b)
			save(t, a, kept)
		},
		"both update": func(t *testing.T, _ client.Client, a, b *credentials.SecretStore) {
			save(t, a, kept)
			load(t, b)
			save(t, a, kept)
		},
		"somebody deletes": func(t *testing.T, c client.Client, a, b *credentials.SecretStore) {
			save(t, a, kept)
			load(t, b)
			if err := c.Delete(context.Background(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: where.Namespace, Name: where.Name}}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := fake.NewClientBuilder().Build()
			a, b := credentials.NewSecretStore(c, where, owner), credentials.NewSecretStore(c, where, owner)
			prepare(t, c, a, b)
			mine := kept
			mine.AccessToken = "t2"
			if err := b.Save(context.Background(), mine); !fault.Is(err, fault.Stale) {
				t.Fatalf("got %v, want Stale", err)
			}
			save(t, b, mine)
			if got := load(t, a); got.AccessToken != "t2" {
				t.Errorf("stored %q", got.AccessToken)
			}
		})
	}
}

func TestSecretStoreLeavesForeignSecretsAlone(t *testing.T) {
	foreign := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: where.Namespace, Name: where.Name}, Data: map[string][]byte{"access_token": []byte("theirs")}}
	s := credentials.NewSecretStore(fake.NewClientBuilder().WithObjects(foreign).Build(), where, owner)
	if token, err := s.Load(context.Background()); !fault.Is(err, fault.Invalid) || token.AccessToken != "" {
		t.Errorf("Load: %v, %v; want Invalid", token, err)
	}
	if err := s.Save(context.Background(), kept); !fault.Is(err, fault.Invalid) {
		t.Errorf("Save: %v, want Invalid", err)
	}
}

func TestStoredTokenWithAnUnreadableExpiryIsNoToken(t *testing.T) {
	damaged := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: where.Namespace, Name: where.Name, OwnerReferences: []metav1.OwnerReference{owner}},
		Data:       map[string][]byte{"access_token": []byte("t1"), "expiry": []byte("tomorrow")},
	}
	s := credentials.NewSecretStore(fake.NewClientBuilder().WithObjects(damaged).Build(), where, owner)
	if got := load(t, s); got != (credentials.Token{}) {
		t.Errorf("got %v", got)
	}
	save(t, s, kept)
}

func TestClientCredentialsOnASecret(t *testing.T) {
	c, e, clock := fake.NewClientBuilder().Build(), newEndpoint(t), clockwork.NewFakeClockAt(noon)
	first := source(t, e, clock, credentials.NewSecretStore(c, where, owner))
	want(t, first, "token-1")
	second := source(t, e, clock, credentials.NewSecretStore(c, where, owner))
	want(t, second, "token-1")
	clock.Advance(24 * time.Hour)
	want(t, second, "token-2")
	want(t, first, "token-2")
	if e.asked != 2 {
		t.Errorf("asked %d times, want 2", e.asked)
	}
	rotated := source(t, e, clock, credentials.NewSecretStore(c, where, owner), func(c *credentials.OAuth2Config) { c.ClientID = "other" })
	if _, err := rotated.Token(context.Background()); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("other credentials live on the stored token: %v", err)
	}
}

func TestReadSecret(t *testing.T) {
	stored := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "identity", Name: "genesys"}, Data: map[string][]byte{"token": []byte("abc"), "empty": {}}}
	failing := func(err error) client.Client {
		return fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
			Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
				return err
			},
		}).Build()
	}
	working := fake.NewClientBuilder().WithObjects(stored).Build()
	for name, tc := range map[string]struct {
		reader client.Reader
		key    credentials.SecretKey
		want   string
		kind   fault.Kind
		text   string
	}{
		"there":           {working, credentials.SecretKey{Namespace: "identity", Name: "genesys", Key: "token"}, "abc", fault.Unknown, ""},
		"no such Secret":  {working, credentials.SecretKey{Namespace: "identity", Name: "other", Key: "token"}, "", fault.NotFound, "no Secret other"},
		"other namespace": {working, credentials.SecretKey{Namespace: "default", Name: "genesys", Key: "token"}, "", fault.NotFound, "no Secret genesys"},
		"no such key":     {working, credentials.SecretKey{Namespace: "identity", Name: "genesys", Key: "secret"}, "", fault.NotFound, "no key secret"},
		"an empty key":    {working, credentials.SecretKey{Namespace: "identity", Name: "genesys", Key: "empty"}, "", fault.Invalid, "is empty"},
		"not allowed": {
			failing(apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "genesys", errors.New("no"))),
			credentials.SecretKey{Namespace: "identity", Name: "genesys", Key: "token"}, "", fault.Forbidden, "role",
		},
		"the API server is away": {
			failing(apierrors.NewServiceUnavailable("away")),
			credentials.SecretKey{Namespace: "identity", Name: "genesys", Key: "token"}, "", fault.Transient, "at the moment",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := credentials.ReadSecret(context.Background(), tc.reader, tc.key)
			if string(got) != tc.want || fault.KindOf(err) != tc.kind || err != nil && !strings.Contains(err.Error(), tc.text) {
				t.Errorf("got %q, %v; want %q, %v saying %q", got, err, tc.want, tc.kind, tc.text)
			}
		})
	}
}
