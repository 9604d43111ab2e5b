package strictscim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/optional"
	"github.com/elimity-com/scim/schema"
	"github.com/jonboulle/clockwork"
)

// Config is how a server starts.
type Config struct {
	// BasePath is the path of the service, "/scim/v2" by default.
	BasePath string
	// Token is the bearer token; "" accepts every request.
	Token string
	// Clock is the source of time, the real one by default.
	Clock clockwork.Clock
	// JournalSize is how many requests the journal keeps, 1000 by default.
	JournalSize int
	// Knobs are the switches at the start.
	Knobs Knobs
}

// Knobs are the points where servers differ within the RFCs, or where a lenient server does. The zero value is strict.
type Knobs struct {
	// LegacyRemove makes remove with a list of members remove those only, as Entra's legacy form means it.
	LegacyRemove bool
	// AddReplacesMembers makes an add of members remove everybody else, against the RFC, as seen at other servers.
	AddReplacesMembers bool
	// AddCreatesElement makes add on a path whose filter selects nothing create the element.
	AddCreatesElement bool
	// DuplicateGroups allows groups with the same displayName, which the RFC does and Microsoft's validator does not.
	DuplicateGroups bool
	// GroupPatchAnswersGroup answers a PATCH of a group with 200 and the group instead of 204.
	GroupPatchAnswersGroup bool
	// MaxResults is the largest page, 100 by default.
	MaxResults int
	// BulkOperations is the largest number of operations of a bulk request, 0 for no bulk; BulkPayload is the largest body of
	// one in bytes, 1 MiB by default.
	BulkOperations, BulkPayload int
}

// Server is the server. All methods may be called at any time from any goroutine.
type Server struct {
	basePath string
	store    *store
	journal  *journal
	types    []scim.ResourceType
	queries  map[string]query

	mu    sync.RWMutex
	token string
	knobs Knobs
}

// maxBody bounds the body of a request.
const maxBody = 4 << 20

// filterKey is the context key of a parsed filter.
type filterKey struct{}

// New returns a server without anybody in it.
func New(cfg Config) *Server {
	if cfg.BasePath == "" {
		cfg.BasePath = "/scim/v2"
	}
	if cfg.Clock == nil {
		cfg.Clock = clockwork.NewRealClock()
	}
	if cfg.JournalSize <= 0 {
		cfg.JournalSize = 1000
	}
	s := &Server{basePath: strings.TrimRight(cfg.BasePath, "/"), token: cfg.Token, knobs: cfg.Knobs, journal: newJournal(cfg.JournalSize), queries: map[string]query{}}
	s.store = newStore(cfg.Clock, func() bool { return !s.Knobs().DuplicateGroups })
	s.addType(scim.ResourceType{ID: optional.NewString("User"), Name: "User", Endpoint: "/Users", Description: optional.NewString("User account"),
		Schema: schema.CoreUserSchema(), SchemaExtensions: []scim.SchemaExtension{{Schema: schema.ExtensionEnterpriseUser()}}}, s.store.users)
	s.addType(scim.ResourceType{ID: optional.NewString("Group"), Name: "Group", Endpoint: "/Groups", Description: optional.NewString("Group"),
		Schema: schema.CoreGroupSchema()}, s.store.group)
	return s
}

func (s *Server) addType(t scim.ResourceType, table *table) {
	q := newQuery(t)
	t.Handler = &handler{server: s, table: table, query: q, groups: table == s.store.group}
	s.queries[t.Endpoint] = q
	s.types = append(s.types, t)
}

