package genesyssim

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// cutMode says where the connection is cut.
type cutMode uint8

const (
	cutNot cutMode = iota
	cutAll
	cutMiddle
)

// response is an answer before it is written: a body to encode, raw bytes, or a problem.
type response struct {
	status      int
	headers     http.Header
	body        any
	raw         []byte
	problem     *problem
	contentType string
	cut         cutMode
	gzip        bool
	pad         int
}

func (a *response) header(name, value string) {
	if a.headers == nil {
		a.headers = http.Header{}
	}
	a.headers.Set(name, value)
}

// spoil applies the effects that act on a finished answer.
func (s *Server) spoil(r *request, a *response) {
	if r.fault == nil || a.cut != cutNot {
		return
	}
	success := a.problem == nil && a.status < 300
	switch r.fault.Effect {
	case EffectStatusAfter:
		*a = *r.fault.answer(s.clock.Now())
		if a.problem != nil {
			a.status = a.problem.status
		}
	case EffectCutAfter:
		a.cut = cutAll
	case EffectCutBody:
		a.cut = cutMiddle
	case EffectOversize:
		if a.pad = r.fault.Bytes; a.pad <= 0 {
			a.pad = 16 << 20
		}
	case EffectNotJSON:
		a.problem, a.body = nil, nil
		a.raw, a.contentType = []byte("<!DOCTYPE html><html><body>Please sign in</body></html>"), "text/html"
	case EffectBrokenGzip:
		a.gzip = true
	case EffectNoID:
		a.body = withoutID(a.body)
	case EffectOK:
		if success {
			a.status = http.StatusOK
		}
	case EffectNoContent:
		if success {
			a.status, a.body, a.raw = http.StatusNoContent, nil, nil
		}
	case EffectEmptyBody:
		a.body, a.raw, a.problem = nil, nil, nil
	case EffectEmptyList, EffectWrongTotal:
		if list, ok := a.body.(*listView); ok && r.fault.Effect == EffectEmptyList {
			list.TotalResults, list.ItemsPerPage, list.Resources = 0, 0, []any{}
		} else if ok {
			list.TotalResults = max(0, list.TotalResults+r.fault.Total)
		}
	}
}

// withoutID drops the id of a resource, or of each resource of a list.
func withoutID(body any) any {
	raw, err := json.Marshal(body)
	if err != nil {
		return body
	}
	var object map[string]any
	if json.Unmarshal(raw, &object) != nil {
		return body
	}
	delete(object, "id")
	if list, ok := object["Resources"].([]any); ok {
		for _, e := range list {
			if one, ok := e.(map[string]any); ok {
				delete(one, "id")
			}
		}
	}
	return object
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// standardHeaders are on every answer (section 5, observed 2019).
var standardHeaders = http.Header{
	"Cache-Control":             {"no-cache, no-store, must-revalidate"},
	"Pragma":                    {"no-cache"},
	"Expires":                   {"0"},
	"Strict-Transport-Security": {"max-age=600; includeSubDomains"},
}

// write sends the answer.
func (s *Server) write(w http.ResponseWriter, r *request, a *response) {
	if a.cut == cutAll {
		panic(http.ErrAbortHandler)
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	if a.pad > 0 {
		buf.WriteString(strings.Repeat(" ", a.pad))
	}
	media := a.encode(buf, r)
	h := w.Header()
	maps.Copy(h, standardHeaders)
	h.Set("ININ-Correlation-Id", r.correlationID)
	maps.Copy(h, a.headers)
	if media != "" {
		h.Set("Content-Type", media)
	}
	content := buf.Bytes()
	if a.gzip {
		h.Set("Content-Encoding", "gzip")
		content = halfGzip(content)
	}
	if a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		h.Set("Content-Length", strconv.Itoa(len(content)))
	}
	w.WriteHeader(a.status)
	if a.cut == cutMiddle {
		_, _ = w.Write(content[:len(content)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	if len(content) > 0 && a.status != http.StatusNoContent && a.status != http.StatusNotModified {
		// A client that went away is no concern of the simulator.
		_, _ = w.Write(content)
	}
}

// encode writes the body and returns its media type.
func (a *response) encode(buf *bytes.Buffer, r *request) string {
	media := "application/scim+json"
	body := a.body
	switch {
	case a.problem != nil:
		body = a.problem.body(r.correlationID, r.knobs.PlatformErrorsOnly)
		if _, ok := body.(platformError); ok {
			media = "application/json"
		}
	case a.raw != nil:
		buf.Write(a.raw)
		return a.contentType
	case body == nil:
		return ""
	case a.contentType != "":
		media = a.contentType
	}
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	// Views hold only what JSON can express.
	_ = enc.Encode(body)
	return media
}

// halfGzip compresses and keeps the first half.
func halfGzip(content []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	// Writing to a buffer cannot fail.
	_, _ = z.Write(content)
	_ = z.Close()
	return out.Bytes()[:out.Len()/2]
}

// decode reads a JSON object from the body of a request.
func (r *request) decode() (map[string]any, *problem) {
	media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if media = strings.ToLower(strings.TrimSpace(media)); media != "application/json" && media != "application/scim+json" {
		return nil, platform(http.StatusUnsupportedMediaType, "unsupported.media.type", "The media type %q is not supported", media)
	}
	var object map[string]any
	if err := json.Unmarshal(r.body, &object); err != nil || object == nil {
		return nil, refuse(invalidSyntax, "The body is not a JSON object")
	}
	return object, nil
}

// etag is the strong form of a version (section 5).
func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// etagMatches reports whether a list of entity tags contains a version. The quotes are part of the value.
func etagMatches(header string, version int) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag == etag(version) {
			return true
		}
	}
	return false
}

// page reads startIndex and count (7.1); a fault may make the simulator deaf to them.
func (r *request) page() (startIndex, count int, p *problem) {
	query := r.URL.Query()
	number := func(name string, otherwise int) int {
		text := query.Get(name)
		if text == "" || p != nil {
			return otherwise
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			p = platform(http.StatusBadRequest, "invalid.query.param.value", "The value %q of query parameter %s is not valid", text, name)
		}
		return n
	}
	startIndex, count = max(1, number("startIndex", 1)), max(0, number("count", 25))
	if r.fault != nil && r.fault.Effect == EffectIgnoreStartIndex {
		startIndex = 1
	}
	if r.fault != nil && r.fault.Effect == EffectIgnoreCount {
		count = 25
	}
	return startIndex, min(count, max(1, r.knobs.MaxCount)), p
}
