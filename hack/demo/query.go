package main

import (
	"context"
	"fmt"
	"net"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/entrain-dev/entrain/controllers/query/querytest"
)

// freeAddress finds a port of this machine for the operator's endpoint. The certificate of the endpoint needs a name.
func freeAddress(ctx context.Context) (*net.TCPAddr, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "localhost:0")
	if err != nil {
		return nil, err
	}
	return l.Addr().(*net.TCPAddr), l.Close()
}

// register makes the API server forward the questions of kubectl entrain to the operator, and waits until it does.
func (d *demo) register(ctx context.Context, config *rest.Config, at net.Addr) error {
	const operator = "entrain-system"
	c, err := client.New(config, client.Options{})
	if err != nil {
		return err
	}
	if err := c.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operator}}); err != nil {
		return err
	}
	if err := querytest.Register(ctx, c, operator, "entrain-query", at); err != nil {
		return err
	}
	var reason error
	err = until(ctx, time.Minute, "the API server to reach the operator", func() (bool, error) {
		reason = querytest.Available(ctx, config)
		return reason == nil, d.alive()
	})
	if err != nil && reason != nil {
		return fmt.Errorf("%w; the API server says: %w", err, reason)
	}
	return err
}
