package scim

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// Check tests the connection as the provisioning service does (reference part 2 section 7.2): a search for a random value of
// the matching attribute of users must be answered with 200 and an empty list. The first time it also reads what the
// application says about itself, where the profile finds that worth while; nothing depends on that.
//
// The sentence of the error says what to do: correct the path, renew the token, grant a permission, name a certificate.
func (c *Client) Check(ctx context.Context, path string) error {
	if path == "" {
		path = "userName"
	}
	var list listResponse
	q := call{op: "test the connection", method: http.MethodGet, kind: directory.User, base: c.base, path: endpoint(directory.User), search: true, into: &list}
	q.query = c.query(param{"filter", c.term(path, c.newID())})
	if _, err := c.do(ctx, q); err != nil {
		return err
	}
	found, err := c.resources(q, list)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return &fault.Error{Kind: fault.NotCompliant, Op: q.op, Code: codeFiltering,
			Message: "the application answered a search for a random value with " + strconv.Itoa(len(found)) + " users, so it ignores filters on " + path +
				"; choose a matching attribute that it can filter by"}
	}
	if c.cfg.Profile.Discovery && c.discovered.CompareAndSwap(false, true) {
		c.discover(ctx)
	}
	return nil
}

// providerConfig is what is used of ServiceProviderConfig, RFC 7643 section 5.
type providerConfig struct {
	Schemas []string `json:"schemas"`
	Patch   struct {
		Supported *bool `json:"supported"`
	} `json:"patch"`
	Filter struct {
		MaxResults int `json:"maxResults"`
	} `json:"filter"`
	// Bulk is read by itself: a limit in a wrong form must not spoil the rest.
	Bulk json.RawMessage `json:"bulk"`
}

func (c *Client) discover(ctx context.Context) {
	var conf providerConfig
	q := call{op: "read ServiceProviderConfig", method: http.MethodGet, path: "/ServiceProviderConfig", byID: true, into: &conf}
	if _, err := c.do(ctx, q); err != nil || len(conf.Schemas) == 0 {
		return
	}
	if !strings.HasSuffix(strings.ToLower(conf.Schemas[0]), ":serviceproviderconfig") {
		return
	}
	c.sizes.lower(conf.Filter.MaxResults)
	c.bulk.Store(readBulkLimits(conf.Bulk))
	if conf.Patch.Supported != nil && !*conf.Patch.Supported {
		c.noPatch[directory.User].Store(true)
		c.noPatch[directory.Group].Store(true)
	}
}
