package credentials

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/entrain-dev/entrain/internal/fault"
)

// aadsts are the error codes of the token endpoint that a person can do something about, microsoft-graph.md section 8.6.
var aadsts = map[int]string{
	7000215: "the client secret is wrong; the Secret must hold the value of the client secret, not its id",
	7000222: "the client secret has expired; create a new one for the app registration and put its value into the Secret",
	7000216: "no client secret and no assertion arrived at Entra; check the credentials of the source",
	700016:  "the tenant knows no app registration with this client id; check client id and tenant id, or give admin consent in that tenant",
	7000229: "the app registration has no service principal in the tenant; give admin consent to it once",
	7000112: "the app registration is disabled in the tenant; enable it",
	7000218: "no client secret and no assertion arrived at Entra; check the credentials of the source",
	90002:   "Entra knows no such tenant; check tenant id and cloud",
	900023:  "the tenant id is neither a GUID nor a domain of a tenant; correct it",
	900144:  "the request lacks a parameter that Entra wants; check client id and credentials",
	70003:   "Entra does not allow client credentials for this app registration",
	70011:   "Entra does not know the scope; check the Graph URL and the cloud",
	1002012: "Entra does not know the scope; check the Graph URL and the cloud",
	500011:  "the tenant does not know the service behind the Graph URL; check the Graph URL and the cloud",
	65001:   "the app registration has no admin consent in the tenant; give it",
	700027:  "the certificate is not registered at the app registration or has expired; upload the current tls.crt there",
	700024:  "Entra finds the assertion outside its valid time; check the clocks and that the certificate or projected token is current",
	70021:   "no federated credential of the app registration matches the service account; a new one takes some minutes to work",
	700211:  "no federated credential of the app registration has the issuer of this cluster",
	700212:  "no federated credential of the app registration has the audience of the service account token",
	700213:  "no federated credential of the app registration has this service account as its subject",
	700229:  "Entra does not accept this kind of token for federation",
	700222:  "Entra does not accept this kind of token for federation",
	53003:   "a conditional access policy for workload identities blocks the app registration",
}

// aadstsBusy are the codes of an endpoint that cannot answer now.
var aadstsBusy = map[int]bool{90033: true, 90055: true, 50196: true}

var aadstsInText = regexp.MustCompile(`\bAADSTS(\d{4,9})\b`)

// classify says why no token came. The answer of the endpoint is read, never passed on.
func (c *EntraCredential) classify(ctx context.Context, x *exchange) *fault.Error {
	switch {
	case ctx.Err() != nil:
		var e *fault.Error
		errors.As(fault.Wrap(fault.Transient, entraOp, ctx.Err()), &e)
		return e
	case errors.Is(x.err, errAnswerTooLarge):
		return fault.New(fault.NotCompliant, entraOp, "the answer of %s is far too large for a token endpoint; check the authority URL", c.host)
	case x.err != nil:
		e := fault.Network(entraOp, c.host, x.err)
		if e.Kind == fault.Canceled {
			e.Kind = fault.Transient // the request's own time-out, the caller still waits
		}
		return e
	case x.status == 0 || !c.hasTokenFile():
		return c.unsent()
	case x.status == http.StatusOK:
		return fault.New(fault.NotCompliant, entraOp, "the answer of %s is not that of an Entra token endpoint; check the authority URL and any proxy in between", c.host)
	default:
		return c.refused(x)
	}
}

// hasTokenFile reports whether the projected token can be read, where one is needed.
func (c *EntraCredential) hasTokenFile() bool {
	if c.tokenFile == "" {
		return true
	}
	_, err := os.ReadFile(c.tokenFile)
	return err == nil
}

// unsent is for a credential that could not even ask.
func (c *EntraCredential) unsent() *fault.Error {
	if !c.hasTokenFile() {
		return fault.New(fault.Unauthorized, entraOp,
			"the service account token %s cannot be read; the pod needs a projected token with the audience %s, or the label azure.workload.identity/use", c.tokenFile, c.audience)
	}
	return fault.New(fault.Unauthorized, entraOp, "no token request could be made with the credentials of the source; check the Secret")
}

// refused reads the error object of section 8.6.
func (c *EntraCredential) refused(x *exchange) *fault.Error {
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Codes       []int  `json:"error_codes"`
		TraceID     string `json:"trace_id"`
	}
	parsed := json.Unmarshal(x.body, &body) == nil && body.Error != ""
	code := 0
	if len(body.Codes) > 0 {
		code = body.Codes[0]
	} else if m := aadstsInText.FindStringSubmatch(body.Description); m != nil {
		code, _ = strconv.Atoi(m[1])
	}
	e := &fault.Error{Kind: fault.Unauthorized, Op: entraOp, Status: x.status, RequestID: identifier(body.TraceID)}
	if code != 0 {
		e.Code = "AADSTS" + strconv.Itoa(code)
	} else {
		e.Code = identifier(body.Error)
	}
	sentence, known := aadsts[code]
	switch {
	case known:
		e.Message = sentence
	case aadstsBusy[code], x.status == http.StatusTooManyRequests, x.status >= 500:
		e.Kind, e.Message = fault.Transient, fmt.Sprintf("%s cannot give a token at the moment (HTTP %d)", c.host, x.status)
		if x.status == http.StatusTooManyRequests || code == 50196 {
			e.Kind = fault.Throttled
		}
		e.RetryAfter = fault.ParseRetryAfter(x.header.Get("Retry-After"), time.Now())
	case !parsed:
		e.Kind, e.Message = fault.NotCompliant, fmt.Sprintf("%s answers with HTTP %d, which is not an answer of Entra; check the authority URL and any proxy in between", c.host, x.status)
	default:
		e.Message = "Entra refuses the credentials of the source; look up the code in Microsoft's list of AADSTS codes"
	}
	return e
}

var identifierPattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// identifier lets through what looks like a code or an id, so that no other text of a token endpoint reaches a message.
func identifier(s string) string {
	if identifierPattern.MatchString(s) {
		return s
	}
	return ""
}
