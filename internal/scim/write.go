package scim

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/fault"
)

// lookups is how often a resource that was created without telling its id is looked for; the search of an application may
// lag behind its writes by seconds (genesys-scim.md 14).
const lookups = 3

// Create creates a resource and returns it as the application stored it, at least its id.
//
// Kinds: Conflict when a value is in use that must be unique, Unreachable when the application has not seen the request,
// Transient when it may have carried it out: the caller has to look the resource up before trying again.
func (c *Client) Create(ctx context.Context, kind directory.Kind, doc directory.Document) (directory.Resource, error) {
	op := "create " + noun(kind)
	if kind == directory.Group && !c.cfg.Profile.Capabilities.CreateGroups {
		return directory.Resource{}, notOffered(op, c.cfg.Profile.Name, kind, "created")
	}
	body, err := c.cfg.Profile.Wire.Create(kind, doc)
	if err != nil {
		return directory.Resource{}, err
	}
	a, err := c.do(ctx, createCall(kind, body))
	if err != nil {
		if fault.Is(err, fault.Conflict) {
			c.remember(kind, doc)
		}
		return directory.Resource{}, err
	}
	if r, told := created(kind, doc, a); told {
		return r, nil
	}
	return c.lookUpCreated(ctx, op, kind, doc)
}

func createCall(kind directory.Kind, body []byte) call {
	return call{op: "create " + noun(kind), method: http.MethodPost, kind: kind, path: endpoint(kind), body: body}
}

// created reads what was created out of the answer; told is false where the answer does not tell its id.
func created(kind directory.Kind, doc directory.Document, a *answer) (r directory.Resource, told bool) {
	var body map[string]any
	if !a.cut && json.Unmarshal(a.body, &body) == nil {
		if r, ok := resource(body, a.header); ok {
			return r, true
		}
	}
	id := locationID(a.header, kind)
	return directory.Resource{ID: id, Version: a.header.Get("ETag"), Document: doc}, id != ""
}

// remember notes the values by which a resource is matched, so that the search for who has them looks further.
func (c *Client) remember(kind directory.Kind, doc directory.Document) {
	if !c.cfg.Profile.Query.HidesInactive || kind != directory.User {
		return
	}
	for _, path := range identifying(kind) {
		for _, v := range valuesAt(doc, path) {
			c.conflicts.add(kind, v)
		}
	}
}

// identifying returns the attributes by which a created resource can be found.
func identifying(kind directory.Kind) []string {
	if kind == directory.Group {
		return []string{"displayName"}
	}
	return []string{"userName", "externalId"}
}

// locationID returns the id at the end of the Location header, "" where there is none.
func locationID(h http.Header, kind directory.Kind) directory.TargetID {
	u, err := url.Parse(h.Get("Location"))
	if err != nil {
		return ""
	}
	at := strings.TrimRight(u.EscapedPath(), "/")
	i := strings.LastIndexByte(at, '/')
	if i < 0 || !strings.HasSuffix(strings.ToLower(at[:i]), strings.ToLower(endpoint(kind))) {
		return ""
	}
	id, err := url.PathUnescape(at[i+1:])
	if err != nil {
		return ""
	}
	return directory.TargetID(id)
}

func (c *Client) lookUpCreated(ctx context.Context, op string, kind directory.Kind, doc directory.Document) (directory.Resource, error) {
	path := identifying(kind)[0]
	values := valuesAt(doc, path)
	for try := 1; len(values) > 0; try++ {
		found, err := c.Find(ctx, kind, path, values[0])
		switch {
		case err != nil:
			return directory.Resource{}, err
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return directory.Resource{}, &fault.Error{Kind: fault.Duplicate, Op: op, Code: "DuplicateTargetEntries",
				Message: "the application has several " + noun(kind) + "s with the " + path + " that was just created"}
		case try == lookups:
			values = nil
			continue
		}
		if err := c.wait(ctx, op, time.Duration(try)*time.Second); err != nil {
			return directory.Resource{}, err
		}
	}
	return directory.Resource{}, &fault.Error{Kind: fault.Transient, Op: op, Code: codeIncompatible,
		Message: "the application accepted the new " + noun(kind) + " without telling its id, and it cannot be found yet; it is looked up again later"}
}

// Delete deletes a resource. One that does not exist any more is no error.
func (c *Client) Delete(ctx context.Context, kind directory.Kind, id directory.TargetID) error {
	op := "delete " + noun(kind)
	caps := c.cfg.Profile.Capabilities
	if kind == directory.Group && !caps.DeleteGroups || kind == directory.User && !caps.DeleteUsers {
		return notOffered(op, c.cfg.Profile.Name, kind, "deleted")
	}
	at, err := resourcePath(kind, id)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, call{op: op, method: http.MethodDelete, kind: kind, path: at, byID: true})
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case fault.Is(err, fault.Transient):
		// Some servers fail on the second DELETE after the answer to the first was lost.
		if _, gone := c.Get(ctx, kind, id); fault.Is(gone, fault.NotFound) {
			return nil
		}
	}
	return err
}
