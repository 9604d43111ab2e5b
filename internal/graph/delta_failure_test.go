package graph_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Each of these bodies would read as "nobody is here any more" in a careless client.
func TestIncompletePagesAreErrors(t *testing.T) {
	entry := `{"id":"` + ada + `","displayName":"A"}`
	for name, tc := range map[string]struct {
		body string
		want fault.Kind
	}{
		"no list":                         {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d"}`, fault.NotCompliant},
		"the list is null":                {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":null}`, fault.NotCompliant},
		"the list is an object":           {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":{}}`, fault.NotCompliant},
		"two lists":                       {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":[],"value":[]}`, fault.NotCompliant},
		"no link":                         {`{"value":[` + entry + `]}`, fault.NotCompliant},
		"links that are null":             {`{"value":[],"@odata.nextLink":null,"@odata.deltaLink":null}`, fault.NotCompliant},
		"a link that is no text":          {`{"value":[],"@odata.deltaLink":7}`, fault.NotCompliant},
		"both links":                      {`{"value":[],"@odata.nextLink":"ORIGIN/v1.0/a","@odata.deltaLink":"ORIGIN/v1.0/b"}`, fault.NotCompliant},
		"an error object with status 200": {`{"error":{"code":"UnknownError","message":""}}`, fault.NotCompliant},
		"a page of HTML":                  {`<html><body>Sign in</body></html>`, fault.NotCompliant},
		"a bare list":                     {`[` + entry + `]`, fault.NotCompliant},
		"something after the page":        {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":[]}{}`, fault.NotCompliant},
		"an element that is null":         {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":[null]}`, fault.NotCompliant},
		"an element that is text":         {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":["x"]}`, fault.NotCompliant},
		"an element without id":           {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":[{"displayName":"A"}]}`, fault.NotCompliant},
		"an element with an empty id":     {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":[{"id":""}]}`, fault.NotCompliant},
		"a value of a shape unheard of":   {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":[{"id":"` + ada + `","displayName":{"de":"A"}}]}`, fault.NotCompliant},
		"an ended body":                   {`{"value":[` + entry + `],"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d"`, fault.Transient},
		"a body ended in the list":        {`{"@odata.deltaLink":"ORIGIN/v1.0/users/delta?$deltatoken=d","value":[` + entry + `,`, fault.Transient},
		"an empty body":                   {``, fault.Transient},
		"the next page is the page itself": {
			`{"value":[],"@odata.nextLink":"ORIGIN/v1.0/users/delta?$select=displayName,id"}`, fault.NotCompliant,
		},
	} {
		t.Run(name, func(t *testing.T) {
			replies := []reply{ok(tc.body)}
			if tc.want == fault.Transient || strings.Contains(name, "itself") {
				for range 9 {
					replies = append(replies, ok(tc.body))
				}
			}
			s := newScript(t, replies...)
			_, token, err := read(connect(t, s.URL), directory.User, "", "displayName")
			if !fault.Is(err, tc.want) || token != "" {
				t.Errorf("got token %q, error %v; want kind %v", token, err, tc.want)
			}
		})
	}
}

func TestDeltaTokenEndOfLife(t *testing.T) {
	for name, tc := range map[string]struct {
		answer reply
		want   fault.Kind
	}{
		"as documented":                              {failure(400, "syncStateNotFound", "The sync state generation is not found."), fault.Gone},
		"in the letter case of Outlook":              {failure(404, "SyncStateNotFound", ""), fault.Gone},
		"as really seen":                             {failure(400, "Request_UnsupportedQuery", "DeltaLink older than 30 days is not supported."), fault.Gone},
		"a query that is really wrong":               {failure(400, "Request_UnsupportedQuery", "Unsupported query."), fault.Invalid},
		"the tenant was moved":                       {reply{status: 410, header: map[string]string{"Location": "ORIGIN/v1.0/users/delta?$deltatoken="}, body: `{"error":{"code":"resyncRequired","message":""}}`}, fault.Gone},
		"gone without a body":                        {reply{status: 410}, fault.Gone},
		"the reason is inside":                       {reply{status: 409, body: `{"error":{"code":"x","innererror":{"code":"resyncApplyDifferences"}}}`}, fault.Gone},
		"a foreign token":                            {failure(400, "Request_BadRequest", "Badly formed token."), fault.Gone},
		"a malformed token":                          {failure(400, "BadRequest", "Badly formed content."), fault.Gone},
		"the page token expired":                     {failure(400, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request."), fault.Gone},
		"a request that is wrong for another reason": {failure(400, "BadRequest", "Resource not found for the segment 'x'."), fault.Invalid},
		"a permission was taken away":                {failure(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."), fault.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, last(""), tc.answer)
			c := connect(t, s.URL)
			_, token, err := read(c, directory.User, "", "mail")
			if err != nil {
				t.Fatalf("first round: %v", err)
			}
			if _, _, err := read(c, directory.User, token, "mail"); !fault.Is(err, tc.want) {
				t.Errorf("got %v (%v), want %v", fault.KindOf(err), err, tc.want)
			}
		})
	}
}

func TestTokenThatDoesNotFitIsGoneWithoutARequest(t *testing.T) {
	s := newScript(t, last(""))
	_, token, err := read(connect(t, s.URL), directory.User, "", "mail")
	if err != nil {
		t.Fatalf("Changes: %v", err)
	}
	elsewhere := newScript(t)
	for name, tc := range map[string]struct {
		url, token string
		kind       directory.Kind
		attributes []string
	}{
		"a damaged token":           {elsewhere.URL, token[1:], directory.User, []string{"mail"}},
		"a token of another tenant": {elsewhere.URL, token, directory.User, []string{"mail"}},
		"a token of another kind":   {s.URL, token, directory.Group, nil},
		"attributes were added":     {s.URL, token, directory.User, []string{"mail", "mobile"}},
		"the manager was added":     {s.URL, token, directory.User, []string{"mail", "manager"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := read(connect(t, tc.url), tc.kind, tc.token, tc.attributes...); !fault.Is(err, fault.Gone) {
				t.Errorf("got %v, want Gone", err)
			}
		})
	}
}

func TestLinksToOtherHostsAreNotFollowed(t *testing.T) {
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was sent %s with %q", r.URL, r.Header.Get("Authorization"))
	}))
	defer thief.Close()
	for name, answer := range map[string]reply{
		"next link":                 {body: `{"value":[],"@odata.nextLink":"` + thief.URL + `/v1.0/users/delta?$skiptoken=x"}`},
		"delta link":                {body: `{"value":[],"@odata.deltaLink":"` + thief.URL + `/v1.0/users/delta?$deltatoken=x"}`},
		"another scheme":            {body: `{"value":[],"@odata.nextLink":"https://HOST/v1.0/users/delta?$skiptoken=x"}`},
		"a name and password":       {body: `{"value":[],"@odata.nextLink":"http://HOST@` + strings.TrimPrefix(thief.URL, "http://") + `/"}`},
		"a redirect":                {status: 302, header: map[string]string{"Location": thief.URL + "/v1.0/users/delta"}},
		"the address of a new sync": {status: 410, header: map[string]string{"Location": thief.URL + "/v1.0/users/delta?$deltatoken="}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, answer)
			if _, _, err := read(connect(t, s.URL), directory.User, "", "mail"); !fault.Is(err, fault.NotCompliant, fault.Gone) {
				t.Errorf("got %v, want NotCompliant or Gone", err)
			}
		})
	}
}
