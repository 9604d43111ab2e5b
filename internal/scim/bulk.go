package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	bulkPath = "/Bulk"
	// maxBulkOperations and maxBulkPayload bound a bulk request whatever the application allows: it has a minute to carry it
	// out, and the fate of all its resources is unknown when the answer is lost.
	maxBulkOperations = 100
	maxBulkPayload    = 1 << 20

	bulkHead = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[`
	bulkTail = `]}`
)

// bulkLimits is what a bulk request may hold; nil means that there is no bulk.
type bulkLimits struct{ count, payload int }

func (l *bulkLimits) operations() int {
	if l == nil {
		return 0
	}
	return l.count
}

// readBulkLimits reads the member bulk of ServiceProviderConfig, RFC 7643 section 5. Bulk for single operations is no bulk,
// and limits that cannot be read are no offer.
func readBulkLimits(raw json.RawMessage) *bulkLimits {
	var conf struct {
		Supported      bool    `json:"supported"`
		MaxOperations  float64 `json:"maxOperations"`
		MaxPayloadSize float64 `json:"maxPayloadSize"`
	}
	if json.Unmarshal(raw, &conf) != nil || !conf.Supported || conf.MaxOperations < 2 {
		return nil
	}
	out := &bulkLimits{count: int(min(conf.MaxOperations, maxBulkOperations)), payload: maxBulkPayload}
	if conf.MaxPayloadSize >= 1 {
		out.payload = int(min(conf.MaxPayloadSize, maxBulkPayload))
	}
	return out
}

// shrink makes bulk requests smaller from now on, or ends them.
func (c *Client) shrink(from *bulkLimits, count int) {
	var to *bulkLimits
	if count >= 2 {
		to = &bulkLimits{count: count, payload: from.payload}
	}
	c.bulk.CompareAndSwap(from, to) // somebody else may have seen more
}

// CreateMany creates resources, many in one request where the application offers that (Capabilities().BulkOperations; RFC
// 7644 section 3.7), else one after the other. Each is told exactly once of every document, by its index, in no particular
// order and never at the same time; the result is what Create would have returned for it:
//
//   - a resource that the application refused has the kind of that refusal, whatever became of the others;
//   - Transient means that the application may have created it: it failed, its answer was lost or says nothing about this
//     resource. The caller has to look the resource up before trying again. Nothing is sent twice in such a case;
//   - whoever the application did not get to at all, because bulk is not there after all or the request was too large or
//     refused as a whole, is created by a request of its own.
//
// The documents must not refer to each other. All results of a request that failed as a whole share one error value. After
// an Unauthorized or Canceled nothing more is sent, and the remaining documents share that error.
func (c *Client) CreateMany(ctx context.Context, kind directory.Kind, docs []directory.Document, each func(i int, res directory.Resource, err error)) {
	m := &creator{Client: c, kind: kind, each: each}
	for next := 0; next < len(docs); {
		limits := m.limits()
		if limits == nil || m.ended != nil {
			m.single(ctx, creation{index: next, doc: docs[next]})
			next++
			continue
		}
		var batch []creation
		batch, next = m.gather(docs, next, limits)
		m.send(ctx, batch)
	}
}

// creator is the state of one CreateMany.
type creator struct {
	*Client
	kind directory.Kind
	each func(int, directory.Resource, error)
	// ended is the error after which nothing more is sent.
	ended error
}

// creation is one document on its way.
type creation struct {
	index int
	doc   directory.Document
	// op is the operation of the bulk request.
	op []byte
}

func (cr creation) bulkID() string { return strconv.Itoa(cr.index + 1) }

// limits are those of the next request, nil where each resource needs its own.
func (m *creator) limits() *bulkLimits {
	if m.kind == directory.Group && !m.cfg.Profile.Capabilities.CreateGroups {
		return nil
	}
	return m.bulk.Load()
}

func (m *creator) done(cr creation, res directory.Resource, err error) {
	if fault.Is(err, fault.Unauthorized, fault.Canceled) {
		m.ended = err
	}
	m.each(cr.index, res, err)
}

// single creates one resource by a request of its own.
func (m *creator) single(ctx context.Context, cr creation) {
	if m.ended != nil {
		m.each(cr.index, directory.Resource{}, m.ended)
		return
	}
	res, err := m.Create(ctx, m.kind, cr.doc)
	m.done(cr, res, err)
}

// gather takes as many documents as fit into one request, at least one, and returns the index of the next.
func (m *creator) gather(docs []directory.Document, next int, limits *bulkLimits) ([]creation, int) {
	var batch []creation
	size := len(bulkHead) + len(bulkTail)
	for ; next < len(docs) && len(batch) < limits.count; next++ {
		cr := creation{index: next, doc: docs[next]}
		body, err := m.cfg.Profile.Wire.Create(m.kind, cr.doc)
		if err != nil {
			m.done(cr, directory.Resource{}, err)
			continue
		}
		cr.op = fmt.Appendf(nil, `{"method":"POST","path":%q,"bulkId":%q,"data":%s}`, endpoint(m.kind), cr.bulkID(), body)
		if size += len(cr.op) + 1; size > limits.payload && len(batch) > 0 {
			break
		}
		batch = append(batch, cr)
	}
	return batch, next
}

// send sends one bulk request. One resource alone is created as always.
func (m *creator) send(ctx context.Context, batch []creation) {
	limits := m.limits()
	if len(batch) < 2 || limits == nil || m.ended != nil {
		for _, cr := range batch {
			m.single(ctx, cr)
		}
		return
	}
	ops := make([][]byte, len(batch))
	for i, cr := range batch {
		ops[i] = cr.op
	}
	body := append(append([]byte(bulkHead), bytes.Join(ops, []byte(","))...), bulkTail...)
	q := call{op: "create " + noun(m.kind) + "s", method: http.MethodPost, kind: m.kind, base: m.base, path: bulkPath, body: body, whole: true}
	a, err := m.do(ctx, q)
	switch s := status(err); {
	case err == nil:
		m.results(ctx, batch, a)
	case s == http.StatusRequestEntityTooLarge:
		half := (len(batch) + 1) / 2
		m.shrink(limits, half)
		m.send(ctx, batch[:half])
		m.send(ctx, batch[half:])
	case refusedWhole(err):
		if s != http.StatusBadRequest && s != http.StatusUnprocessableEntity {
			m.shrink(limits, 0) // it is not offered after all, or not to these credentials
		}
		for _, cr := range batch {
			m.single(ctx, cr)
		}
	default:
		if fault.CodeOf(err) == codeTimeout {
			m.shrink(limits, len(batch)/2)
		}
		for _, cr := range batch {
			m.done(cr, directory.Resource{}, err)
		}
	}
}

// refusedWhole reports whether an application refused a bulk request without carrying anything out.
func refusedWhole(err error) bool {
	s := status(err)
	return s >= 300 && s < 500 && !fault.Is(err, fault.Unauthorized, fault.Throttled, fault.Transient) || s == http.StatusNotImplemented
}

// bulkResult is what became of one operation.
type bulkResult struct {
	BulkID   string          `json:"bulkId"`
	Location string          `json:"location"`
	Version  string          `json:"version"`
	Status   json.RawMessage `json:"status"`
	Response json.RawMessage `json:"response"`
}

// status returns the HTTP status: a string in the RFC, a number with some servers, an object with a code in its drafts; 0
// where there is none.
func (r bulkResult) status() int {
	text := string(r.Status)
	var draft struct {
		Code json.RawMessage `json:"code"`
	}
	if json.Unmarshal(r.Status, &draft) == nil && draft.Code != nil {
		text = string(draft.Code)
	}
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 200 || n > 599 {
		return 0
	}
	return n
}

// names are what no two results may share.
func (r bulkResult) names() []string {
	out := []string{"bulkId " + r.BulkID}
	if r.Location != "" {
		out = append(out, "location "+r.Location)
	}
	var body map[string]any
	if json.Unmarshal(r.Response, &body) == nil {
		if res, ok := resource(body, nil); ok {
			out = append(out, "id "+string(res.ID))
		}
	}
	return out
}

// readResults returns the results of a bulk answer by bulkId. What cannot be understood is left out, and so is a bulkId that
// is answered twice or a resource that is said to be two: nothing is known about those.
func readResults(a *answer) map[string]bulkResult {
	var list struct {
		Operations []json.RawMessage `json:"Operations"`
	}
	if a.cut || json.Unmarshal(a.body, &list) != nil {
		return nil
	}
	out, seen := map[string]bulkResult{}, map[string]int{}
	for _, raw := range list.Operations {
		var r bulkResult
		if json.Unmarshal(raw, &r) == nil && r.BulkID != "" {
			out[r.BulkID] = r
			for _, name := range r.names() {
				seen[name]++
			}
		}
	}
	maps.DeleteFunc(out, func(_ string, r bulkResult) bool {
		return slices.ContainsFunc(r.names(), func(name string) bool { return seen[name] > 1 })
	})
	return out
}

// results hands the results of a bulk request over, in the order of the documents.
func (m *creator) results(ctx context.Context, batch []creation, a *answer) {
	results := readResults(a)
	var lost error
	for _, cr := range batch {
		r, ok := results[cr.bulkID()]
		if ok && r.status() != 0 {
			m.result(ctx, cr, r, a)
			continue
		}
		if lost == nil {
			lost = &fault.Error{Kind: fault.Transient, Op: "create " + noun(m.kind), Code: codeIncompatible, Status: a.status, RequestID: requestID(a.header, errorBody{}),
				Message: "the application answered a bulk request without saying what became of each " + noun(m.kind) + "; they are looked up before they are tried again"}
		}
		m.done(cr, directory.Resource{}, lost)
	}
}

// result judges the answer to one operation as if it were the answer to a create of its own.
func (m *creator) result(ctx context.Context, cr creation, r bulkResult, whole *answer) {
	h := whole.header.Clone()
	h.Del("Retry-After")
	h.Set("Location", r.Location)
	h.Set("ETag", r.Version)
	a := &answer{status: r.status(), header: h, body: r.Response}
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusTooManyRequests, a.status == http.StatusUnsupportedMediaType:
		// It was not carried out. A request of its own waits, gets another token or another media type.
		m.single(ctx, cr)
	case a.status >= 300:
		q := createCall(m.kind, nil)
		q.base = m.base
		refused := m.refusal(q, a)
		if refused.Kind == fault.Conflict {
			m.remember(m.kind, cr.doc)
		}
		m.done(cr, directory.Resource{}, refused)
	default:
		res, told := created(m.kind, cr.doc, a)
		if told {
			m.done(cr, res, nil)
			return
		}
		// Looking everybody up costs more than bulk saves.
		m.bulk.Store(nil)
		res, err := m.lookUpCreated(ctx, "create "+noun(m.kind), m.kind, cr.doc)
		m.done(cr, res, err)
	}
}
