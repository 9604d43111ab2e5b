package controllers

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/entrain-dev/entrain/internal/state"
)

// News carries word of configs from the runner to the controller. Any number of words about one config become one, so that
// it holds at most one entry for each config and Tell never blocks.
type News struct {
	// Name finds the resource of a config.
	Name func(state.ConfigID) (types.NamespacedName, bool)

	once    sync.Once
	mu      sync.Mutex
	pending map[types.NamespacedName]bool
	wake    chan struct{}
	out     chan event.TypedGenericEvent[types.NamespacedName]
}

func (n *News) init() {
	n.once.Do(func() {
		n.pending = map[types.NamespacedName]bool{}
		n.wake = make(chan struct{}, 1)
		n.out = make(chan event.TypedGenericEvent[types.NamespacedName])
	})
}

// Events is what the controller listens to.
func (n *News) Events() <-chan event.TypedGenericEvent[types.NamespacedName] {
	n.init()
	return n.out
}

// Tell says that there is news of a config.
func (n *News) Tell(id state.ConfigID) {
	n.init()
	name, ok := n.Name(id)
	if !ok {
		return
	}
	n.mu.Lock()
	n.pending[name] = true
	n.mu.Unlock()
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Start passes the news on until ctx ends.
func (n *News) Start(ctx context.Context) error {
	n.init()
	for {
		select {
		case <-n.wake:
		case <-ctx.Done():
			return nil
		}
		n.mu.Lock()
		names := n.pending
		n.pending = map[types.NamespacedName]bool{}
		n.mu.Unlock()
		for name := range names {
			select {
			case n.out <- event.TypedGenericEvent[types.NamespacedName]{Object: name}:
			case <-ctx.Done():
				return nil
			}
		}
	}
}
