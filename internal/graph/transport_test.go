package graph_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/graph"
)

func TestBodies(t *testing.T) {
	zipped := func(body string, spoil bool) reply {
		return reply{raw: func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				t.Errorf("gzip is not accepted: %q", r.Header.Get("Accept-Encoding"))
			}
			w.Header().Set("Content-Encoding", "gzip")
			if spoil {
				fmt.Fprint(w, "this is not gzip")
				return
			}
			z := gzip.NewWriter(w)
			fmt.Fprint(z, body)
			_ = z.Close()
		}}
	}
	small := `{"@odata.nextLink":"X","value":[]}`
	for name, tc := range map[string]struct {
		answers []reply
		limit   int64
		want    fault.Kind
		text    string
	}{
		"a zipped body that is not what it says":         {[]reply{zipped("<html>", false)}, 0, fault.NotCompliant, "no JSON"},
		"broken gzip is a broken exchange":               {[]reply{zipped("", true), last("")}, 0, fault.Unknown, ""},
		"a body of exactly the allowed size is read":     {[]reply{ok(small)}, int64(len(small)), fault.NotCompliant, "another host"},
		"a body one byte larger than allowed":            {[]reply{ok(small + " ")}, int64(len(small)), fault.NotCompliant, "larger than"},
		"a small body that unpacks to more than allowed": {[]reply{zipped(`{"value":[`+strings.Repeat(" ", 1<<20), false)}, 1 << 16, fault.NotCompliant, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, tc.answers...)
			_, _, err := read(connect(t, s.URL, func(c *graph.Config) { c.MaxBody = tc.limit }), directory.User, "", "mail")
			if fault.KindOf(err) != tc.want || !strings.Contains(fmt.Sprint(err), tc.text) {
				t.Errorf("got %v, want %v saying %q", err, tc.want, tc.text)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	secure.StartTLS()
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for name, tc := range map[string]struct{ url, text string }{
		"nobody listens":         {closed.URL, "refuses the connection"},
		"an unknown certificate": {secure.URL, "unknown authority"},
		"http where https is":    {strings.Replace(plain.URL, "http", "https", 1), "does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			_, _, err := read(connect(t, tc.url, func(c *graph.Config) { c.Clock = clock }), directory.User, "", "mail")
			if !fault.Is(err, fault.Unreachable) || !strings.Contains(fault.MessageOf(err), tc.text) {
				t.Errorf("got %v, want Unreachable saying %q", err, tc.text)
			}
			if len(clock.waits) != 2 {
				t.Errorf("waited %d times, want 2", len(clock.waits))
			}
		})
	}
}

func TestTimeouts(t *testing.T) {
	release := make(chan struct{})
	hang := reply{raw: func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}}
	t.Run("a request that hangs is given up and repeated", func(t *testing.T) {
		s := newScript(t, hang, last(""))
		if _, _, err := read(connect(t, s.URL, func(c *graph.Config) { c.RequestTimeout = 20 * time.Millisecond }), directory.User, "", "mail"); err != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a caller who gives up is not repeated", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		s := newScript(t, reply{raw: func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		}})
		_, err := connect(t, s.URL).Changes(ctx, directory.User, "", nil, func([]directory.Change) error { return nil })
		if !fault.Is(err, fault.Canceled) {
			t.Errorf("got %v, want Canceled", err)
		}
	})
	close(release)
}