// recorder notes the status of an answer, and turns an answer that the client already has into 304.
type recorder struct {
	http.ResponseWriter
	ifNoneMatch string
	status      int
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if status == http.StatusOK && w.ifNoneMatch != "" && tagged(w.ifNoneMatch, w.Header().Get("ETag")) {
		status = http.StatusNotModified
	}
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(content []byte) (int, error) {
	if w.status == http.StatusNotModified {
		return len(content), nil
	}
	return w.ResponseWriter.Write(content)
}

// ServeHTTP answers one request: token, media type, filter, then the library.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	if r.Method == http.MethodGet {
		rec.ifNoneMatch = r.Header.Get("If-None-Match")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		refuse(rec, errors.ScimError{Status: http.StatusRequestEntityTooLarge, Detail: "The body is too large."})
	} else {
		s.serve(rec, r)
	}
	s.journal.add(Request{Time: s.store.clock.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: string(body), Status: rec.status})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.RLock()
	token, knobs := s.token, s.knobs
	s.mu.RUnlock()
	if scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " "); token != "" && (!strings.EqualFold(scheme, "Bearer") || value != token) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="scim"`)
		refuse(w, errors.ScimError{Status: http.StatusUnauthorized, Detail: "The bearer token is missing or not valid."})
		return
	}
	path, ok := strings.CutPrefix(r.URL.Path, s.basePath)
	if !ok || !strings.HasPrefix(path, "/") {
		refuse(w, errors.ScimError{Status: http.StatusNotFound, Detail: "Specified endpoint does not exist."})
		return
	}
	if media, _, _ := strings.Cut(strings.ToLower(r.Header.Get("Content-Type")), ";"); r.ContentLength != 0 &&
		strings.TrimSpace(media) != "application/scim+json" && strings.TrimSpace(media) != "application/json" {
		refuse(w, errors.ScimError{Status: http.StatusUnsupportedMediaType, Detail: "The body must be application/scim+json."})
		return
	}
	inner := r.Clone(r.Context())
	inner.URL.Path, inner.URL.RawPath = path, ""
	if q, isType := s.queries[path]; isType && r.Method == http.MethodGet {
		var refused error
		if inner, refused = withFilter(inner, q); refused != nil {
			refuse(w, errors.ScimErrorInvalidFilter)
			return
		}
	}
	if path == "/ServiceProviderConfig" && r.Method == http.MethodGet {
		writeConfig(w, knobs)
		return
	}
	if path == bulkPath && r.Method == http.MethodPost && knobs.BulkOperations > 0 {
		s.bulk(w, inner, s.library(r, knobs), knobs)
		return
	}
	s.library(r, knobs).ServeHTTP(w, inner)
}

func (k Knobs) maxResults() int {
	if k.MaxResults <= 0 {
		return 100
	}
	return k.MaxResults
}

// withFilter parses the filter and takes it out of the query.
func withFilter(r *http.Request, q query) (*http.Request, error) {
	values := r.URL.Query()
	text := strings.TrimSpace(values.Get("filter"))
	if text == "" {
		return r, nil
	}
	expression, err := q.parse(text)
	if err != nil {
		return r, err
	}
	values.Del("filter")
	r.URL.RawQuery = values.Encode()
	return r.WithContext(context.WithValue(r.Context(), filterKey{}, expression)), nil
}

// library returns the library's server with the origin of the request in its locations.
func (s *Server) library(r *http.Request, k Knobs) http.Handler {
	origin := "http://" + r.Host
	if r.TLS != nil {
		origin = "https://" + r.Host
	}
	// NewServer fails only without arguments.
	server, _ := scim.NewServer(&scim.ServerArgs{ServiceProviderConfig: &scim.ServiceProviderConfig{MaxResults: k.maxResults(), SupportFiltering: true, SupportPatch: true},
		ResourceTypes: s.types}, scim.WithBaseURL(origin+s.basePath))
	return server
}

func refuse(w http.ResponseWriter, e errors.ScimError) {
	writeJSON(w, e.Status, e)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(status)
	// A client that went away is no concern of the server.
	_ = json.NewEncoder(w).Encode(body)
}

// writeConfig is the library's document, with ETags and bulk announced.
func writeConfig(w http.ResponseWriter, k Knobs) {
	bulk := map[string]any{"supported": false, "maxOperations": 0, "maxPayloadSize": 0}
	if k.BulkOperations > 0 {
		bulk = map[string]any{"supported": true, "maxOperations": k.BulkOperations, "maxPayloadSize": k.bulkPayload()}
	}
	supported := func(yes bool) map[string]any { return map[string]any{"supported": yes} }
	writeJSON(w, http.StatusOK, map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":   supported(true), "sort": supported(false), "changePassword": supported(false), "etag": supported(true),
		"filter": map[string]any{"supported": true, "maxResults": k.maxResults()},
		"bulk":   bulk,
		"authenticationSchemes": []map[string]any{{"type": "oauthbearertoken", "name": "OAuth Bearer Token", "primary": true,
			"description": "Authentication with a bearer token (RFC 6750)"}},
		"meta": map[string]any{"resourceType": "ServiceProviderConfig"},
	})
}
