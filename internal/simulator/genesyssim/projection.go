package genesyssim

import (
	"net/http"
	"net/url"
	"strings"
)

// projection is what attributes and excludedAttributes leave of a resource (7.4). nil is the whole resource.
type projection struct {
	only, without map[string]bool // keys as in the tables below; nil when the parameter is absent
}

// userAttributes and groupAttributes are the allowed values by their lower-case form without the core URN; the value is
// the key used by projection, parents first separated by a dot.
var userAttributes = map[string]string{
	"id": "id", "username": "username", "displayname": "displayname", "title": "title", "active": "active", "externalid": "externalid",
	"phonenumbers": "phonenumbers", "emails": "emails", "groups": "groups", "roles": "roles", "meta": "meta", "meta.version": "meta",
	"meta.lastmodified":            "meta",
	strings.ToLower(urnEnterprise): "ent", strings.ToLower(urnEnterprise) + ":division": "ent.division",
	strings.ToLower(urnEnterprise) + ":department": "ent.department", strings.ToLower(urnEnterprise) + ":manager": "ent.manager",
	strings.ToLower(urnEnterprise) + ":manager.value":  "ent.manager",
	strings.ToLower(urnEnterprise) + ":employeenumber": "ent.employeenumber", strings.ToLower(urnEnterprise) + ":datehire": "ent.datehire",
	strings.ToLower(urnGenesys): "gen", strings.ToLower(urnGenesys) + ":routingskills": "gen.routingskills",
	strings.ToLower(urnGenesys) + ":routinglanguages": "gen.routinglanguages", strings.ToLower(urnGenesys) + ":externalids": "gen.externalids",
}

var groupAttributes = map[string]string{
	"id": "id", "displayname": "displayname", "members": "members", "externalid": "externalid", "meta": "meta", "meta.version": "meta",
	"meta.lastmodified": "meta",
}

// always are the attributes that are returned whatever is asked for (7.4).
var always = map[string]map[string]bool{
	urnUser:  {"id": true, "username": true, "active": true, "meta": true},
	urnGroup: {"id": true, "meta": true},
}

// parseProjection reads the two parameters, in repeated and in comma form. An unknown value is a platform error, as for any
// enumerated parameter.
func parseProjection(query url.Values, core string) (*projection, *problem) {
	only, p := attributeSet(query, "attributes", core)
	if p != nil {
		return nil, p
	}
	without, p := attributeSet(query, "excludedAttributes", core)
	if p != nil || only == nil && without == nil {
		return nil, p
	}
	return &projection{only: only, without: without}, nil
}

func attributeSet(query url.Values, parameter, core string) (map[string]bool, *problem) {
	allowed := userAttributes
	if core == urnGroup {
		allowed = groupAttributes
	}
	var out map[string]bool
	for _, list := range query[parameter] {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			if name == "" {
				continue
			}
			name = strings.TrimPrefix(name, strings.ToLower(core)+":")
			key, ok := allowed[name]
			if !ok {
				return nil, platform(http.StatusBadRequest, "invalid.query.param.value", "The value %q of query parameter %s is not valid", name, parameter)
			}
			if out == nil {
				out = map[string]bool{}
			}
			out[key] = true
		}
	}
	return out, nil
}

// has reports whether an attribute is returned; key may name a member of an extension.
func (p *projection) has(core, key string) bool {
	if p == nil || always[core][key] {
		return true
	}
	parent, _, _ := strings.Cut(key, ".")
	if p.without[key] || p.without[parent] {
		return false
	}
	return p.only == nil || p.only[key] || p.only[parent]
}

// expensive reports whether the attributes need look-ups in other services, which the API answers with 429 on pages above
// 25 (section 1, fact 9).
func (p *projection) expensive() bool {
	for _, key := range []string{"externalid", "roles", "gen.routingskills", "gen.routinglanguages"} {
		if p.has(urnUser, key) {
			return true
		}
	}
	return false
}
