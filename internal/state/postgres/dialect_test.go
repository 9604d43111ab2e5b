package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/entrain-dev/entrain/internal/fault"
)

func TestClassify(t *testing.T) {
	sqlstate := func(code string) error {
		return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code, Message: "ann@example.com"})
	}
	for name, tc := range map[string]struct {
		err    error
		want   fault.Kind
		words  string
		wantOK bool
	}{
		"a deadlock":                     {sqlstate("40P01"), fault.Transient, "tried again", true},
		"too many connections":           {sqlstate("53300"), fault.Transient, "connections", true},
		"a full disk is not tried again": {sqlstate("53100"), fault.Internal, "full", true},
		"shutting down":                  {sqlstate("57P01"), fault.Transient, "shutting down", true},
		"a standby":                      {sqlstate("25006"), fault.Internal, "read-only", true},
		"a wrong password":               {sqlstate("28P01"), fault.Internal, "password", true},
		"a missing privilege":            {sqlstate("42501"), fault.Internal, "privilege", true},
		"a defect of a statement":        {sqlstate("22P02"), fault.Internal, "SQLSTATE 22P02", true},
		"a connection that was cut":      {io.ErrUnexpectedEOF, fault.Transient, "lost", true},
		"a connection that is no good":   {driver.ErrBadConn, fault.Transient, "lost", true},
		"the network":                    {&net.OpError{Op: "read", Err: errors.New("reset")}, fault.Transient, "lost", true},
		"another error":                  {errors.New("other"), fault.Unknown, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			kind, sentence, ok := classify(tc.err)
			if kind != tc.want || ok != tc.wantOK || !strings.Contains(sentence, tc.words) || strings.Contains(sentence, "ann@") {
				t.Errorf("classify = %v, %q, %v; want %v, the words %q, %v", kind, sentence, ok, tc.want, tc.words, tc.wantOK)
			}
		})
	}
}

func TestOpenNeverTellsThePassword(t *testing.T) {
	for name, tc := range map[string]struct {
		dsn  string
		want fault.Kind
	}{
		"a connection string that cannot be read": {"postgres://entrain:hunter2@host:port/db", fault.Invalid},
		"a server that is not there":              {"postgres://entrain:hunter2@127.0.0.1:1/db?sslmode=disable", fault.Transient},
		"a user who gave up":                      {"postgres://entrain:hunter2@127.0.0.1:1/db?sslmode=disable", fault.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tc.want == fault.Canceled {
				cancel()
			}
			_, err := Open(ctx, tc.dsn)
			if fault.KindOf(err) != tc.want {
				t.Errorf("error %v of kind %v, want %v", err, fault.KindOf(err), tc.want)
			}
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("error %v", err)
			}
		})
	}
}
