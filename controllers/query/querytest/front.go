// Package querytest makes the API server of a test or of the demo forward questions to an operator outside of the cluster, as a
// real API server does with an operator inside. It is no part of the operator.
package querytest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/entrain-dev/entrain/controllers/query"
)

const proxyName = "front-proxy-client"

// Aggregate gives the API server of an environment that is not started yet the certificate with which it proves to the operator
// that a request comes from it. The files are put into folder.
func Aggregate(env *envtest.Environment, folder string) error {
	ca, key, err := authority()
	if err != nil {
		return err
	}
	files, err := issue(ca, key)
	if err != nil {
		return err
	}
	files["ca.crt"] = encode("CERTIFICATE", ca.Raw)
	args := env.ControlPlane.GetAPIServer().Configure()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return err
		}
	}
	for flag, value := range map[string]string{
		"requestheader-client-ca-file": filepath.Join(folder, "ca.crt"), "requestheader-allowed-names": proxyName,
		"requestheader-username-headers": "X-Remote-User", "requestheader-group-headers": "X-Remote-Group",
		"requestheader-extra-headers-prefix": "X-Remote-Extra-",
		"proxy-client-cert-file":             filepath.Join(folder, "client.crt"), "proxy-client-key-file": filepath.Join(folder, "client.key"),
	} {
		args.Set(flag, value)
	}
	return nil
}

func authority() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "front-proxy-ca"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(1, 0, 0), KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

func issue(ca *x509.Certificate, caKey *ecdsa.PrivateKey) (map[string][]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: proxyName}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"client.crt": encode("CERTIFICATE", der), "client.key": encode("PRIVATE KEY", private)}, nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// Register tells the API server that the endpoint is at a local address, under the name service in a namespace that exists.
func Register(ctx context.Context, c client.Client, namespace, service string, address net.Addr) error {
	_, text, err := net.SplitHostPort(address.String())
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	local := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: service},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeExternalName, ExternalName: "localhost",
			Ports: []corev1.ServicePort{{Port: int32(port), TargetPort: intstr.FromInt(port)}},
		},
	}
	if err := c.Create(ctx, local); err != nil {
		return err
	}
	return c.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": query.APIService},
		"spec": map[string]any{
			"group": query.GroupName, "version": query.Version, "groupPriorityMinimum": int64(1000), "versionPriority": int64(10),
			"service": map[string]any{"namespace": namespace, "name": service, "port": int64(port)},
		},
	}})
}

// Available reports whether the API server forwards questions; the error says why not.
func Available(ctx context.Context, config *rest.Config) error {
	scheme := rest.CopyConfig(config)
	c, err := client.New(scheme, client.Options{})
	if err != nil {
		return err
	}
	service := &unstructured.Unstructured{}
	service.SetAPIVersion("apiregistration.k8s.io/v1")
	service.SetKind("APIService")
	if err := c.Get(ctx, client.ObjectKey{Name: query.APIService}, service); err != nil {
		return err
	}
	list, _, err := unstructured.NestedSlice(service.Object, "status", "conditions")
	if err != nil {
		return err
	}
	for _, entry := range list {
		if c, ok := entry.(map[string]any); ok && c["type"] == "Available" {
			if c["status"] == "True" {
				return nil
			}
			return fmt.Errorf("%v: %v", c["reason"], c["message"])
		}
	}
	return errors.New("the API server has not looked yet")
}
