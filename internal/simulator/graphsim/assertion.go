package graphsim

import (
	"crypto/sha1" // x5t is a SHA-1 thumbprint by definition
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// federationAudience is the audience of federated tokens (8.4).
const federationAudience = "api://AzureADTokenExchange"

// audiences is an aud claim: one string or several.
type audiences []string

func (a *audiences) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

// assertion is a decoded client assertion.
type assertion struct {
	header    map[string]any
	signed    string
	signature []byte

	Issuer    string    `json:"iss"`
	Subject   string    `json:"sub"`
	Audience  audiences `json:"aud"`
	NotBefore float64   `json:"nbf"`
	Expires   float64   `json:"exp"`
}

func (a *assertion) text(name string) string {
	s, _ := a.header[name].(string)
	return s
}

// checkAssertion checks a client assertion: one that the application issued itself is signed with its certificate (8.3), any other
// comes from a federated issuer (8.4).
func (s *Server) checkAssertion(app *App, token, base string) *authError {
	a := &assertion{}
	var body []byte
	var err error
	if a.header, body, a.signed, a.signature, err = splitJWT(token); err != nil || json.Unmarshal(body, a) != nil {
		return aadError(50027, http.StatusBadRequest, "invalid_request", "JWT token is invalid or malformed.")
	}
	if strings.EqualFold(a.Issuer, app.ClientID) {
		return s.checkCertificate(app, a, base)
	}
	return s.checkFederated(app, a)
}

// checkCertificate checks an assertion that the application signed.
func (s *Server) checkCertificate(app *App, a *assertion, base string) *authError {
	cert := registered(app, a)
	if cert == nil {
		return invalidClient(700027, "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found.]")
	}
	if alg := a.text("alg"); checkSignature(alg, cert.PublicKey, a.signed, a.signature) != nil {
		return invalidClient(700027, "Client assertion failed signature validation.")
	}
	if a.Subject != a.Issuer {
		return invalidClient(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
	}
	if !slices.ContainsFunc(a.Audience, func(aud string) bool { return s.ownAudience(aud, base) }) {
		return invalidClient(700023, "Client assertion audience claim does not match Realm issuer.")
	}
	return s.checkTimes(a)
}

// ownAudience says whether an aud claim is our token endpoint.
func (s *Server) ownAudience(aud, base string) bool {
	rest, ok := strings.CutPrefix(aud, base+"/")
	if !ok {
		rest, ok = strings.CutPrefix(aud, "https://login.microsoftonline.com/")
	}
	id, path, _ := strings.Cut(rest, "/")
	return ok && s.tenant.Is(id) && (path == "oauth2/v2.0/token" || path == "oauth2/token" || path == "v2.0")
}

// checkTimes refuses an assertion outside its time, with the five minutes of clock skew that Entra allows.
func (s *Server) checkTimes(a *assertion) *authError {
	const skew = 5 * time.Minute
	now := s.clock.Now()
	if now.Add(skew).Unix() < int64(a.NotBefore) || now.Add(-skew).Unix() >= int64(a.Expires) {
		return invalidClient(700024, "Client assertion is not within its valid time range. Current time: %s, expiry time of assertion %s.",
			now.UTC().Format(time.RFC3339), time.Unix(int64(a.Expires), 0).UTC().Format(time.RFC3339))
	}
	return nil
}

// registered finds the certificate that the header names by x5t#S256 (in either base64 alphabet) or x5t.
func registered(app *App, a *assertion) *x509.Certificate {
	for _, cert := range app.Certificates {
		strong, weak := sha256.Sum256(cert.Raw), sha1.Sum(cert.Raw) // see above
		if sameThumbprint(a.text("x5t#S256"), strong[:]) || sameThumbprint(a.text("x5t"), weak[:]) {
			return cert
		}
	}
	return nil
}

func sameThumbprint(sent string, sum []byte) bool {
	sent = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(sent)
	return sent != "" && sent == base64.RawURLEncoding.EncodeToString(sum)
}

// checkFederated compares issuer, subject and audience exactly, then signature and time.
func (s *Server) checkFederated(app *App, a *assertion) *authError {
	if len(app.Federated) == 0 {
		return aadError(70021, http.StatusBadRequest, "invalid_request", "No matching federated identity record found for presented assertion. "+
			"Assertion Issuer: '%s'. Assertion Subject: '%s'. Assertion Audience: '%s'.", a.Issuer, a.Subject, strings.Join(a.Audience, ","))
	}
	issuer := slices.DeleteFunc(slices.Clone(app.Federated), func(f Federated) bool { return f.Issuer != a.Issuer })
	if len(issuer) == 0 {
		return invalidClient(700211, "No matching federated identity record found for presented assertion issuer '%s'.", a.Issuer)
	}
	subject := slices.DeleteFunc(issuer, func(f Federated) bool { return f.Subject != a.Subject })
	if len(subject) == 0 {
		return invalidClient(700213, "No matching federated identity record found for presented assertion subject '%s'.", a.Subject)
	}
	for _, f := range subject {
		wanted := f.Audience
		if wanted == "" {
			wanted = federationAudience
		}
		if !slices.Contains(a.Audience, wanted) {
			continue
		}
		if key, known := f.Keys[a.text("kid")]; len(f.Keys) > 0 && (!known || checkSignature(a.text("alg"), key, a.signed, a.signature) != nil) {
			return invalidClient(700027, "Client assertion failed signature validation.")
		}
		return s.checkTimes(a)
	}
	return invalidClient(700212, "No matching federated identity record found for presented assertion audience '%s'.", strings.Join(a.Audience, ","))
}
