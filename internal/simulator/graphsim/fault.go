package graphsim

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// Effect is what a fault does to a request.
type Effect string

// The effects. The first group replaces the answer, the second spoils the true answer on the wire, the third changes the page
// that a list or delta request answers.
const (
	// EffectStatus answers Status with Code and Message in a Graph error, or Body as it is.
	EffectStatus Effect = "status"
	// EffectHTML answers Status (502) with an HTML page, as gateways do.
	EffectHTML Effect = "html"
	// EffectCutBefore closes the connection without an answer; the request has no effect.
	EffectCutBefore Effect = "cutBefore"

	// EffectCutDuring closes the connection in the middle of the body.
	EffectCutDuring Effect = "cutDuring"
	// EffectTruncated answers the first half of the body as if it were all.
	EffectTruncated Effect = "truncated"
	// EffectBrokenGzip declares gzip and sends a damaged stream.
	EffectBrokenGzip Effect = "brokenGzip"
	// EffectOversized blows the body up to Size bytes (64 MiB) with a property nobody asked for.
	EffectOversized Effect = "oversized"

	// EffectDelay only waits (Delay) and, like every effect, runs Do.
	EffectDelay Effect = "delay"
	// EffectEmptyPage answers no entries and a nextLink to the same place: nothing is lost.
	EffectEmptyPage Effect = "emptyPage"
	// EffectShortPage answers at most Size entries (1) and a nextLink: nothing is lost.
	EffectShortPage Effect = "shortPage"
	// EffectRepeatPage answers the page with a nextLink to itself; with Count -1 paging never ends.
	EffectRepeatPage Effect = "repeatPage"
	// EffectShuffle puts the entries of the page in another order.
	EffectShuffle Effect = "shuffle"
	// EffectEndEarly answers the page as if it were the last one: the rest is silently missing.
	EffectEndEarly Effect = "endEarly"
	// EffectEmptyResult answers no entries and no nextLink: everything is suddenly gone.
	EffectEmptyResult Effect = "emptyResult"
)

var effects = []Effect{
	EffectStatus, EffectHTML, EffectCutBefore, EffectCutDuring, EffectTruncated, EffectBrokenGzip, EffectOversized, EffectDelay,
	EffectEmptyPage, EffectShortPage, EffectRepeatPage, EffectShuffle, EffectEndEarly, EffectEmptyResult,
}

// Fault breaks requests. Faults are tried in the order in which they were added; the first that is due wins.
type Fault struct {
	ID int `json:"id"`
	// Method "" matches every method. Path is a regular expression for path and query, as sent; "" matches everything.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// Nth is the first matching request to break, counted from when the fault was added; 0 and 1 mean the next one. Count is
	// how many in a row; 0 means one, -1 all that follow.
	Nth   int `json:"nth,omitempty"`
	Count int `json:"count,omitempty"`

	Effect      Effect            `json:"effect,omitempty"` // EffectStatus when empty
	Status      int               `json:"status,omitempty"`
	Code        string            `json:"code,omitempty"`
	Message     string            `json:"message,omitempty"`
	Body        *string           `json:"body,omitempty"`
	ContentType string            `json:"contentType,omitempty"`
	Headers     map[string]string `json:"headers,omitempty"`
	// RetryAfter adds a Retry-After header in RetryAfterForm.
	RetryAfter     time.Duration  `json:"retryAfter,omitempty"`
	RetryAfterForm RetryAfterForm `json:"retryAfterForm,omitempty"`
	Delay          time.Duration  `json:"delay,omitempty"`
	Size           int            `json:"size,omitempty"`
	// Do runs before the request is handled, for example to change the tenant between two pages.
	Do func() `json:"-"`

	// Hits is how many requests matched so far.
	Hits int `json:"hits"`

	pattern *regexp.Regexp
}

// AddFault adds a fault and returns its id.
func (s *Server) AddFault(f Fault) (int, error) {
	re, err := regexp.Compile(f.Path)
	if err != nil {
		return 0, fmt.Errorf("path of the fault: %w", err)
	}
	if f.Effect == "" {
		f.Effect = EffectStatus
	}
	if !slices.Contains(effects, f.Effect) {
		return 0, fmt.Errorf("unknown effect %q", f.Effect)
	}
	if f.Effect == EffectStatus && f.Status == 0 {
		return 0, errors.New("a fault with effect status needs a status")
	}
	f.pattern, f.Hits = re, 0
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faultID++
	f.ID = s.faultID
	s.faults = append(s.faults, &f)
	return f.ID, nil
}

// Faults returns the faults with the number of requests each has matched.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.faults))
	for _, f := range s.faults {
		out = append(out, *f)
	}
	return out
}

// ClearFaults removes the faults with the ids, or all.
func (s *Server) ClearFaults(ids ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = slices.DeleteFunc(s.faults, func(f *Fault) bool { return len(ids) == 0 || slices.Contains(ids, f.ID) })
}

// matchFault returns a copy of the fault that is due for a request, nil for none.
func (s *Server) matchFault(method, uri string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due *Fault
	for _, f := range s.faults {
		if f.Method != "" && f.Method != method || !f.pattern.MatchString(uri) {
			continue
		}
		f.Hits++
		first, count := max(f.Nth, 1), f.Count
		if count == 0 {
			count = 1
		}
		if due == nil && f.Hits >= first && (count < 0 || f.Hits < first+count) {
			hit := *f
			due = &hit
		}
	}
	return due
}

// prepare waits and runs what a fault does before the request is handled. It returns false when the client has gone.
func (s *Server) prepare(f *Fault, r *http.Request) bool {
	if f.Do != nil {
		f.Do()
	}
	if f.Delay > 0 {
		select {
		case <-s.clock.After(f.Delay):
		case <-r.Context().Done():
			return false
		}
	}
	return true
}

func (f *Fault) effect() string {
	if f == nil {
		return ""
	}
	return string(f.Effect)
}

// replaces says whether the request is not handled at all.
func (f *Fault) replaces() bool {
	return f.Effect == EffectStatus || f.Effect == EffectHTML || f.Effect == EffectCutBefore
}

// shape is how a page differs from the true one.
type shape struct {
	effect Effect
	size   int
}

func (f *Fault) shape() shape {
	if f == nil {
		return shape{}
	}
	return shape{effect: f.Effect, size: max(f.Size, 1)}
}

// reply is the answer of a fault that replaces the true one.
func (f *Fault) reply(now time.Time) *reply {
	if f.Effect == EffectCutBefore {
		return &reply{status: 0, header: http.Header{}}
	}
	out := &reply{status: f.Status, header: http.Header{}}
	switch {
	case f.Effect == EffectHTML:
		if out.status == 0 {
			out.status = http.StatusBadGateway
		}
		out.header.Set("Content-Type", "text/html")
		out.body = []byte("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>")
	case f.Body != nil:
		out.body = []byte(*f.Body)
		out.header.Set("Content-Type", "application/json")
	default:
		out = (&graphError{status: f.Status, code: f.Code, message: f.Message}).reply(now, "", "")
	}
	if f.ContentType != "" {
		out.header.Set("Content-Type", f.ContentType)
	}
	if f.RetryAfter > 0 {
		setRetryAfter(out.header, f.RetryAfterForm, f.RetryAfter, now)
	}
	for name, value := range f.Headers {
		out.header.Set(name, value)
	}
	return out
}
