package genesyssim

import "net/http"

// discoveryVersion is the version of ServiceProviderConfig, which never changes here.
const discoveryVersion = 1

// getProviderConfig is GET serviceproviderconfig; its values are decisions (section 6).
func (s *Server) getProviderConfig(r *request) (*response, *problem) {
	if tag := r.Header.Get("If-None-Match"); tag != "" && etagMatches(tag, discoveryVersion) {
		return notModified(discoveryVersion), nil
	}
	type object = map[string]any
	out := &response{status: http.StatusOK, body: object{
		"schemas":          []string{urnCore + "ServiceProviderConfig"},
		"documentationUri": "https://help.mypurecloud.com/articles/about-genesys-cloud-scim-identity-management/",
		"patch":            object{"supported": true},
		"filter":           object{"supported": true, "maxResults": r.knobs.MaxCount},
		"etag":             object{"supported": true},
		"sort":             object{"supported": false},
		"bulk":             object{"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
		"changePassword":   object{"supported": true},
		"authenticationSchemes": []object{{"name": "OAuth Bearer Token", "type": "oauthbearertoken", "primary": true,
			"description": "Authentication scheme using the OAuth Bearer Token Standard", "specUri": "http://www.rfc-editor.org/info/rfc6750"}},
		"meta": metaView{ResourceType: "ServiceProviderConfig", Location: r.base() + rootV2 + "/serviceproviderconfig", Version: "1"},
	}}
	out.header("ETag", etag(discoveryVersion))
	return out, nil
}

// resourceTypeView is a resource type (section 6); meta has only location and resourceType.
type resourceTypeView struct {
	ID               string            `json:"id"`
	Schemas          []string          `json:"schemas"`
	Name             string            `json:"name"`
	Description      string            `json:"description"`
	Schema           string            `json:"schema"`
	SchemaExtensions []schemaExtension `json:"schemaExtensions,omitempty"`
	Endpoint         string            `json:"endpoint"`
	Meta             metaView          `json:"meta"`
}

type schemaExtension struct {
	Schema   string `json:"schema"`
	Required bool   `json:"required"`
}

// resourceTypes are the five of section 6. No role resource type exists.
func resourceTypes(base string) []resourceTypeView {
	out := []resourceTypeView{
		{ID: "User", Description: "User account", Endpoint: "/users", SchemaExtensions: []schemaExtension{{Schema: urnEnterprise}, {Schema: urnGenesys}}},
		{ID: "Group", Description: "Group", Endpoint: "/groups"},
		{ID: "ServiceProviderConfig", Description: "Service provider configuration", Endpoint: "/serviceproviderconfig"},
		{ID: "ResourceType", Description: "Resource type", Endpoint: "/resourcetypes"},
		{ID: "Schema", Description: "Schema", Endpoint: "/schemas"},
	}
	for i := range out {
		t := &out[i]
		t.Name, t.Schema, t.Schemas = t.ID, urnCore+t.ID, []string{urnCore + "ResourceType"}
		t.Meta = metaView{ResourceType: "ResourceType", Location: location(base, "resourcetypes", t.ID)}
	}
	return out
}

func (s *Server) listResourceTypes(r *request) (*response, *problem) {
	all := resourceTypes(r.base())
	return list(len(all), 1, len(all), all), nil
}

func (s *Server) getResourceType(r *request) (*response, *problem) {
	for _, t := range resourceTypes(r.base()) {
		if t.ID == r.id {
			return &response{status: http.StatusOK, body: t}, nil
		}
	}
	return nil, notFound("resource type")
}

// listSchemas is GET schemas; a filter is refused with 403 (section 6).
func (s *Server) listSchemas(r *request) (*response, *problem) {
	if r.URL.Query().Has("filter") {
		return nil, platform(http.StatusForbidden, "not.authorized", "Filtering of schemas is not allowed")
	}
	all := schemaViews(r.base())
	return list(len(all), 1, len(all), all), nil
}

func (s *Server) getSchema(r *request) (*response, *problem) {
	for _, v := range schemaViews(r.base()) {
		if v.ID == r.id {
			return &response{status: http.StatusOK, body: v}, nil
		}
	}
	return nil, notFound("schema")
}
