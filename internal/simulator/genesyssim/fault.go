package genesyssim

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Effect is what a fault does to a request.
type Effect string

// The effects. "Handled" means that the request took effect before its answer was spoilt.
const (
	// EffectStatus answers Status at once; the request is not handled.
	EffectStatus Effect = "status"
	// EffectStatusAfter handles the request and answers Status all the same.
	EffectStatusAfter Effect = "statusAfter"
	// EffectCutBefore closes the connection; not handled.
	EffectCutBefore Effect = "cutBefore"
	// EffectCutAfter closes the connection after handling: the answer is lost.
	EffectCutAfter Effect = "cutAfter"
	// EffectCutBody closes the connection in the middle of the body; handled.
	EffectCutBody Effect = "cutBody"
	// EffectHang never answers: the client has to give up. Not handled.
	EffectHang Effect = "hang"
	// EffectOversize answers with a body of at least Bytes; handled.
	EffectOversize Effect = "oversize"
	// EffectNotJSON answers with a page of HTML under the expected status; handled.
	EffectNotJSON Effect = "notJSON"
	// EffectBrokenGzip announces gzip and sends a stream that ends early; handled.
	EffectBrokenGzip Effect = "brokenGzip"
	// EffectNoID leaves the id out of the answer; handled.
	EffectNoID Effect = "noID"
	// EffectOK answers 200 in place of another success; handled.
	EffectOK Effect = "ok"
	// EffectNoContent answers 204 without body in place of another success; handled.
	EffectNoContent Effect = "noContent"
	// EffectEmptyBody keeps the status and drops the body; handled.
	EffectEmptyBody Effect = "emptyBody"
	// EffectPartialPatch applies the first Operations operations of a PATCH, then answers Status.
	EffectPartialPatch Effect = "partialPatch"
	// EffectEmptyList answers a list or filter as if nobody matched.
	EffectEmptyList Effect = "emptyList"
	// EffectIgnoreCount and EffectIgnoreStartIndex make a list deaf to its parameters; EffectWrongTotal adds Total to
	// totalResults.
	EffectIgnoreCount      Effect = "ignoreCount"
	EffectIgnoreStartIndex Effect = "ignoreStartIndex"
	EffectWrongTotal       Effect = "wrongTotal"
	// EffectDelay only waits for DelaySeconds, which every fault may have.
	EffectDelay Effect = "delay"
)

// effects are all effects, to check what an administrator sends.
var effects = []Effect{EffectStatus, EffectStatusAfter, EffectCutBefore, EffectCutAfter, EffectCutBody, EffectHang, EffectOversize,
	EffectNotJSON, EffectBrokenGzip, EffectNoID, EffectOK, EffectNoContent, EffectEmptyBody, EffectPartialPatch, EffectEmptyList,
	EffectIgnoreCount, EffectIgnoreStartIndex, EffectWrongTotal, EffectDelay}

// BodyForm is the body of a status fault.
type BodyForm string

// The forms of BodyForm.
const (
	PlatformBody BodyForm = "" // platform ErrorBody
	SCIMBody     BodyForm = "scim"
	HTMLBody     BodyForm = "html"
	NoBody       BodyForm = "none"
)

// Fault is a scripted failure. It acts on matching requests From to From+Times-1, counted from when it was set.
type Fault struct {
	// Method and Path select requests; "" selects any. Path is a route (/users, /users/{id}, /groups/{id}, /oauth/token) or
	// the end of a path. Query and Contains must occur in the decoded query and in the body.
	Method   string `json:"method,omitempty"`
	Path     string `json:"path,omitempty"`
	Query    string `json:"query,omitempty"`
	Contains string `json:"contains,omitempty"`
	// From is the first matching request it acts on, 1 by default. Times is on how many, 1 by default, -1 for all.
	From  int `json:"from,omitempty"`
	Times int `json:"times,omitempty"`

	Effect Effect `json:"effect"`
	// Status is the status of EffectStatus, EffectStatusAfter and EffectPartialPatch, 500 by default. Body, Code, ScimType
	// and Detail shape its body.
	Status   int      `json:"status,omitempty"`
	Body     BodyForm `json:"body,omitempty"`
	Code     string   `json:"code,omitempty"`
	ScimType string   `json:"scimType,omitempty"`
	Detail   string   `json:"detail,omitempty"`
	// RetryAfter is sent as it is: "3", "1.5". RetryAfterDateIn sends a date that many seconds ahead.
	RetryAfter       string  `json:"retryAfter,omitempty"`
	RetryAfterDateIn float64 `json:"retryAfterDateIn,omitempty"`
	Bytes            int     `json:"bytes,omitempty"`
	Operations       int     `json:"operations,omitempty"`
	Total            int     `json:"total,omitempty"`
	DelaySeconds     float64 `json:"delaySeconds,omitempty"`
}

