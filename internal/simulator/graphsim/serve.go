package graphsim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"time"
)

// Endpoint is a simulator that listens.
type Endpoint struct {
	// URL is the origin to use as Graph and authority.
	URL string
	// CA is the PEM certificate that clients must trust; nil without TLS.
	CA []byte

	server *http.Server
	done   chan error
}

// Listen serves a handler on an address such as 127.0.0.1:0. With secure it makes a certificate authority and a certificate for
// localhost, 127.0.0.1, ::1 and the further hosts; azidentity takes only https authorities.
func Listen(ctx context.Context, address string, secure bool, h http.Handler, hosts ...string) (*Endpoint, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	e := &Endpoint{
		URL: "http://" + l.Addr().String(), done: make(chan error, 1),
		server: &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second},
	}
	if secure {
		cert, ca, err := Certificate(hosts...)
		if err != nil {
			_ = l.Close()
			return nil, err
		}
		e.URL, e.CA = "https://"+l.Addr().String(), ca
		l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
	}
	go func() { e.done <- e.server.Serve(l) }()
	return e, nil
}

// Close stops serving and waits until it has stopped; requests that are under way are cut off.
func (e *Endpoint) Close() error {
	err := e.server.Close()
	if served := <-e.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Client returns an HTTP client that trusts the endpoint.
func (e *Endpoint) Client() *http.Client {
	t := &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute}
	if e.CA != nil {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(e.CA)
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: t, Timeout: time.Minute}
}

// Certificate makes a certificate authority and a server certificate for localhost, 127.0.0.1, ::1 and the further hosts. It
// returns the server certificate and the PEM of the authority.
func Certificate(hosts ...string) (tls.Certificate, []byte, error) {
	now := time.Now()
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("making the key of the authority: %w", err)
	}
	caTemplate := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Entrain simulator CA"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	ca, err := x509.CreateCertificate(rand.Reader, caTemplate, caTemplate, &caKey.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("making the authority: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("making the key of the server: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "Entrain simulator"}, NotBefore: caTemplate.NotBefore, NotAfter: caTemplate.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, h := range append([]string{"localhost", "127.0.0.1", "::1"}, hosts...) {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	leaf, err := x509.CreateCertificate(rand.Reader, template, caTemplate, &key.PublicKey, caKey)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("making the server certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{leaf, ca}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca}), nil
}
