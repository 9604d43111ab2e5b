package query

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/request"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/inspect"
	"github.com/entrain-dev/entrain/internal/plan"
	"github.com/entrain-dev/entrain/internal/state"
)

// Subresources of a ProvisioningConfig in the group query.entrain.dev. Rights are given on these.
const (
	Logs     = "provisioningconfigs/logs"
	Explain  = "provisioningconfigs/explain"
	Plan     = "provisioningconfigs/plan"
	Removals = "provisioningconfigs/removals"
	State    = "provisioningconfigs/state"
)

// question is a request about one config.
type question struct {
	*Server
	w      http.ResponseWriter
	r      *http.Request
	config *api.ProvisioningConfig
}

func (q question) id() state.ConfigID { return state.ConfigID(q.config.UID) }

// answers are the questions by resource and verb. The verb watch comes with paths that have /watch/ before the namespace: the API
// server lets these take as long as they need, all others a minute.
var answers = map[string]map[string]func(question, context.Context) error{
	Logs:     {"get": question.logs, "watch": question.follow},
	Explain:  {"get": question.explain},
	Plan:     {"watch": question.plan},
	Removals: {"get": question.removals},
	State:    {"watch": question.export, "update": question.restore},
}

func (s *Server) routes() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info, _ := request.RequestInfoFrom(r.Context())
		switch {
		case info.Path == "/apis/"+GroupName+"/"+Version:
			answer(w, discovery())
			return
		case !info.IsResourceRequest || info.APIGroup != GroupName || info.APIVersion != Version || info.Name == "" || info.Namespace == "":
			fail(w, http.StatusNotFound, "NotFound", "There is nothing at this path.")
			return
		}
		ask := answers[resourceOf(info)][info.Verb]
		if ask == nil {
			fail(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "This is no question that can be asked.")
			return
		}
		config := &api.ProvisioningConfig{}
		err := s.Client.Get(r.Context(), client.ObjectKey{Namespace: info.Namespace, Name: info.Name}, config)
		if apierrors.IsNotFound(err) {
			fail(w, http.StatusNotFound, "NotFound", "There is no ProvisioningConfig of this name in the namespace.")
			return
		}
		if err == nil {
			config.SetDefaults()
			err = ask(question{s, w, r, config}, r.Context())
		}
		if err != nil {
			s.failed(w, info, err)
		}
	})
}

// failed tells an error that came before the answer began.
func (s *Server) failed(w http.ResponseWriter, info *request.RequestInfo, err error) {
	var unresolved *plan.Unresolved
	code, reason, message := http.StatusInternalServerError, "InternalError", fault.MessageOf(err)
	switch {
	case errors.As(err, &unresolved):
		code, reason, message = http.StatusConflict, unresolved.Reason, unresolved.Message
	case fault.Is(err, fault.NotFound):
		code, reason = http.StatusNotFound, "NotFound"
	case fault.Is(err, fault.Invalid):
		code, reason = http.StatusBadRequest, "BadRequest"
	case fault.Is(err, fault.Conflict):
		code, reason = http.StatusConflict, "Conflict"
	case fault.Is(err, fault.Throttled):
		code, reason = http.StatusTooManyRequests, "TooManyRequests"
	case fault.Is(err, fault.Canceled):
		return
	default:
		s.Log.Error("Answering failed", "config", info.Namespace+"/"+info.Name, "question", info.Subresource, "kind", fault.KindOf(err).String(), "err", message)
	}
	fail(w, code, reason, message)
}

// discovery is what the API server and kubectl auth can-i know of the endpoint.
func discovery() *metav1.APIResourceList {
	out := &metav1.APIResourceList{
		TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: GroupName + "/" + Version, APIResources: []metav1.APIResource{},
	}
	for _, name := range []string{Explain, Logs, Plan, Removals, State} {
		r := metav1.APIResource{Name: name, Namespaced: true, Kind: "ProvisioningConfig"}
		for _, verb := range []string{"get", "update", "watch"} {
			if answers[name][verb] != nil {
				r.Verbs = append(r.Verbs, verb)
			}
		}
		out.APIResources = append(out.APIResources, r)
	}
	return out
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	// Whoever asked has gone if this fails.
	_ = json.NewEncoder(w).Encode(v)
}

// fail answers as the API server does, so that kubectl shows the message.
func fail(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
		Reason: metav1.StatusReason(reason), Message: message, Code: int32(code),
	})
}

// logQuery reads the query of a log.
func (q question) logQuery() (state.LogQuery, error) {
	v := q.r.URL.Query()
	out := state.LogQuery{Action: v.Get("action"), Status: v.Get("status"), CycleID: v.Get("cycle"), Name: v.Get("name"), Source: directory.SourceID(v.Get("source"))}
	for name, into := range map[string]*int64{"after": &out.After, "before": &out.Before} {
		if text := v.Get(name); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil || n < 0 {
				return out, fault.New(fault.Invalid, "logs", "%s must be a number of an entry", name)
			}
			*into = n
		}
	}
	if text := v.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return out, fault.New(fault.Invalid, "logs", "limit must be a number from 1")
		}
		out.Limit = n
	}
	if text := v.Get("since"); text != "" {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return out, fault.New(fault.Invalid, "logs", "since must be a time such as 2026-11-24T10:00:00Z")
		}
		out.Since = t
	}
	return out, nil
}

// LogPage is the answer to logs.
type LogPage struct {
	Items []state.LogEntry `json:"items"`
}

func (q question) logs(ctx context.Context) error {
	query, err := q.logQuery()
	if err != nil {
		return err
	}
	items, err := q.Inspector.Logs(ctx, q.id(), query)
	if err != nil {
		return err
	}
	answer(q.w, LogPage{items})
	return nil
}

func (q question) follow(ctx context.Context) error {
	query, err := q.logQuery()
	if err != nil {
		return err
	}
	out := newStream(q.w)
	out.begin()
	return out.end(q.Inspector.Follow(ctx, q.id(), query, func(entries []state.LogEntry) error {
		for i := range entries {
			if err := out.send(Event{Entry: &entries[i]}); err != nil {
				return err
			}
		}
		return out.flush()
	}))
}

func (q question) explain(ctx context.Context) error {
	who := q.r.URL.Query().Get("object")
	if who == "" {
		return fault.New(fault.Invalid, "explain", "object must be an object id or a user principal name")
	}
	made, err := q.Planner.Build(ctx, q.config)
	if err != nil {
		return err
	}
	out, err := q.Inspector.Explain(ctx, made.Plan, who)
	if err != nil {
		return err
	}
	answer(q.w, out)
	return nil
}

// RemovalList is the answer to removals.
type RemovalList struct {
	Items []inspect.Removal `json:"items"`
}

const maxRemovals = 10000

func (q question) removals(ctx context.Context) error {
	items, err := q.Inspector.Removals(ctx, q.id(), maxRemovals)
	if err != nil {
		return err
	}
	answer(q.w, RemovalList{items})
	return nil
}
