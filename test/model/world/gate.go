package world

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
)

// Effect is what a Fault does to a request.
type Effect string

// The effects. Those that name no time are applied after the request was handled.
const (
	// StatusBefore answers Status; the request is not handled. StatusAfter handles it first.
	StatusBefore Effect = "status before"
	StatusAfter  Effect = "status after"
	// CutBefore closes the connection; the request is not handled. CutAfter loses the answer, CutBody half of it.
	CutBefore Effect = "cut before"
	CutAfter  Effect = "cut after"
	CutBody   Effect = "cut body"
	// Web answers a page of HTML with status 200, WebBefore without handling the request, as a page to sign in does. Truncated
	// answers half of the body as if it were all.
	Web       Effect = "web page"
	WebBefore Effect = "web page before"
	Truncated Effect = "truncated"
	// BrokenGzip announces gzip and ends early.
	BrokenGzip Effect = "broken gzip"
	// EmptyBody keeps the status and drops the body; NoID drops the id; OK and NoContent answer 200 and 204 instead of
	// another success.
	EmptyBody Effect = "empty body"
	NoID      Effect = "no id"
	OK        Effect = "200"
	NoContent Effect = "204"
	// NoMembers leaves the members out of a page of groups.
	NoMembers Effect = "no members"
	// Oversize answers more than any client may read.
	Oversize Effect = "oversize"
)

// oversize is more than the largest bound of both clients.
const oversize = 33 << 20

// Fault breaks the requests From to From+Times-1 of those that Match accepts, counted since the gate was reset.
type Fault struct {
	Effect Effect
	// Status is for StatusBefore and StatusAfter; RetryAfter is sent as it is, Body instead of a plain one.
	Status     int
	RetryAfter string
	Body       string
	// From is 1 for the first request; Times 0 means once, -1 for ever. Match nil accepts everything.
	From, Times int
	Match       func(*http.Request) bool

	seen int
}

// Request is what a gate remembers of a request.
type Request struct {
	Number              int
	Method, Path, Query string
	Body                string
	// Status is what was answered, Handled what the simulator made of it: 0 where it never saw the request.
	Status, Handled int
	Fault           Effect
	// Resource is the id in the answer to a create.
	Resource string
}

// Wrote reports whether the request changed the application.
func (r Request) Wrote() bool {
	return r.Method != http.MethodGet && r.Handled >= 200 && r.Handled < 300
}

// Gate stands before a simulator. Before and After, if set, are called with the number of a request before it is handled and
// after it was handled but not yet answered.
type Gate struct {
	Before, After func(number int)

	handler http.Handler
	busy    sync.WaitGroup
	mu      sync.Mutex
	number  int
	faults  []*Fault
	journal []Request
}

// NewGate returns a gate before a handler.
func NewGate(h http.Handler) *Gate { return &Gate{handler: h} }

// Quiet waits until no request is being handled. Nobody may send one meanwhile.
func (g *Gate) Quiet() { g.busy.Wait() }

// Reset forgets requests and faults.
func (g *Gate) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.number, g.faults, g.journal = 0, nil, nil
}

// Break adds a fault.
func (g *Gate) Break(f Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f.From == 0 {
		f.From = 1
	}
	if f.Times == 0 {
		f.Times = 1
	}
	g.faults = append(g.faults, &f)
}

// Journal returns the requests since the last reset.
func (g *Gate) Journal() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Request(nil), g.journal...)
}

// Writes returns the requests that changed something.
func (g *Gate) Writes() []Request {
	var out []Request
	for _, r := range g.Journal() {
		if r.Wrote() {
			out = append(out, r)
		}
	}
	return out
}

// Struck returns how many requests were broken.
func (g *Gate) Struck() int {
	n := 0
	for _, r := range g.Journal() {
		if r.Fault != "" {
			n++
		}
	}
	return n
}

