package admission

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rows are the attributes without which no application accepts a person.
const rows = `{target: userName, source: userPrincipalName, matchingPrecedence: 1}, {target: displayName, source: displayName},
	{target: active, expression: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")'}`

func mappingOf(name, attributes, more string) string {
	return `{apiVersion: provisioning.entrain.dev/v1alpha1, kind: AttributeMapping, metadata: {name: ` + name + `},
		spec: {objectType: User, attributes: [` + attributes + `]` + more + `}}`
}

func filterOf(name, clause string) string {
	return `{apiVersion: provisioning.entrain.dev/v1alpha1, kind: ScopingFilter, metadata: {name: ` + name + `},
		spec: {objectType: User, filters: [{title: Sales, clauses: [` + clause + `]}]}}`
}

const genesysURL = "https://api.mypurecloud.de/api/v2/scim/v2"

// configOf is a ProvisioningConfig into Genesys Cloud; more begins with a comma.
func configOf(name, url, more string) string {
	return `{apiVersion: provisioning.entrain.dev/v1alpha1, kind: ProvisioningConfig, metadata: {name: ` + name + `}, spec: {
		source: {entra: {tenantID: contoso.com, application: {appID: 8b1fc9d0-7a36-4c14-9d5e-4b7a9e1c2f30},
			credentials: {clientSecret: {clientID: 0f3c6d52-1f0e-4a3b-8d4f-6a2b9c7e5d10, secretRef: {name: entra, key: secret}}}}},
		target: {scim: {profile: GenesysCloud, tenantURL: "` + url + `", credentials: {secretToken: {secretRef: {name: genesys, key: token}}}}}` + more + `}}`
}

func requestFor(config, whom string) string {
	return `{apiVersion: provisioning.entrain.dev/v1alpha1, kind: ProvisionOnDemand, metadata: {generateName: ada-},
		spec: {provisioningConfigRef: {name: ` + config + `}, ` + whom + `}}`
}

// secrets are what configOf refers to.
func (u *user) secrets() {
	u.t.Helper()
	u.mustApply(`{apiVersion: v1, kind: Secret, metadata: {name: entra}, stringData: {secret: s}}`)
	u.mustApply(`{apiVersion: v1, kind: Secret, metadata: {name: genesys}, stringData: {token: t}}`)
}

