package graphsim

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// gzipFrom is the size from which answers are compressed.
const gzipFrom = 1024

var compressors = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	return z
}}

// write sends an answer, spoiled by the fault if that is its effect.
func (s *Server) write(w http.ResponseWriter, r *http.Request, out *reply, f *Fault) {
	effect := Effect(f.effect())
	if effect == EffectCutBefore {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	for name, values := range out.header {
		h[name] = values
	}
	body := out.body
	switch effect {
	case EffectTruncated:
		body = body[:len(body)/2]
	case EffectOversized:
		body = oversize(body, f.Size)
	case EffectBrokenGzip:
		body = compress(body)
		body = append(body[:len(body)/2:len(body)/2], bytes.Repeat([]byte{0xff}, 16)...)
		h.Set("Content-Encoding", "gzip")
	default:
		if len(body) >= gzipFrom && !s.Knobs().NoGzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			body = compress(body)
			h.Set("Content-Encoding", "gzip")
		}
	}
	if out.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(out.status)
	if effect == EffectCutDuring {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body)
}

func compress(body []byte) []byte {
	var buf bytes.Buffer
	z := compressors.Get().(*gzip.Writer)
	defer compressors.Put(z)
	z.Reset(&buf)
	_, _ = z.Write(body)
	_ = z.Close()
	return buf.Bytes()
}

// oversize puts padding into a JSON object, or after anything else.
func oversize(body []byte, size int) []byte {
	if size == 0 {
		size = 64 << 20
	}
	if size <= len(body) {
		return body
	}
	end := bytes.LastIndexByte(body, '}')
	if end < 0 {
		return append(body, bytes.Repeat([]byte{' '}, size-len(body))...)
	}
	out := make([]byte, 0, size+16)
	out = append(out, body[:end]...)
	out = append(out, `,"padding":"`...)
	out = append(out, bytes.Repeat([]byte{'x'}, size-len(body))...)
	return append(out, `"}`...)
}