func (g *Gate) arrive(r *http.Request) (int, *Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.number++
	var hit *Fault
	for _, f := range g.faults {
		if f.Match != nil && !f.Match(r) {
			continue
		}
		f.seen++
		if hit == nil && f.seen >= f.From && (f.Times < 0 || f.seen < f.From+f.Times) {
			hit = f
		}
	}
	return g.number, hit
}

// ServeHTTP implements http.Handler.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.busy.Add(1)
	defer g.busy.Done()
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	n, f := g.arrive(r)
	entry := Request{Number: n, Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: string(body)}
	if f != nil {
		entry.Fault = f.Effect
	}
	if g.Before != nil {
		g.Before(n)
	}
	if f != nil && (f.Effect == CutBefore || f.Effect == StatusBefore || f.Effect == WebBefore) {
		entry.Status = f.Status
		g.note(entry)
		f.refuse(w)
		return
	}
	answer := httptest.NewRecorder()
	g.handler.ServeHTTP(answer, r)
	entry.Handled, entry.Status = answer.Code, answer.Code
	if r.Method == http.MethodPost {
		var created struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(answer.Body.Bytes(), &created) == nil {
			entry.Resource = created.ID
		}
	}
	g.note(entry)
	if g.After != nil {
		g.After(n)
	}
	if f != nil {
		f.spoil(w, answer)
		return
	}
	send(w, answer, answer.Code, answer.Body.Bytes())
}

func (g *Gate) note(r Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.journal = append(g.journal, r)
}

func send(w http.ResponseWriter, answer *httptest.ResponseRecorder, status int, body []byte) {
	for name, values := range answer.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (f *Fault) refuse(w http.ResponseWriter) {
	switch f.Effect {
	case CutBefore:
		panic(http.ErrAbortHandler)
	case WebBefore:
		webPage(w)
		return
	default:
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	body := f.Body
	if body == "" {
		body = `{"error":{"code":"injected","message":"injected"},"status":"` + strconv.Itoa(f.Status) + `"}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, body)
}

// withoutMembers is a delta page of groups as if nobody were in any of them.
func withoutMembers(body []byte) []byte {
	var page map[string]any
	if json.Unmarshal(body, &page) != nil {
		return body
	}
	entries, _ := page["value"].([]any)
	for _, e := range entries {
		if group, ok := e.(map[string]any); ok {
			delete(group, "members@delta")
		}
	}
	if out, err := json.Marshal(page); err == nil {
		return out
	}
	return body
}

func webPage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = io.WriteString(w, "<html><body>proxy</body></html>")
}

// spoil answers something else than the handler did.
func (f *Fault) spoil(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	body := answer.Body.Bytes()
	success := answer.Code/100 == 2
	switch f.Effect {
	case StatusAfter:
		f.refuse(w)
	case CutAfter:
		panic(http.ErrAbortHandler)
	case CutBody:
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+1))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case Web:
		webPage(w)
	case Truncated:
		send(w, answer, answer.Code, body[:len(body)/2])
	case BrokenGzip:
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(body)
		_ = z.Close()
		answer.Header().Set("Content-Encoding", "gzip")
		send(w, answer, answer.Code, packed.Bytes()[:packed.Len()/2])
	case NoID:
		var doc map[string]any
		if json.Unmarshal(body, &doc) == nil {
			delete(doc, "id")
			body, _ = json.Marshal(doc)
		}
		send(w, answer, answer.Code, body)
	case NoMembers:
		send(w, answer, answer.Code, withoutMembers(body))
	case EmptyBody:
		send(w, answer, answer.Code, nil)
	case OK, NoContent:
		status := map[Effect]int{OK: http.StatusOK, NoContent: http.StatusNoContent}[f.Effect]
		if !success {
			status = answer.Code
		} else if status == http.StatusNoContent {
			body = nil
		}
		send(w, answer, status, body)
	case Oversize:
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_, _ = io.WriteString(w, `{"x":"`)
		junk := strings.Repeat("x", 1<<20)
		for range oversize >> 20 {
			if _, err := io.WriteString(w, junk); err != nil {
				return
			}
		}
	default:
		send(w, answer, answer.Code, body)
	}
}
