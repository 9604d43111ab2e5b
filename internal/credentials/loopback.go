package credentials

import (
	"bytes"
	"io"
	"net/http"
	"strings"
)

// loopbackAuthority lets azidentity, which insists on https, speak to a local authority that has only plain http
// (microsoft-graph.md section 10.4): requests to https://host go to http://host with the header of a proxy that ended TLS,
// and the discovery document, whose URLs must be on the authority, comes back with https even where that header is ignored.
type loopbackAuthority struct {
	base http.RoundTripper
	host string
}

// RoundTrip implements http.RoundTripper.
func (l loopbackAuthority) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host != l.host || req.URL.Scheme != "https" {
		return l.base.RoundTrip(req)
	}
	plain := req.Clone(req.Context())
	plain.URL.Scheme = "http"
	plain.Header.Set("X-Forwarded-Proto", "https")
	res, err := l.base.RoundTrip(plain)
	if err != nil || !strings.HasSuffix(req.URL.Path, "/.well-known/openid-configuration") {
		return res, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTokenAnswer+1)) // the recorder refuses it
	if err != nil {
		return nil, err
	}
	body = bytes.ReplaceAll(body, []byte("http://"+l.host), []byte("https://"+l.host))
	// JSON may escape the slashes.
	body = bytes.ReplaceAll(body, []byte(`http:\/\/`+l.host), []byte(`https:\/\/`+l.host))
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	res.Header.Del("Content-Length")
	return res, nil
}