// FaultState is a fault with how often requests matched it and how often it acted.
type FaultState struct {
	Fault
	Matched int `json:"matched"`
	Acted   int `json:"acted"`
}

// faultList holds the faults in the order in which they were set; the first that acts on a request wins.
type faultList struct {
	mu   sync.Mutex
	list []*FaultState
}

// maxFaults bounds the list.
const maxFaults = 1000

func (l *faultList) add(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) >= maxFaults {
		l.list = l.list[1:]
	}
	l.list = append(l.list, &FaultState{Fault: f})
}

func (l *faultList) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = nil
}

func (l *faultList) states() []FaultState {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]FaultState, 0, len(l.list))
	for _, f := range l.list {
		out = append(out, *f)
	}
	return out
}

// match counts a request against every fault and returns a copy of the one that acts on it, nil for none.
func (l *faultList) match(r *request) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	var hit *Fault
	for _, f := range l.list {
		if !f.selects(r) {
			continue
		}
		f.Matched++
		n := f.Matched - max(f.From, 1)
		times := f.Times
		if times == 0 {
			times = 1
		}
		if hit == nil && n >= 0 && (times < 0 || n < times) {
			f.Acted++
			hit = &Fault{}
			*hit = f.Fault
		}
	}
	return hit
}

func (f *Fault) selects(r *request) bool {
	if f.Method != "" && !strings.EqualFold(f.Method, r.Method) {
		return false
	}
	if f.Path != "" && f.Path != r.route && !strings.HasSuffix(strings.ToLower(r.URL.Path), strings.ToLower(f.Path)) {
		return false
	}
	return (f.Query == "" || strings.Contains(r.decodedQuery(), f.Query)) && (f.Contains == "" || strings.Contains(string(r.body), f.Contains))
}

// answer is the status response of a fault.
func (f *Fault) answer(now time.Time) *response {
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	code, detail := f.Code, f.Detail
	if code == "" {
		code = statusCodes[status]
	}
	if detail == "" {
		detail = http.StatusText(status)
	}
	out := &response{status: status}
	switch f.Body {
	case SCIMBody:
		out.problem = &problem{status: status, scim: true, scimType: f.ScimType, code: code, detail: detail}
	case HTMLBody:
		out.raw, out.contentType = []byte("<html><body><h1>"+detail+"</h1></body></html>\n"), "text/html"
	case NoBody:
	default:
		out.problem = platform(status, code, "%s", detail)
	}
	if f.RetryAfter != "" {
		out.header("Retry-After", f.RetryAfter)
	}
	if f.RetryAfterDateIn != 0 {
		out.header("Retry-After", now.Add(time.Duration(f.RetryAfterDateIn*float64(time.Second))).UTC().Format(http.TimeFormat))
	}
	return out
}

// statusCodes are the platform's codes by status (12.3).
var statusCodes = map[int]string{
	400: "bad.request", 401: "bad.credentials", 403: "not.authorized", 404: "not.found", 405: "method.not.allowed", 408: "client.timeout",
	409: "request.conflict", 413: "request.entity.too.large", 415: "unsupported.media.type", 429: "too.many.requests",
	500: "internal.server.error", 503: "service.unavailable", 504: "request.timeout",
}

func (e Effect) known() bool { return slices.Contains(effects, e) }
