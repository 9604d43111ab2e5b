package genesyssim

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jonboulle/clockwork"
)

// Server is the simulator. All methods may be called at any time from any goroutine.
type Server struct {
	clock     clockwork.Clock
	ids, corr *idSource
	dir       *directory
	auth      *authority
	rate      *rateLimiter
	faults    *faultList
	journal   *journal

	knobs   atomic.Pointer[Knobs]
	knobsMu sync.Mutex
	// expensivePages counts lists that touch the internal resource limit (switch 9).
	expensivePages atomic.Int64
}

// maxBody bounds the body of a request; above it the answer is 413.
const maxBody = 4 << 20

// request is a request on its way through the simulator.
type request struct {
	*http.Request
	// route is the template in journal and faults; resource and id are what it names, lower case and unescaped.
	route, resource, id string
	v2                  bool
	body                []byte
	knobs               *Knobs
	fault               *Fault
	token               *token
	correlationID       string
}

// ServeHTTP answers one request: script of faults, token, rate limit, operation, in this order.
func (s *Server) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	if strings.HasPrefix(hr.URL.Path, "/admin/") {
		s.serveAdmin(w, hr)
		return
	}
	r := &request{Request: hr, knobs: s.Knobs(), correlationID: s.corr.UUID()}
	r.resolve()
	var err error
	r.body, err = io.ReadAll(http.MaxBytesReader(w, hr.Body, maxBody))
	r.fault = s.faults.match(r)
	wait := r.knobs.Latency
	if r.fault != nil {
		wait += time.Duration(r.fault.DelaySeconds * float64(time.Second))
	}
	if wait > 0 && !s.sleep(r, wait) {
		panic(http.ErrAbortHandler)
	}
	var answer *response
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		answer = &response{problem: platform(http.StatusRequestEntityTooLarge, "request.entity.too.large", "The request is larger than %d bytes", maxBody)}
	case err != nil:
		answer = &response{problem: platform(http.StatusBadRequest, "client.failed.request", "The request could not be read")}
	default:
		answer = s.answer(r)
	}
	if p := answer.problem; p != nil {
		answer.status = p.status
		for name, value := range p.headers {
			answer.header(name, value)
		}
	}
	s.spoil(r, answer)
	s.record(r, answer)
	s.write(w, r, answer)
}

// sleep waits on the simulator's clock; false when the client gave up.
func (s *Server) sleep(r *request, d time.Duration) bool {
	timer := s.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.Chan():
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Server) record(r *request, answer *response) {
	e := Request{Time: s.clock.Now(), Method: r.Method, Path: r.URL.EscapedPath(), Query: r.decodedQuery(), Route: r.route,
		Body: string(r.body), Status: answer.status, CorrelationID: r.correlationID}
	if r.fault != nil {
		e.Fault = r.fault.Effect
	}
	if answer.cut == cutAll {
		e.Status = 0
	}
	if r.route == routeToken {
		e.Body = ""
	}
	s.journal.add(e)
}

// answer decides the answer.
func (s *Server) answer(r *request) *response {
	if f := r.fault; f != nil {
		switch f.Effect {
		case EffectStatus:
			return f.answer(s.clock.Now())
		case EffectCutBefore:
			return &response{cut: cutAll}
		case EffectHang:
			<-r.Context().Done()
			return &response{cut: cutAll}
		}
	}
	switch r.route {
	case routeToken:
		return s.serveToken(r)
	case routeMetadata:
		return serveMetadata(r)
	}
	t, p := s.auth.bearer(r.Header.Get("Authorization"), s.clock.Now())
	if p != nil {
		return &response{problem: p}
	}
	r.token = t
	now := s.clock.Now()
	state, ok := s.rate.take(t.value, r.knobs, now)
	var out *response
	if ok {
		if out, p = s.dispatch(r); p != nil {
			out = &response{problem: p}
		}
	} else {
		out = &response{problem: tooMany(state, r.knobs, now)}
	}
	if out.headers == nil {
		out.headers = http.Header{}
	}
	state.setHeaders(out.headers)
	return out
}

