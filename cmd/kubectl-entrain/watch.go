package main

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// errDeleted says that an object went away while it was watched.
var errDeleted = errors.New("the object was deleted while it was watched")

// watchObject calls seen with the object now and whenever it changes, until seen returns true. list is an empty list of its
// kind. A watch that the API server ends is begun again.
func watchObject[T client.Object](ctx context.Context, c client.WithWatch, list client.ObjectList, object T, seen func(T) bool) error {
	for {
		w, err := c.Watch(ctx, list, client.InNamespace(object.GetNamespace()), &client.ListOptions{
			FieldSelector: fields.OneTermEqualSelector("metadata.name", object.GetName()),
		})
		if err != nil {
			return err
		}
		done, err := drain(ctx, w, seen)
		w.Stop()
		if done || err != nil {
			return err
		}
	}
}

func drain[T client.Object](ctx context.Context, w watch.Interface, seen func(T) bool) (bool, error) {
	for {
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case event, open := <-w.ResultChan():
			switch {
			case !open:
				return false, nil
			case event.Type == watch.Deleted:
				return false, errDeleted
			}
			if object, ok := event.Object.(T); ok && seen(object) {
				return true, nil
			}
		}
	}
}
