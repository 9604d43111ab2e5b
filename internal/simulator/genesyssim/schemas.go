package genesyssim

// schemaView is a schema document (section 6).
type schemaView struct {
	ID          string          `json:"id"`
	Schemas     []string        `json:"schemas"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Attributes  []attributeView `json:"attributes"`
	Meta        metaView        `json:"meta"`
}

type attributeView struct {
	Name            string          `json:"name"`
	Type            string          `json:"type"`
	SubAttributes   []attributeView `json:"subAttributes,omitempty"`
	MultiValued     bool            `json:"multiValued"`
	Description     string          `json:"description"`
	Required        bool            `json:"required"`
	CanonicalValues []string        `json:"canonicalValues,omitempty"`
	CaseExact       bool            `json:"caseExact"`
	Mutability      string          `json:"mutability"`
	Returned        string          `json:"returned"`
	Uniqueness      string          `json:"uniqueness"`
	ReferenceTypes  []string        `json:"referenceTypes,omitempty"`
}

// quality changes one quality of an attribute.
type quality func(*attributeView)

func attr(name, kind, description string, qualities ...quality) attributeView {
	a := attributeView{Name: name, Type: kind, Description: description, Mutability: "readWrite", Returned: "default", Uniqueness: "none"}
	for _, q := range qualities {
		q(&a)
	}
	return a
}

func required(a *attributeView)  { a.Required = true }
func many(a *attributeView)      { a.MultiValued = true }
func exact(a *attributeView)     { a.CaseExact = true }
func readOnly(a *attributeView)  { a.Mutability = "readOnly" }
func writeOnly(a *attributeView) { a.Mutability, a.Returned = "writeOnly", "never" }
func returned(a *attributeView)  { a.Returned = "always" }
func onServer(a *attributeView)  { a.Uniqueness = "server" }

func sub(attributes ...attributeView) quality {
	return func(a *attributeView) { a.SubAttributes = attributes }
}

func canonical(values ...string) quality {
	return func(a *attributeView) { a.CanonicalValues = values }
}

func refers(types ...string) quality {
	return func(a *attributeView) { a.ReferenceTypes = types }
}

// schemaViews are the seven schemas. The shapes are documented, most qualities are read off section 8.
func schemaViews(base string) []schemaView {
	out := []schemaView{
		{ID: urnUser, Name: "User", Description: "User account", Attributes: userSchema()},
		{ID: urnGroup, Name: "Group", Description: "Group", Attributes: groupSchema()},
		{ID: urnCore + "ServiceProviderConfig", Name: "ServiceProviderConfig", Description: "Service provider configuration", Attributes: configSchema()},
		{ID: urnCore + "ResourceType", Name: "ResourceType", Description: "Resource type", Attributes: resourceTypeSchema()},
		{ID: urnCore + "Schema", Name: "Schema", Description: "Schema", Attributes: schemaSchema()},
		{ID: urnEnterprise, Name: "EnterpriseUser", Description: "Enterprise user", Attributes: enterpriseSchema()},
		{ID: urnGenesys, Name: "GenesysUser", Description: "Genesys Cloud user", Attributes: genesysSchema()},
	}
	for i := range out {
		out[i].Schemas = []string{urnCore + "Schema"}
		out[i].Meta = metaView{ResourceType: "Schema", Location: location(base, "schemas", out[i].ID)}
	}
	return out
}

func contacts(types ...string) quality {
	return sub(attr("value", "string", "The value"), attr("type", "string", "The type", canonical(types...)),
		attr("primary", "boolean", "Whether it is the main one"))
}

func userSchema() []attributeView {
	return []attributeView{
		attr("id", "string", "The id", readOnly, returned, exact, onServer),
		attr("externalId", "string", "The id at the provisioning client", exact),
		attr("userName", "string", "The main e-mail address", required, returned, onServer),
		attr("displayName", "string", "The name", required),
		attr("password", "string", "The password", writeOnly),
		attr("title", "string", "The job title"),
		attr("active", "boolean", "Whether the user can log in", returned),
		attr("phoneNumbers", "complex", "Phone numbers", many, contacts(phoneTypes...)),
		attr("emails", "complex", "E-mail addresses", many, contacts("work", "other")),
		attr("roles", "complex", "Roles by name", many, sub(attr("value", "string", "The name of the role"))),
		attr("groups", "complex", "Groups of the user", many, readOnly, sub(attr("type", "string", "The type", readOnly),
			attr("value", "string", "The id of the group", readOnly), attr("$ref", "reference", "The group", readOnly, refers("Group")))),
	}
}

func groupSchema() []attributeView {
	return []attributeView{
		attr("id", "string", "The id", readOnly, returned, exact, onServer),
		attr("displayName", "string", "The name", required, readOnly),
		attr("externalId", "string", "The id at the provisioning client", exact),
		attr("members", "complex", "Members", many, sub(attr("type", "string", "The type", readOnly, canonical("User", "Group")),
			attr("value", "string", "The id of a user or group"), attr("$ref", "reference", "The member", readOnly, refers("User", "Group")))),
	}
}

func enterpriseSchema() []attributeView {
	return []attributeView{
		attr("division", "string", "The name of an existing division"),
		attr("department", "string", "The department"),
		attr("manager", "complex", "The manager", sub(attr("value", "string", "The id of a user"),
			attr("$ref", "reference", "The manager", readOnly, refers("User")))),
		attr("employeeNumber", "string", "The employee number"),
		attr("dateHire", "string", "The date of hire, YYYY-MM-DD"),
	}
}

func genesysSchema() []attributeView {
	grades := sub(attr("name", "string", "The name", required, exact), attr("proficiency", "decimal", "From 0.0 to 5.0"))
	return []attributeView{
		attr("routingSkills", "complex", "Routing skills", many, grades),
		attr("routingLanguages", "complex", "Routing languages", many, grades),
		attr("externalIds", "complex", "Ids at other authorities", many, sub(attr("authority", "string", "The authority", required, exact),
			attr("value", "string", "The id", required, exact))),
	}
}

func configSchema() []attributeView {
	supported := sub(attr("supported", "boolean", "Whether it is supported", readOnly))
	return []attributeView{
		attr("documentationUri", "reference", "Documentation", readOnly, refers("external")),
		attr("patch", "complex", "PATCH", readOnly, supported),
		attr("filter", "complex", "Filters", readOnly, sub(attr("supported", "boolean", "Whether it is supported", readOnly),
			attr("maxResults", "integer", "The largest page", readOnly))),
		attr("etag", "complex", "ETags", readOnly, supported),
		attr("sort", "complex", "Sorting", readOnly, supported),
		attr("bulk", "complex", "Bulk", readOnly, supported),
		attr("changePassword", "complex", "Passwords", readOnly, supported),
		attr("authenticationSchemes", "complex", "Authentication", many, readOnly, sub(attr("name", "string", "The name", readOnly),
			attr("type", "string", "The type", readOnly), attr("primary", "boolean", "Whether it is the main one", readOnly))),
	}
}

func resourceTypeSchema() []attributeView {
	return []attributeView{
		attr("id", "string", "The id", readOnly),
		attr("name", "string", "The name", readOnly),
		attr("description", "string", "The description", readOnly),
		attr("endpoint", "reference", "The endpoint", readOnly, refers("uri")),
		attr("schema", "reference", "The schema", readOnly, refers("uri")),
		attr("schemaExtensions", "complex", "Extensions", many, readOnly, sub(attr("schema", "reference", "The extension", readOnly, refers("uri")),
			attr("required", "boolean", "Whether it is required", readOnly))),
	}
}

func schemaSchema() []attributeView {
	return []attributeView{
		attr("id", "string", "The URN", readOnly),
		attr("name", "string", "The name", readOnly),
		attr("description", "string", "The description", readOnly),
		attr("attributes", "complex", "The attributes", many, readOnly, sub(attr("name", "string", "The name", readOnly),
			attr("type", "string", "The type", readOnly), attr("multiValued", "boolean", "Whether it has several values", readOnly))),
	}
}
