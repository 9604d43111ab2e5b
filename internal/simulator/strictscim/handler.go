package strictscim

import (
	"maps"
	"net/http"
	"strings"

	"github.com/elimity-com/scim"
	"github.com/elimity-com/scim/errors"
	"github.com/scim2/filter-parser/v2"
)

// handler is the library's ResourceHandler for one resource type.
type handler struct {
	server *Server
	table  *table
	query  query
	groups bool
}

var _ scim.ResourceHandler = (*handler)(nil)

// resource renders a record, less what the request does not want.
func (h *handler) resource(r *http.Request, rec *record) scim.Resource {
	created, modified := rec.created, rec.modified
	return scim.Resource{ID: rec.id, Attributes: h.project(r, rec.attributes),
		Meta: scim.Meta{Created: &created, LastModified: &modified, Version: rec.etag()}}
}

// document is what filters see: attributes, id and meta.
func (h *handler) document(rec *record) map[string]any {
	doc := maps.Clone(rec.attributes)
	doc["id"] = rec.id
	resourceType := "User"
	if h.groups {
		resourceType = "Group"
	}
	doc["meta"] = map[string]any{"resourceType": resourceType, "version": rec.etag(),
		"created": rec.created.Format(timeLayout), "lastModified": rec.modified.Format(timeLayout)}
	return doc
}

// timeLayout is what the library renders dates with.
const timeLayout = "2006-01-02T15:04:05Z07:00"

// prepare checks what the library does not: required values that are empty, and members that do not exist. It drops
// passwords and what is read-only.
func (h *handler) prepare(attributes map[string]any) error {
	if strings.TrimSpace(text(attributes[h.table.name])) == "" {
		return errors.ScimErrorInvalidValue
	}
	delete(attributes, "password")
	delete(attributes, "groups")
	if !h.groups {
		return nil
	}
	seen := map[string]bool{}
	var members []any
	for _, m := range list(attributes["members"]) {
		id := memberID(m)
		kind, ok := h.server.store.exists(id)
		if !ok {
			return errors.ScimErrorInvalidValue
		}
		if !seen[id] {
			seen[id] = true
			members = append(members, map[string]any{"value": id, "type": kind, "$ref": h.server.basePath + "/" + kind + "s/" + id})
		}
	}
	if delete(attributes, "members"); len(members) > 0 {
		attributes["members"] = members
	}
	return nil
}

// Create implements POST: 409 for a name in use.
func (h *handler) Create(r *http.Request, attributes scim.ResourceAttributes) (scim.Resource, error) {
	s := h.server.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := h.prepare(attributes); err != nil {
		return scim.Resource{}, err
	}
	if h.table.conflicts("", attributes) {
		return scim.Resource{}, errors.ScimErrorUniqueness
	}
	rec := s.put(h.table, s.newID(), attributes)
	return h.resource(r, rec), nil
}

// find returns a record that exists and whose version is what If-Match says.
func (h *handler) find(r *http.Request, id string) (*record, error) {
	rec := h.table.records[id]
	if rec == nil {
		return nil, errors.ScimErrorResourceNotFound(id)
	}
	if want := r.Header.Get("If-Match"); want != "" && r.Method != http.MethodGet && !tagged(want, rec.etag()) {
		return nil, errors.ScimError{Status: http.StatusPreconditionFailed, Detail: "The resource has changed on the server."}
	}
	return rec, nil
}

// tagged reports whether a list of entity tags contains one.
func tagged(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag == etag {
			return true
		}
	}
	return false
}

// Get implements GET of one resource.
func (h *handler) Get(r *http.Request, id string) (scim.Resource, error) {
	h.server.store.mu.RLock()
	defer h.server.store.mu.RUnlock()
	rec, err := h.find(r, id)
	if err != nil {
		return scim.Resource{}, err
	}
	return h.resource(r, rec), nil
}

// GetAll implements lists. The filter comes with the context, because the library checks it against one schema at a time.
func (h *handler) GetAll(r *http.Request, params scim.ListRequestParams) (scim.Page, error) {
	s := h.server.store
	s.mu.RLock()
	defer s.mu.RUnlock()
	page := scim.Page{Resources: []scim.Resource{}}
	expression, _ := r.Context().Value(filterKey{}).(filter.Expression)
	for _, id := range h.candidates(expression) {
		rec := h.table.records[id]
		if rec == nil || expression != nil && !h.query.matches(expression, h.document(rec), nil) {
			continue
		}
		page.TotalResults++
		if page.TotalResults >= params.StartIndex && len(page.Resources) < params.Count {
			page.Resources = append(page.Resources, h.resource(r, rec))
		}
	}
	return page, nil
}

