package graphsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/simulator/graphsim/tenant"
)

// adminHandler answers one administration request with a value or an error.
type adminHandler func(r *http.Request) (any, error)

// adminRoutes is the administration interface, for the demo and for load tests. It is not part of Graph and asks for no token.
// Users are named by id or userPrincipalName, groups by id or display name, applications by object or application id.
func (s *Server) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]adminHandler{
		"GET /admin/state":                   s.adminState,
		"GET /admin/users":                   s.adminSearch,
		"POST /admin/users":                  s.adminHire,
		"GET /admin/users/{key}":             s.adminUser,
		"PATCH /admin/users/{key}":           s.adminPatchUser,
		"DELETE /admin/users/{key}":          s.adminDeleteUser,
		"POST /admin/users/{key}/restore":    s.adminRestoreUser,
		"POST /admin/users/{key}/manager":    s.adminManager,
		"GET /admin/groups":                  s.adminGroups,
		"POST /admin/groups":                 s.adminAddGroup,
		"GET /admin/groups/{key}":            s.adminGroup,
		"PATCH /admin/groups/{key}":          s.adminPatchGroup,
		"DELETE /admin/groups/{key}":         s.adminDeleteGroup,
		"POST /admin/groups/{key}/members":   s.adminMembers(s.tenant.AddMembers),
		"DELETE /admin/groups/{key}/members": s.adminMembers(s.tenant.RemoveMembers),
		"GET /admin/assignments":             s.adminAssignments,
		"POST /admin/assignments":            s.adminAssign,
		"DELETE /admin/assignments":          s.adminUnassign,
		"GET /admin/faults":                  func(*http.Request) (any, error) { return s.Faults(), nil },
		"POST /admin/faults":                 s.adminAddFault,
		"DELETE /admin/faults":               s.adminClearFaults,
		"GET /admin/requests":                s.adminRequests,
		"DELETE /admin/requests":             func(*http.Request) (any, error) { s.ResetJournal(); return nil, nil },
		"POST /admin/notifications":          s.adminNotify,
		"GET /admin/knobs":                   func(*http.Request) (any, error) { return s.Knobs(), nil },
		"PATCH /admin/knobs":                 s.adminKnobs,
		"PATCH /admin/apps/{key}":            s.adminApp,
		"POST /admin/delta-tokens/expire":    s.adminExpire,
		"POST /admin/access-tokens/revoke":   func(*http.Request) (any, error) { s.RevokeAccessTokens(); return nil, nil },
	} {
		mux.HandleFunc(pattern, adminAnswer(h))
	}
	return mux
}

func adminAnswer(h adminHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		v, err := h(r)
		status := http.StatusOK
		switch {
		case errors.Is(err, tenant.ErrNotFound):
			status = http.StatusNotFound
		case errors.Is(err, tenant.ErrConflict):
			status = http.StatusConflict
		case err != nil:
			status = http.StatusBadRequest
		case v == nil:
			w.WriteHeader(http.StatusNoContent)
			return
		case r.Method == http.MethodPost:
			status = http.StatusCreated
		}
		if err != nil {
			v = map[string]string{"error": err.Error()}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
}

// readJSON reads the body of an administration request; an empty one leaves the value alone.
func readJSON(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("body is not the expected JSON: %w", err)
	}
	return nil
}

// setFields sets fields of a struct from JSON, by name in any letter case. Durations may be written as "90s". Unknown names are errors.
func setFields(target any, raw map[string]json.RawMessage) error {
	v := reflect.ValueOf(target).Elem()
	for name, value := range raw {
		f := v.FieldByNameFunc(func(n string) bool { return strings.EqualFold(n, name) })
		if !f.IsValid() || !f.CanSet() {
			return fmt.Errorf("unknown field %q", name)
		}
		if f.Type() == reflect.TypeFor[time.Duration]() && len(value) > 0 && value[0] == '"' {
			d, err := time.ParseDuration(strings.Trim(string(value), `"`))
			if err != nil {
				return fmt.Errorf("field %q: %w", name, err)
			}
			f.SetInt(int64(d))
			continue
		}
		if err := json.Unmarshal(value, f.Addr().Interface()); err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
	}
	return nil
}

func (s *Server) adminState(*http.Request) (any, error) {
	s.mu.Lock()
	faults := len(s.faults)
	s.mu.Unlock()
	s.journal.mu.Lock()
	requests := s.journal.total
	s.journal.mu.Unlock()
	var apps []map[string]string
	for _, a := range s.tenant.Applications() {
		apps = append(apps, map[string]string{"id": a.ID, "appId": a.AppID, "displayName": a.DisplayName})
	}
	return map[string]any{
		"tenantId": s.tenant.ID(), "domains": s.tenant.Domains(), "counts": s.tenant.Counts(), "applications": apps, "requests": requests, "faults": faults,
	}, nil
}

func (s *Server) adminAddFault(r *http.Request) (any, error) {
	var raw map[string]json.RawMessage
	if err := readJSON(r, &raw); err != nil {
		return nil, err
	}
	var f Fault
	if err := setFields(&f, raw); err != nil {
		return nil, err
	}
	id, err := s.AddFault(f)
	return map[string]int{"id": id}, err
}

func (s *Server) adminClearFaults(r *http.Request) (any, error) {
	text := r.URL.Query().Get("id")
	if text == "" {
		s.ClearFaults()
		return nil, nil
	}
	id, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("id is not a number: %w", err)
	}
	s.ClearFaults(id)
	return nil, nil
}

// adminRequests returns the last requests; limit is how many (100), path a prefix.
func (s *Server) adminRequests(r *http.Request) (any, error) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit <= 0 {
		limit = 100
	}
	out := []Request{}
	for _, q := range s.Journal() {
		if strings.HasPrefix(q.Path, r.URL.Query().Get("path")) {
			out = append(out, q)
		}
	}
	return out[max(0, len(out)-limit):], nil
}

func (s *Server) adminKnobs(r *http.Request) (any, error) {
	var raw map[string]json.RawMessage
	if err := readJSON(r, &raw); err != nil {
		return nil, err
	}
	k := s.Knobs()
	if err := setFields(&k, raw); err != nil {
		return nil, err
	}
	s.Set(func(have *Knobs) { *have = k })
	return s.Knobs(), nil
}

// adminApp changes an application registration: secrets, roles, disabled, noServicePrincipal, blocked.
func (s *Server) adminApp(r *http.Request) (any, error) {
	var raw map[string]json.RawMessage
	if err := readJSON(r, &raw); err != nil {
		return nil, err
	}
	var failure error
	if !s.UpdateApp(r.PathValue("key"), func(a *App) { failure = setFields(a, raw) }) {
		return nil, fmt.Errorf("%w: application %s", tenant.ErrNotFound, r.PathValue("key"))
	}
	return nil, failure
}

func (s *Server) adminExpire(r *http.Request) (any, error) {
	in := struct {
		Answer ExpiredAnswer `json:"answer"`
	}{ExpiredObserved}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	s.ExpireTokens(in.Answer)
	return nil, nil
}
