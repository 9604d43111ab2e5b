package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/jonboulle/clockwork"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/entrain-dev/entrain/controllers/query"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
)

// queryOptions are the flags of the endpoint that kubectl entrain asks.
type queryOptions struct{ address, scratch string }

func bindQueryFlags(flags *flag.FlagSet, o *queryOptions) {
	flags.StringVar(&o.address, "query-bind-address", "0",
		"Address of the aggregated API that kubectl entrain logs, explain, plan and state ask, such as :8444; 0 switches it off.")
	flags.StringVar(&o.scratch, "scratch-dir", "", "Folder for the copies of the state that plans work on; empty means the system's temporary folder.")
}

// addQuery serves the endpoint when an address is given.
func addQuery(mgr ctrl.Manager, store state.Store, builder *plan.Builder, clock clockwork.Clock, log *slog.Logger, o queryOptions) error {
	if err := o.sweep(); err != nil {
		return err
	}
	return query.Setup(mgr, query.Options{
		Address: o.address, Store: store, Planner: builder, Clock: clock, Log: log,
		Trial: func(c client.Client) query.Planner {
			return &plan.Builder{Client: c, Secrets: mgr.GetAPIReader(), Clock: clock, Version: version}
		},
		Scratch: func(ctx context.Context) (state.Store, func() error, error) {
			folder, err := os.MkdirTemp(o.scratch, scratchPrefix)
			if err != nil {
				return nil, nil, err
			}
			copied, err := sqlite.Open(ctx, filepath.Join(folder, "state.db"))
			if err != nil {
				return nil, nil, errors.Join(err, os.RemoveAll(folder))
			}
			return copied, func() error { return errors.Join(copied.Close(), os.RemoveAll(folder)) }, nil
		},
	})
}

// scratchPrefix begins the names of folders for copies of the state.
const scratchPrefix = "entrain-plan-"

// sweep removes copies that a killed process left behind. A folder that was given belongs to this process alone.
func (o queryOptions) sweep() error {
	if o.scratch == "" {
		return nil
	}
	left, err := filepath.Glob(filepath.Join(o.scratch, scratchPrefix+"*"))
	for _, folder := range left {
		err = errors.Join(err, os.RemoveAll(folder))
	}
	return err
}