// candidates narrows a filter down through an index where it can.
func (h *handler) candidates(e filter.Expression) []string {
	terms := map[string]string{}
	if e != nil {
		equalities(e, terms)
	}
	if id, ok := terms["id"]; ok {
		return []string{id}
	}
	if name, ok := terms[strings.ToLower(h.table.name)]; ok {
		return h.table.byName[strings.ToLower(name)]
	}
	if id, ok := terms["externalid"]; ok {
		return h.table.byExtID[id]
	}
	return h.table.order
}

// Replace implements PUT.
func (h *handler) Replace(r *http.Request, id string, attributes scim.ResourceAttributes) (scim.Resource, error) {
	s := h.server.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := h.find(r, id); err != nil {
		return scim.Resource{}, err
	}
	rec, err := h.update(id, attributes)
	if err != nil {
		return scim.Resource{}, err
	}
	return h.resource(r, rec), nil
}

func (h *handler) update(id string, attributes map[string]any) (*record, error) {
	if err := h.prepare(attributes); err != nil {
		return nil, err
	}
	if h.table.conflicts(id, attributes) {
		return nil, errors.ScimErrorUniqueness
	}
	rec := h.server.store.put(h.table, id, attributes)
	return rec, nil
}

// Delete implements DELETE.
func (h *handler) Delete(r *http.Request, id string) error {
	s := h.server.store
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := h.find(r, id)
	if err != nil {
		return err
	}
	h.table.remove(rec)
	s.leaveGroups(id)
	return nil
}

// Patch implements PATCH. Groups answer 204 (RFC 7644 section 3.5.2 allows it), users with the resource.
func (h *handler) Patch(r *http.Request, id string, operations []scim.PatchOperation) (scim.Resource, error) {
	s := h.server.store
	s.mu.Lock()
	defer s.mu.Unlock()
	rec, err := h.find(r, id)
	if err != nil {
		return scim.Resource{}, err
	}
	knobs := h.server.Knobs()
	doc, _ := clone(rec.attributes).(map[string]any)
	p := &patcher{query: h.query, knobs: knobs, doc: doc}
	for _, o := range operations {
		if err := p.apply(o); err != nil {
			return scim.Resource{}, err
		}
	}
	if rec, err = h.update(id, p.doc); err != nil {
		return scim.Resource{}, err
	}
	if h.groups && !knobs.GroupPatchAnswersGroup {
		return scim.Resource{}, nil
	}
	return h.resource(r, rec), nil
}

// project leaves out what attributes and excludedAttributes do not want (RFC 7644 section 3.9); id, schemas and meta are
// added by the library.
func (h *handler) project(r *http.Request, attributes map[string]any) scim.ResourceAttributes {
	query := r.URL.Query()
	only, without := names(query["attributes"]), names(query["excludedAttributes"])
	out := scim.ResourceAttributes{}
	for name, value := range attributes {
		extension, isExtension := value.(map[string]any)
		if !strings.HasPrefix(name, "urn:") || !isExtension {
			if (len(only) == 0 || h.named(only, h.query.core.ID, name)) && !h.named(without, h.query.core.ID, name) {
				out[name] = value
			}
			continue
		}
		part := map[string]any{}
		for sub, v := range extension {
			if (len(only) == 0 || h.named(only, name, sub)) && !h.named(without, name, sub) {
				part[sub] = v
			}
		}
		if len(part) > 0 {
			out[name] = part
		}
	}
	return out
}

// names splits the values of a parameter at commas.
func names(values []string) []string {
	var out []string
	for _, v := range values {
		for name := range strings.SplitSeq(v, ",") {
			if name = strings.TrimSpace(name); name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

// named reports whether an attribute of a schema is in a list, itself, by a sub-attribute or by the whole schema. Core
// attributes need no URN.
func (h *handler) named(wanted []string, uri, attribute string) bool {
	for _, w := range wanted {
		if strings.EqualFold(w, uri) {
			return true
		}
		name, prefixed := schemaPrefix(w, uri)
		if !prefixed && uri != h.query.core.ID {
			continue
		}
		if name, _, _ = strings.Cut(name, "."); strings.EqualFold(name, attribute) {
			return true
		}
	}
	return false
}
