package query

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

func apiService() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": map[string]any{"name": APIService},
		"spec": map[string]any{"service": map[string]any{"namespace": "entrain-system", "name": "entrain-query"}},
	}}
}

// An operator that starts a moment before its APIService is created is trusted soon after, not at its next look a minute later.
func TestAnAPIServiceThatIsCreatedAfterTheStartIsNoticedSoon(t *testing.T) {
	objects := fake.NewClientBuilder().WithScheme(runtime.NewScheme()).Build()
	clock := clockwork.NewFakeClock()
	c := &certificate{client: objects, reader: objects, clock: clock, log: slog.New(slog.DiscardHandler)}
	if err := c.renew(""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.keep(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	looked := func() {
		t.Helper()
		limited, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		if err := clock.BlockUntilContext(limited, 1); err != nil {
			t.Fatal("it does not wait for its next look")
		}
	}
	looked()
	if err := objects.Create(t.Context(), apiService()); err != nil {
		t.Fatal(err)
	}
	clock.Advance(firstLook)
	looked()
	got := apiService()
	if err := objects.Get(t.Context(), client.ObjectKey{Name: APIService}, got); err != nil {
		t.Fatal(err)
	}
	if text, _, _ := unstructured.NestedString(got.Object, "spec", "caBundle"); text == "" {
		t.Error("the certificate is not in the APIService")
	}
}

func TestHowSoonALookIsRepeated(t *testing.T) {
	for after, want := range map[time.Duration]time.Duration{
		0: firstLook, firstLook: 2 * firstLook, 32 * time.Second: lookEvery, lookEvery: lookEvery,
	} {
		if got := longer(after); got != want {
			t.Errorf("after %s: %s, want %s", after, got, want)
		}
	}
}
