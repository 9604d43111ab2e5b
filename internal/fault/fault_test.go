package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

func TestKindOf(t *testing.T) {
	conflict := fault.New(fault.Conflict, "create user", "another account has this userName")
	for name, tc := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"nil has no kind":                           {nil, fault.Unknown},
		"a plain error has no kind":                 {errors.New("x"), fault.Unknown},
		"a classified error":                        {conflict, fault.Conflict},
		"found through fmt wrapping":                {fmt.Errorf("apply: %w", conflict), fault.Conflict},
		"Wrap keeps the kind of the cause":          {fault.Wrap(fault.Transient, "apply", conflict), fault.Conflict},
		"Wrap of a cancelled context":               {fault.Wrap(fault.Transient, "read", context.Canceled), fault.Canceled},
		"a bare deadline can be tried again":        {context.DeadlineExceeded, fault.Transient},
		"problems are invalid":                      {fault.Problems{{Message: "no"}}.Err(), fault.Invalid},
		"an unclassified outer error looks inwards": {&fault.Error{Op: "x", Err: context.Canceled}, fault.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fault.KindOf(tc.err); got != tc.want {
				t.Errorf("KindOf(%v) = %v, want %v", tc.err, got, tc.want)
			}
		})
	}
}

func TestErrorTellsOpMessageCodeAndRequest(t *testing.T) {
	err := fault.Wrap(fault.Internal, "open cycle", &fault.Error{
		Kind: fault.Throttled, Op: "read users delta", Code: "TooManyRequests", Message: "Graph asks to wait", RequestID: "r-1", RetryAfter: 2 * time.Second,
	})
	if got, want := err.Error(), "open cycle: read users delta: Graph asks to wait (TooManyRequests, request r-1)"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if got := fault.MessageOf(err); got != "Graph asks to wait" {
		t.Errorf("MessageOf = %q", got)
	}
	if got := fault.CodeOf(err); got != "TooManyRequests" {
		t.Errorf("CodeOf = %q", got)
	}
	if got := fault.RetryAfter(err); got != 2*time.Second {
		t.Errorf("RetryAfter = %v", got)
	}
	if got := fault.CodeOf(fault.New(fault.Conflict, "x", "y")); got != "Conflict" {
		t.Errorf("CodeOf without a code = %q", got)
	}
	if fault.Wrap(fault.Internal, "x", nil) != nil {
		t.Error("Wrap(nil) is not nil")
	}
}

func TestProblems(t *testing.T) {
	ps := fault.Problems{{Path: "attributes[0].expression", Line: 1, Column: 5, Message: "unknown function"}, {Path: "attributes[1]", Message: "odd", Warning: true}}
	if got, want := ps.Under("spec").Err().Error(), "spec.attributes[0].expression:1:5: unknown function"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (fault.Problem{Line: 1, Column: 5, Message: "unknown function"}).String(), "1:5: unknown function"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := ps[1:].Err(); err != nil {
		t.Errorf("a warning alone is an error: %v", err)
	}
}