// TestResources sends new resources through the API server.
func TestResources(t *testing.T) {
	const namespace = "NAMESPACE"
	for name, tc := range map[string]struct {
		// before are resources that exist already.
		before []string
		object string
		// refused are the answers, as "field: message"; warned the warnings beside or instead of them.
		refused, warned []string
	}{
		"a mapping that can be used": {object: mappingOf("people", rows, "")},
		"a function that does not exist": {
			object: mappingOf("people", rows+`, {target: title, expression: 'Tolower([jobTitle])'}`, ""),
			refused: []string{"spec.attributes[3].expression: 1:1: There is no function Tolower; did you mean ToLower?\n" +
				"  Tolower([jobTitle])\n" +
				"  ^"},
		},
		"a mistake on the second line": {
			object: mappingOf("people", rows+`, {target: title, expression: "Join(\" \",\n  Uper([givenName]),\n  [surname])"}`, ""),
			refused: []string{"spec.attributes[3].expression: 2:3: There is no function Uper\n" +
				"    Uper([givenName]),\n" +
				"    ^"},
		},
		"two mistakes are told together": {
			object: mappingOf("people", rows+`, {target: title, source: jobTitel}, {target: nickName, expression: 'Join(" ", [givenName]'}`, ""),
			refused: []string{
				`spec.attributes[3].source: User has no source attribute "jobTitel"; did you mean jobTitle?`,
				"spec.attributes[4].expression: 1:5: The parenthesis of Join that opens here is not closed\n" +
					"  Join(\" \", [givenName]\n" +
					"      ^",
			},
		},
		"a target that is no SCIM path": {
			object: mappingOf("people", rows+`, {target: 'emails[type eq "work".value', source: mail}`, ""),
			refused: []string{`spec.attributes[3].target: emails[type eq "work".value is no SCIM path; write one like userName, name.givenName, emails[type eq "work"].value ` +
				`or urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`},
		},
		"an example that fails": {
			object:  mappingOf("people", rows, `, examples: [{name: leaver, source: {IsSoftDeleted: "True"}, expect: {active: "True"}}]`),
			refused: []string{`spec.examples[0].expect[active]: the example "leaver" expects "True" and the mapping gives "False"`},
		},
		"nobody would ever be disabled": {
			object: mappingOf("people", `{target: userName, source: userPrincipalName, matchingPrecedence: 1}, {target: displayName, source: displayName}, {target: active, constant: "True"}`, ""),
			warned: []string{`spec.attributes: no row reads IsSoftDeleted, so that people who leave are not disabled; map Switch([IsSoftDeleted], , "False", "True", "True", "False") to active`},
		},
		"a target that one application does not have, while nobody uses the mapping": {
			object: mappingOf("people", rows+`, {target: favouriteColour, source: city}`, ""),
			warned: []string{"No ProvisioningConfig uses this mapping yet; one with profile GenesysCloud could not: " +
				"spec.attributes[3].target: GenesysCloud has no attribute favouriteColour; remove the row or choose an attribute of the profile's default mapping"},
		},
		"the same target, while a configuration for that application waits for the mapping": {
			before:  []string{configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}}`)},
			object:  mappingOf("people", rows+`, {target: favouriteColour, source: city}`, ""),
			refused: []string{"spec.attributes[3].target: GenesysCloud has no attribute favouriteColour; remove the row or choose an attribute of the profile's default mapping"},
		},
		"a mapping of the wrong type of object": {
			before:  []string{configOf("genesys-cloud", genesysURL, `, groups: {attributeMappingRef: {name: people}}`)},
			object:  mappingOf("people", rows, ""),
			refused: []string{`spec.objectType: the ProvisioningConfig "genesys-cloud" uses this AttributeMapping for objects of type Group; write Group, or make another AttributeMapping for objects of type User`},
		},
		"a filter that can be used": {object: filterOf("sales", `{attribute: department, operator: EQUALS, value: Sales}`)},
		"a regular expression that is none": {
			object:  filterOf("sales", `{attribute: department, operator: REGEX MATCH, value: '(Sales'}`),
			refused: []string{"spec.filters[0].clauses[0].value: the regular expression is not valid: missing closing ) in `(Sales`"},
		},
		"an attribute that no filter may look at": {
			object: filterOf("sales", `{attribute: userType, operator: EQUALS, value: Member}`),
			refused: []string{"spec.filters[0].clauses[0].attribute: userType cannot be used in a scoping filter: the provisioning service does not allow it; " +
				"use a filter on userPrincipalName or an extension attribute"},
		},
		"a filter of the wrong type of object": {
			before:  []string{configOf("genesys-cloud", genesysURL, `, groups: {scopingFilterRefs: [{name: sales}]}`)},
			object:  filterOf("sales", `{attribute: department, operator: EQUALS, value: Sales}`),
			refused: []string{`spec.objectType: the ProvisioningConfig "genesys-cloud" uses this ScopingFilter for objects of type Group; write Group, or make another ScopingFilter for objects of type User`},
		},
		"a configuration that can be used": {
			before: []string{"secrets", mappingOf("people", rows, ""), filterOf("sales", `{attribute: department, operator: IS NOT NULL}`)},
			object: configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}, scopingFilterRefs: [{name: sales}]}`),
		},
		"a host that serves no SCIM, while Secrets are missing too": {
			object:  configOf("genesys-cloud", "https://login.mypurecloud.de/api/v2/scim/v2", ""),
			refused: []string{"spec.target.scim.tenantURL: the tenant URL names the host login.mypurecloud.de, which serves no SCIM; write " + genesysURL},
		},
		"what a configuration refers to may still come": {
			object: configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}, scopingFilterRefs: [{name: sales}]}`),
			warned: []string{
				`The AttributeMapping "people" does not exist in the namespace "NAMESPACE"; create it or correct the reference.`,
				`The ScopingFilter "sales" does not exist in the namespace "NAMESPACE"; create it or correct the reference.`,
				`The Secret "entra" does not exist in the namespace "NAMESPACE"; create it or correct the reference.`,
				`The Secret "genesys" does not exist in the namespace "NAMESPACE"; create it or correct the reference.`,
			},
		},
		"a mapping that the application does not take": {
			before: []string{"secrets", mappingOf("people", rows+`, {target: favouriteColour, source: city}`, "")},
			object: configOf("genesys-cloud", genesysURL, `, users: {attributeMappingRef: {name: people}}`),
			warned: []string{`The AttributeMapping "people" cannot be used: spec.attributes[3].target: GenesysCloud has no attribute favouriteColour; ` +
				`remove the row or choose an attribute of the profile's default mapping`},
		},
		"a Secret without the key": {
			before: []string{`{apiVersion: v1, kind: Secret, metadata: {name: entra}, stringData: {secret: s}}`, `{apiVersion: v1, kind: Secret, metadata: {name: genesys}}`},
			object: configOf("genesys-cloud", genesysURL, ""),
			warned: []string{`The Secret "genesys" has no key "token"; add it or correct the reference.`},
		},
		"a request for nowhere": {
			object: requestFor("genesys", "user: {userPrincipalName: ada@contoso.com}"),
			warned: []string{`spec.provisioningConfigRef: The ProvisioningConfig "genesys" does not exist in the namespace "NAMESPACE"; the request fails unless it is created first.`},
		},
		"a request while everything is paused": {
			before: []string{configOf("genesys-cloud", genesysURL, ", provisioningMode: Paused")},
			object: requestFor("genesys-cloud", "user: {userPrincipalName: ada@contoso.com}"),
			warned: []string{`spec.provisioningConfigRef: The ProvisioningConfig "genesys-cloud" is paused; the request fails unless spec.provisioningMode is changed there.`},
		},
		"a request for a group where groups are off": {
			before: []string{configOf("genesys-cloud", genesysURL, ", groups: {enabled: false}")},
			object: requestFor("genesys-cloud", "group: {id: 8b1fc9d0-7a36-4c14-9d5e-4b7a9e1c2f30}"),
			warned: []string{`spec.group: The ProvisioningConfig "genesys-cloud" does not provision groups; set spec.groups.enabled to true there.`},
		},
		"a request that can be carried out": {
			before: []string{configOf("genesys-cloud", genesysURL, "")},
			object: requestFor("genesys-cloud", "user: {userPrincipalName: ada@contoso.com}"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			for _, document := range tc.before {
				if document == "secrets" {
					u.secrets()
					continue
				}
				u.mustApply(document)
			}
			u.warned()
			err := u.apply(tc.object)
			if diff := cmp.Diff(replaced(tc.refused, namespace, u.namespace), refusals(t, err)); diff != "" {
				t.Errorf("what is refused (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(replaced(tc.warned, namespace, u.namespace), u.warned()); diff != "" {
				t.Errorf("what is warned of (-want +got):\n%s", diff)
			}
		})
	}
}
