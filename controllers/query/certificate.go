package query

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	certificateLife = 365 * 24 * time.Hour
	// renewBefore is how long before its end a certificate is replaced.
	renewBefore = 30 * 24 * time.Hour
	// lookEvery is how often it is checked that the API server trusts our certificate.
	lookEvery = time.Minute
	retryIn   = 5 * time.Second
	// firstLook is how soon an APIService that does not exist is looked for again: it may be created a moment after the operator
	// starts. From then on the wait doubles up to lookEvery, since many clusters do without one.
	firstLook = time.Second
	// maxTrusted is how many certificates the registration holds: those of all replicas, and of some that are gone.
	maxTrusted = 10
)

// certificate is the self-signed certificate of this replica. Its key is only in memory. The API server trusts it because it
// stands in the caBundle of the APIService, together with those of other replicas.
type certificate struct {
	client client.Client
	reader client.Reader
	clock  clockwork.Clock
	log    *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	name    string
	pem     []byte
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil {
		return nil, errors.New("there is no certificate yet")
	}
	return c.current, nil
}

// renew makes a certificate for a host name; "" for none yet.
func (c *certificate) renew(name string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	now := c.clock.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "entrain-query"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true,
	}
	if name != "" {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.name = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, name
	c.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return nil
}

// keep sees to it that the API server trusts the certificate, until ctx ends.
func (c *certificate) keep(ctx context.Context) error {
	told := ""
	absent := time.Duration(0)
	for {
		wait := lookEvery
		if err := c.register(ctx); err != nil && ctx.Err() == nil {
			wait = retryIn
			if apierrors.IsNotFound(err) {
				absent = longer(absent)
				wait = absent
			}
			// The same trouble is told once.
			if told != err.Error() {
				told = err.Error()
				c.log.Warn("The API server cannot forward questions to the operator; kubectl entrain logs, explain and plan do not work", "apiservice", APIService, "err", err)
			}
		} else {
			told = ""
		}
		select {
		case <-c.clock.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// longer returns the wait after another one.
func longer(wait time.Duration) time.Duration { return min(max(firstLook, 2*wait), lookEvery) }

// register puts the certificate into the caBundle of the APIService, and renews it first where its time or the name of the
// service demand it.
func (c *certificate) register(ctx context.Context) error {
	service := &unstructured.Unstructured{}
	service.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiregistration.k8s.io", Version: "v1", Kind: "APIService"})
	if err := c.reader.Get(ctx, client.ObjectKey{Name: APIService}, service); err != nil {
		return err
	}
	name, _, _ := unstructured.NestedString(service.Object, "spec", "service", "name")
	namespace, _, _ := unstructured.NestedString(service.Object, "spec", "service", "namespace")
	if name == "" || namespace == "" {
		return fmt.Errorf("the APIService %s names no service", APIService)
	}
	host := name + "." + namespace + ".svc"
	c.mu.Lock()
	stale := c.name != host || c.clock.Now().After(c.current.Leaf.NotAfter.Add(-renewBefore))
	c.mu.Unlock()
	if stale {
		if err := c.renew(host); err != nil {
			return err
		}
	}
	text, _, _ := unstructured.NestedString(service.Object, "spec", "caBundle")
	have, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		have = nil
	}
	want := bundle(have, c.pem, c.clock.Now())
	if bytes.Equal(have, want) {
		return nil
	}
	base := service.DeepCopy()
	if err := unstructured.SetNestedField(service.Object, base64.StdEncoding.EncodeToString(want), "spec", "caBundle"); err != nil {
		return err
	}
	return c.client.Patch(ctx, service, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
}

// bundle returns the certificates of have with ours as the last one, without those that have expired, at most maxTrusted.
func bundle(have, ours []byte, now time.Time) []byte {
	if bytes.Contains(have, ours) {
		return have
	}
	var kept [][]byte
	for rest := have; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && cert.NotAfter.After(now) {
			kept = append(kept, pem.EncodeToMemory(block))
		}
	}
	if n := len(kept); n >= maxTrusted {
		kept = kept[n-maxTrusted+1:]
	}
	return bytes.Join(append(kept, ours), nil)
}
