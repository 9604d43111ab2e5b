package genesyssim

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// serveAdmin serves /admin/: what a demo or an end-to-end test does by hand. It takes no token, is not counted and not
// subject to faults.
func (s *Server) serveAdmin(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/users", func(w http.ResponseWriter, r *http.Request) {
		if name := r.URL.Query().Get("userName"); name != "" {
			users := []User{}
			if u, ok := s.UserByName(name); ok {
				users = append(users, u)
			}
			adminJSON(w, http.StatusOK, users)
			return
		}
		adminJSON(w, http.StatusOK, s.Users())
	})
	mux.HandleFunc("GET /admin/users/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.adminUser(w, r.PathValue("id"))
	})
	mux.HandleFunc("PATCH /admin/users/{id}", s.adminEditUser)
	mux.HandleFunc("GET /admin/groups", func(w http.ResponseWriter, _ *http.Request) { adminJSON(w, http.StatusOK, s.Groups()) })
	mux.HandleFunc("PATCH /admin/groups/{id}", s.adminEditGroup)
	mux.HandleFunc("GET /admin/state", func(w http.ResponseWriter, _ *http.Request) { adminJSON(w, http.StatusOK, s.adminState()) })
	mux.HandleFunc("GET /admin/requests", func(w http.ResponseWriter, _ *http.Request) { adminJSON(w, http.StatusOK, s.Journal()) })
	mux.HandleFunc("DELETE /admin/requests", func(w http.ResponseWriter, _ *http.Request) {
		s.ResetJournal()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /admin/faults", func(w http.ResponseWriter, _ *http.Request) { adminJSON(w, http.StatusOK, s.Faults()) })
	mux.HandleFunc("POST /admin/faults", s.adminAddFault)
	mux.HandleFunc("DELETE /admin/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ResetFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /admin/knobs", func(w http.ResponseWriter, _ *http.Request) { adminJSON(w, http.StatusOK, s.Knobs()) })
	mux.HandleFunc("PATCH /admin/knobs", s.adminSetKnobs)
	mux.HandleFunc("POST /admin/token", s.adminIssueToken)
	mux.HandleFunc("POST /admin/token/revoke", s.adminRevokeToken)
	mux.ServeHTTP(w, r)
}

// adminRead decodes a body; an empty one leaves into as it is.
func adminRead(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into)
	if err != nil && !errors.Is(err, io.EOF) {
		adminError(w, http.StatusBadRequest, "the body is not valid: "+err.Error())
		return false
	}
	return true
}

func adminJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// A client that went away is no concern of the simulator.
	_ = json.NewEncoder(w).Encode(body)
}

func adminError(w http.ResponseWriter, status int, text string) {
	adminJSON(w, status, map[string]string{"error": text})
}

func (s *Server) adminUser(w http.ResponseWriter, id string) {
	u, ok := s.User(id)
	if !ok {
		adminError(w, http.StatusNotFound, "no such user")
		return
	}
	adminJSON(w, http.StatusOK, u)
}

func (s *Server) adminEditUser(w http.ResponseWriter, r *http.Request) {
	var values map[string]any
	if !adminRead(w, r, &values) {
		return
	}
	var p *problem
	if err := s.EditUser(r.PathValue("id"), values); errors.As(err, &p) {
		adminError(w, p.status, p.detail)
		return
	}
	s.adminUser(w, r.PathValue("id"))
}

func (s *Server) adminEditGroup(w http.ResponseWriter, r *http.Request) {
	var edit struct{ Add, Remove []string }
	if !adminRead(w, r, &edit) {
		return
	}
	if !s.EditGroup(r.PathValue("id"), edit.Add, edit.Remove) {
		adminError(w, http.StatusNotFound, "no such group")
		return
	}
	g, _ := s.Group(r.PathValue("id"))
	adminJSON(w, http.StatusOK, g)
}

// adminState is the summary that a demo prints.
func (s *Server) adminState() any {
	s.dir.mu.RLock()
	users, groups, waiting := maps.Clone(s.dir.states), len(s.dir.groups), len(s.dir.pending)
	s.dir.mu.RUnlock()
	windows := []RateState{}
	for _, state := range s.Rate() {
		windows = append(windows, state)
	}
	return map[string]any{"users": users, "groups": groups, "requests": s.Counters(), "rate": windows, "searchBehindBy": waiting}
}

func (s *Server) adminAddFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	if !adminRead(w, r, &f) {
		return
	}
	if !f.Effect.known() {
		adminError(w, http.StatusBadRequest, "unknown effect "+string(f.Effect))
		return
	}
	s.SetFault(f)
	adminJSON(w, http.StatusCreated, f)
}

// adminSetKnobs merges a JSON object into the switches; durations may be written as "2s".
func (s *Server) adminSetKnobs(w http.ResponseWriter, r *http.Request) {
	var values map[string]any
	if !adminRead(w, r, &values) {
		return
	}
	for name, value := range values {
		text, ok := value.(string)
		if !ok || !slices.Contains([]string{"ratewindow", "searchdelay", "latency"}, strings.ToLower(name)) {
			continue
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			adminError(w, http.StatusBadRequest, name+" is not a duration")
			return
		}
		values[name] = int64(d)
	}
	raw, err := json.Marshal(values)
	if err == nil {
		s.SetKnobs(func(k *Knobs) {
			next := *k
			if err = json.Unmarshal(raw, &next); err == nil {
				*k = next
			}
		})
	}
	if err != nil {
		adminError(w, http.StatusBadRequest, err.Error())
		return
	}
	adminJSON(w, http.StatusOK, s.Knobs())
}

func (s *Server) adminIssueToken(w http.ResponseWriter, r *http.Request) {
	var spec TokenSpec
	if !adminRead(w, r, &spec) {
		return
	}
	adminJSON(w, http.StatusCreated, map[string]string{"access_token": s.IssueToken(spec)})
}

func (s *Server) adminRevokeToken(w http.ResponseWriter, r *http.Request) {
	var body struct{ Token string }
	if !adminRead(w, r, &body) {
		return
	}
	adminJSON(w, http.StatusOK, map[string]bool{"revoked": s.RevokeToken(body.Token)})
}
