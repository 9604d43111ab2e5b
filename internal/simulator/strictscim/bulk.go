package strictscim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/elimity-com/scim/errors"
)

const (
	bulkPath           = "/Bulk"
	bulkRequestSchema  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	bulkResponseSchema = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
	bulkIDPrefix       = "bulkId:"
)

func (k Knobs) bulkPayload() int {
	if k.BulkPayload <= 0 {
		return 1 << 20
	}
	return k.BulkPayload
}

// bulkOperation is one operation of a request.
type bulkOperation struct {
	Method  string          `json:"method"`
	Path    string          `json:"path"`
	BulkID  string          `json:"bulkId"`
	Version string          `json:"version"`
	Data    json.RawMessage `json:"data"`
}

// bulkResult is what became of one. The answer to an operation that succeeded is left out, as in the examples of the RFC.
type bulkResult struct {
	Location string          `json:"location,omitempty"`
	Method   string          `json:"method"`
	BulkID   string          `json:"bulkId,omitempty"`
	Version  string          `json:"version,omitempty"`
	Status   string          `json:"status"`
	Response json.RawMessage `json:"response,omitempty"`
}

// bulk answers POST /Bulk: every operation is carried out like a request of its own, in order, and failures of single ones
// do not stop the others unless failOnErrors says so (RFC 7644 section 3.7).
func (s *Server) bulk(w http.ResponseWriter, r *http.Request, library http.Handler, k Knobs) {
	body, err := io.ReadAll(r.Body) // bounded by maxBody already
	var in struct {
		Schemas      []string        `json:"schemas"`
		FailOnErrors int             `json:"failOnErrors"`
		Operations   []bulkOperation `json:"Operations"`
	}
	switch {
	case err == nil && len(body) > k.bulkPayload():
		refuse(w, errors.ScimError{Status: http.StatusRequestEntityTooLarge,
			Detail: fmt.Sprintf("The size of the bulk operation exceeds the maxPayloadSize (%d).", k.bulkPayload())})
		return
	case err != nil || json.Unmarshal(body, &in) != nil || len(in.Schemas) != 1 || in.Schemas[0] != bulkRequestSchema || !validBulk(in.Operations):
		refuse(w, errors.ScimErrorInvalidSyntax)
		return
	case len(in.Operations) > k.BulkOperations:
		refuse(w, errors.ScimError{Status: http.StatusRequestEntityTooLarge,
			Detail: fmt.Sprintf("The number of operations exceeds maxOperations (%d).", k.BulkOperations)})
		return
	}
	b := &bulkRun{basePath: s.basePath, request: r, library: library, ids: map[string]string{}}
	results, failures := []bulkResult{}, 0
	for _, op := range in.Operations {
		result := b.carryOut(r.Context(), op)
		if results = append(results, result); result.Status[0] != '2' {
			failures++
		}
		if in.FailOnErrors > 0 && failures >= in.FailOnErrors {
			break
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"schemas": []string{bulkResponseSchema}, "Operations": results})
}

// validBulk checks what the RFC requires of all operations: a known method, a path, and for POST an id of its own.
func validBulk(ops []bulkOperation) bool {
	seen := map[string]bool{}
	for _, op := range ops {
		switch op.Method {
		case http.MethodPost:
			if op.BulkID == "" || op.Path != "/Users" && op.Path != "/Groups" {
				return false
			}
		case http.MethodPut, http.MethodPatch, http.MethodDelete:
			if !strings.HasPrefix(op.Path, "/Users/") && !strings.HasPrefix(op.Path, "/Groups/") {
				return false
			}
		default:
			return false
		}
		if op.BulkID != "" && seen[op.BulkID] {
			return false
		}
		seen[op.BulkID] = true
	}
	return len(ops) > 0
}

// bulkRun is one bulk request in progress.
type bulkRun struct {
	basePath string
	request  *http.Request
	library  http.Handler
	// ids are the ids of what was created, by bulkId.
	ids map[string]string
}

func (b *bulkRun) carryOut(ctx context.Context, op bulkOperation) bulkResult {
	out := bulkResult{Method: op.Method, BulkID: op.BulkID}
	data, known := b.resolve(op.Data)
	path := op.Path
	if at := strings.Index(path, bulkIDPrefix); at >= 0 {
		id, ok := b.ids[path[at+len(bulkIDPrefix):]]
		path, known = path[:at]+id, known && ok
	}
	if !known {
		out.Status = strconv.Itoa(http.StatusConflict)
		out.Response, _ = json.Marshal(errors.ScimError{Status: http.StatusConflict, ScimType: errors.ScimTypeInvalidValue, Detail: "A bulkId cannot be resolved."})
		return out
	}
	inner := b.request.Clone(ctx)
	inner.Method, inner.URL.Path, inner.URL.RawQuery = op.Method, path, ""
	inner.Body, inner.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	if inner.Header.Del("If-Match"); op.Version != "" {
		inner.Header.Set("If-Match", op.Version)
	}
	answer := &captured{header: http.Header{}, status: http.StatusOK}
	b.library.ServeHTTP(answer, inner)
	out.Status, out.Version = strconv.Itoa(answer.status), answer.header.Get("ETag")
	if answer.status >= 300 {
		out.Response = answer.body.Bytes()
		return out
	}
	if out.Location = answer.header.Get("Location"); out.Location == "" {
		scheme := "http://"
		if b.request.TLS != nil {
			scheme = "https://"
		}
		out.Location = scheme + b.request.Host + b.basePath + path
	}
	b.ids[op.BulkID] = out.Location[strings.LastIndexByte(out.Location, '/')+1:]
	return out
}

// resolve replaces every string bulkId:x by the id of what was created under it; ok is false when there is none.
func (b *bulkRun) resolve(data json.RawMessage) (out json.RawMessage, ok bool) {
	var v any
	if !bytes.Contains(data, []byte(bulkIDPrefix)) || json.Unmarshal(data, &v) != nil {
		return data, true
	}
	ok = true
	v = b.replace(v, &ok)
	out, err := json.Marshal(v)
	return out, ok && err == nil
}

func (b *bulkRun) replace(v any, ok *bool) any {
	switch v := v.(type) {
	case string:
		name, isReference := strings.CutPrefix(v, bulkIDPrefix)
		if !isReference {
			return v
		}
		id, known := b.ids[name]
		*ok = *ok && known
		return id
	case []any:
		for i, e := range v {
			v[i] = b.replace(e, ok)
		}
	case map[string]any:
		for name, e := range v {
			v[name] = b.replace(e, ok)
		}
	}
	return v
}

// captured keeps the answer to one operation.
type captured struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (c *captured) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *captured) WriteHeader(status int) { c.status = status }

// Write implements http.ResponseWriter.
func (c *captured) Write(content []byte) (int, error) { return c.body.Write(content) }