// The routes that are not resources.
const (
	routeToken    = "/oauth/token"
	routeMetadata = "/.well-known/oauth-authorization-server"
	routeOther    = "other"
)

// resolve finds the route. The resource segment compares without regard to case, the root does not (section 4).
func (r *request) resolve() {
	full := r.URL.EscapedPath()
	r.route = routeOther
	if full == routeToken || full == routeMetadata {
		r.route = full
		return
	}
	rest, ok := strings.CutPrefix(full, rootV2+"/")
	switch {
	case ok && r.knobs.Roots != OnlyV1Root:
		r.v2 = true
	default:
		if rest, ok = strings.CutPrefix(full, rootV1+"/"); !ok || r.knobs.Roots == OnlyV2Root {
			return
		}
	}
	resource, id, single := strings.Cut(strings.TrimSuffix(rest, "/"), "/")
	resource = strings.ToLower(resource)
	if _, known := operations[resource]; !known || strings.Contains(id, "/") {
		return
	}
	r.resource, r.route = resource, "/"+resource
	if single {
		unescaped, err := url.PathUnescape(id)
		if err != nil {
			unescaped = id
		}
		r.id, r.route = unescaped, r.route+"/{id}"
	}
}

// operation serves one method of one route.
type operation func(s *Server, r *request) (*response, *problem)

// operations are the verbs of section 4, first those of the collection, then those of one resource.
var operations map[string][2]map[string]operation

func init() {
	// Assigned here, because the operations refer to the table through the routes.
	operations = map[string][2]map[string]operation{
		"users": {
			{http.MethodGet: (*Server).listUsers, http.MethodPost: (*Server).createUser},
			{http.MethodGet: (*Server).getUser, http.MethodPut: (*Server).replaceUser, http.MethodPatch: (*Server).patchUser,
				http.MethodDelete: (*Server).deleteUser},
		},
		"groups": {
			{http.MethodGet: (*Server).listGroups, http.MethodPost: (*Server).createGroup},
			{http.MethodGet: (*Server).getGroup, http.MethodPut: (*Server).replaceGroup, http.MethodPatch: (*Server).patchGroup,
				http.MethodDelete: (*Server).deleteGroup},
		},
		"serviceproviderconfig": {{http.MethodGet: (*Server).getProviderConfig}, nil},
		"resourcetypes":         {{http.MethodGet: (*Server).listResourceTypes}, {http.MethodGet: (*Server).getResourceType}},
		"schemas":               {{http.MethodGet: (*Server).listSchemas}, {http.MethodGet: (*Server).getSchema}},
	}
}

// dispatch runs the operation of a request.
func (s *Server) dispatch(r *request) (*response, *problem) {
	if r.resource == "" {
		return nil, platform(http.StatusNotFound, "not.found", "The requested resource does not exist")
	}
	verbs := operations[r.resource][0]
	if strings.HasSuffix(r.route, "/{id}") {
		verbs = operations[r.resource][1]
	}
	if len(verbs) == 0 {
		return nil, platform(http.StatusNotFound, "not.found", "The requested resource does not exist")
	}
	run, ok := verbs[r.Method]
	if !ok {
		return nil, methodNotAllowed()
	}
	return run(s, r)
}

// methodNotAllowed answers an unknown verb on a known path (section 4).
func methodNotAllowed() *problem {
	return platform(http.StatusMethodNotAllowed, "method.not.allowed", "The method is not allowed for this resource")
}

// decodedQuery is the query for people and for faults.
func (r *request) decodedQuery() string {
	if q, err := url.QueryUnescape(r.URL.RawQuery); err == nil {
		return q
	}
	return r.URL.RawQuery
}

// origin is scheme and host of the request.
func (r *request) origin() string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// base is the prefix of locations (switch 28).
func (r *request) base() string {
	if r.knobs.AbsoluteLocations {
		return r.origin()
	}
	return ""
}

// allowed checks a permission of the token (switch 27).
func (s *Server) allowed(r *request) func(string) bool {
	return func(permission string) bool { return r.knobs.AllowEverything || s.auth.allows(r.token, permission) }
}
