// Command worker runs provisioning cycles over a state file until it is told to stop or killed; it is the victim of test/crash.
//
//	worker STATE GRAPH-URL GRAPH-TOKEN TARGET-URL PROFILE CYCLES
package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/state/sqlite"
	"github.com/entrain-dev/entrain/test/model/world"
)

const arguments = 7

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != arguments {
		return fmt.Errorf("%d arguments, want %d", len(os.Args), arguments)
	}
	cycles, err := strconv.Atoi(os.Args[6])
	if err != nil {
		return err
	}
	ctx := context.Background()
	store, err := sqlite.Open(ctx, os.Args[1])
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	// Nothing waits: the clock jumps.
	clock := world.NewClock(time.Now())
	clients, err := world.Connection{
		GraphURL: os.Args[2], TargetURL: os.Args[4], Profile: os.Args[5], Clock: clock, HTTP: &http.Client{Transport: &http.Transport{}},
		GraphToken: func() string { return os.Args[3] },
	}.Connect()
	if err != nil {
		return err
	}
	plan, err := clients.Plan(world.Variant{})
	if err != nil {
		return err
	}
	e := &engine.Engine{Store: store, Clock: clock, Log: slog.New(slog.DiscardHandler), Workers: 4}
	for range cycles {
		clock.Advance(25 * time.Hour)
		if _, err := e.Run(ctx, plan, engine.Request{}); err != nil {
			return err
		}
	}
	return nil
}
