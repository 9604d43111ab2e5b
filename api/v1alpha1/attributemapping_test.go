package v1alpha1_test

import (
	"strings"
	"testing"

	"github.com/entrain-dev/entrain/api/v1alpha1"
)

const validMapping = `
apiVersion: provisioning.entrain.dev/v1alpha1
kind: AttributeMapping
metadata: {name: genesys-users, namespace: default}
spec:
  objectType: User
  attributes:
    - {target: userName, source: userPrincipalName, matchingPrecedence: 1}
    - {target: active, expression: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")'}
    - {target: preferredLanguage, constant: en-US, apply: OnlyDuringObjectCreation}
    - {target: 'phoneNumbers[type eq "mobile"].value', source: mobile, defaultValue: ""}
    - {target: roles}
  examples:
    - name: joiner
      source: {userPrincipalName: ada@contoso.com, mobile: "+4930123456"}
      expect: {userName: ada@contoso.com, active: "True"}
`

// attributes replaces the rows of the mapping by a matching one and the given ones.
func attributes(rows ...string) string {
	return "spec: {examples: null, attributes: [" + strings.Join(append([]string{"{target: userName, source: mail, matchingPrecedence: 1}"}, rows...), ", ") + "]}"
}

func example(fields string) string { return "spec: {examples: [{" + fields + "}]}" }

func TestAttributeMapping(t *testing.T) {
	const (
		row1       = "spec.attributes[1]"
		onlyOne    = row1 + ": Invalid value: set only one of source, expression and constant"
		matchValue = row1 + ": Invalid value: an attribute with matchingPrecedence needs source or expression, because a constant would match everybody"
		noMatch    = "spec: Invalid value: no attribute has matchingPrecedence: set matchingPrecedence: 1 on the attribute that finds existing objects, such as userName, or every object would be created a second time"
		sameMatch  = "spec: Invalid value: two attributes have the same matchingPrecedence: number them 1, 2, 3 in the order in which they are tried"
		straight   = `must use straight double quotes, as in emails[type eq "work"].value`
		twice      = "spec.examples[0]: Invalid value: an attribute stands either in source (one value) or in sourceLists (several values), not in both"
		noBrackets = "must be the name of a source attribute without brackets, such as department"
	)
	checkRows(t, validMapping, map[string]row{
		"the example is accepted":      {},
		"groups can be mapped":         {patch: "spec: {objectType: Group}"},
		"objectType has two values":    {patch: "spec: {objectType: Device}", refused: []string{`spec.objectType: Unsupported value: "Device": supported values: "User", "Group"`}},
		"objectType is required":       {patch: "spec: {objectType: null}", refused: []string{"spec.objectType: Required value"}},
		"update only":                  {patch: "spec: {targetObjectActions: [Update]}"},
		"no action":                    {patch: "spec: {targetObjectActions: []}", refused: []string{"spec.targetObjectActions: Invalid value: 0: spec.targetObjectActions in body should have at least 1 items"}},
		"an action named twice":        {patch: "spec: {targetObjectActions: [Update, Update]}", refused: []string{`spec.targetObjectActions[1]: Duplicate value: "Update"`}},
		"an unknown action":            {patch: "spec: {targetObjectActions: [Disable]}", refused: []string{`spec.targetObjectActions[0]: Unsupported value: "Disable": supported values: "Create", "Update", "Delete"`}},
		"no attributes":                {patch: "spec: {attributes: []}", refused: []string{"spec.attributes: Invalid value: 0: spec.attributes in body should have at least 1 items", noMatch}},
		"150 attributes":               {patch: attributes(list(149, "{target: a%d, source: mail, matchingPrecedence: 1%d}"))},
		"151 attributes are too many":  {patch: attributes(list(150, "{target: a%d, source: mail}")), refused: []string{"spec.attributes: Too many: 151: must have at most 150 items"}},
		"nothing to match by":          {patch: "spec: {attributes: [{target: userName, source: mail}]}", refused: []string{noMatch}},
		"two attributes to match by":   {patch: attributes("{target: externalId, source: objectId, matchingPrecedence: 2}")},
		"one precedence twice":         {patch: attributes("{target: externalId, source: objectId, matchingPrecedence: 1}"), refused: []string{sameMatch}},
		"precedence 0":                 {patch: attributes("{target: externalId, source: objectId, matchingPrecedence: 0}"), refused: []string{row1 + ".matchingPrecedence: Invalid value: 0: " + row1 + ".matchingPrecedence in body should be greater than or equal to 1"}},
		"matching by an expression":    {patch: attributes("{target: externalId, expression: 'ToLower([mail])', matchingPrecedence: 2}")},
		"matching by a constant":       {patch: attributes("{target: externalId, constant: x, matchingPrecedence: 2}"), refused: []string{matchValue}},
		"matching by nothing":          {patch: attributes("{target: externalId, matchingPrecedence: 2}"), refused: []string{matchValue}},
		"listed and left alone":        {patch: attributes("{target: title}")},
		"a source":                     {patch: attributes("{target: title, source: jobTitle}")},
		"an extension as source":       {patch: attributes("{target: title, source: extension_0123456789abcdef0123456789abcdef_badge}")},
		"a source with a point":        {patch: attributes("{target: title, source: employeeOrgData.division}")},
		"a source in brackets":         {patch: attributes("{target: title, source: '[jobTitle]'}"), refused: []string{row1 + `.source: Invalid value: "[jobTitle]": ` + noBrackets}},
		"an expression as source":      {patch: attributes("{target: title, source: 'ToLower([jobTitle])'}"), refused: []string{row1 + `.source: Invalid value: "ToLower([jobTitle])": ` + noBrackets}},
		"an empty constant":            {patch: attributes("{target: title, constant: ''}")},
		"source and expression":        {patch: attributes("{target: title, source: jobTitle, expression: '[jobTitle]'}"), refused: []string{onlyOne}},
		"source and constant":          {patch: attributes("{target: title, source: jobTitle, constant: x}"), refused: []string{onlyOne}},
		"expression and constant":      {patch: attributes("{target: title, expression: '[jobTitle]', constant: x}"), refused: []string{onlyOne}},
		"all three":                    {patch: attributes("{target: title, source: jobTitle, expression: '[jobTitle]', constant: x}"), refused: []string{onlyOne}},
		"10000 characters":             {patch: attributes("{target: title, expression: '" + strings.Repeat("x", 10000) + "'}")},
		"10001 characters":             {patch: attributes("{target: title, expression: '" + strings.Repeat("x", 10001) + "'}"), refused: []string{row1 + ".expression: Too long: may not be more than 10000 bytes"}},
		"one target twice":             {patch: attributes("{target: userName, source: mail}"), refused: []string{row1 + `: Duplicate value: {"target":"userName"}`}},
		"a target without name":        {patch: attributes("{target: '', source: mail}"), refused: []string{row1 + `.target: Invalid value: "": ` + row1 + `.target in body should be at least 1 chars long`}},
		"curly quotes of the tutorial": {patch: attributes("{target: 'x:externalIds[authority eq ‘zoomphone’].value', source: mail}"), refused: []string{row1 + `.target: Invalid value: "x:externalIds[authority eq ‘zoomphone’].value": ` + straight}},
		"curly double quotes":          {patch: attributes("{target: 'emails[type eq “work”].value', source: mail}"), refused: []string{row1 + `.target: Invalid value: "emails[type eq “work”].value": ` + straight}},
		"applied always":               {patch: attributes("{target: title, source: jobTitle, apply: Always}")},
		"applied sometimes":            {patch: attributes("{target: title, source: jobTitle, apply: Sometimes}"), refused: []string{row1 + `.apply: Unsupported value: "Sometimes": supported values: "Always", "OnlyDuringObjectCreation"`}},
		"case matters":                 {patch: attributes("{target: title, source: jobTitle, caseExact: true}")},

		"an example with lists":             {patch: example("name: joiner, sourceLists: {proxyAddresses: [a, b]}, expect: {userName: a}")},
		"an example that expects no value":  {patch: example("name: joiner, source: {mail: a}, expect: {title: ''}")},
		"an attribute once and as a list":   {patch: example("name: joiner, source: {mail: a}, sourceLists: {mail: [a]}, expect: {userName: a}"), refused: []string{twice}},
		"an example that expects nothing":   {patch: example("name: joiner, source: {mail: a}, expect: {}"), refused: []string{"spec.examples[0].expect: Invalid value: 0: spec.examples[0].expect in body should have at least 1 properties"}},
		"an example with a Boolean":         {patch: example("name: joiner, source: {accountEnabled: true}, expect: {active: 'True'}"), refused: []string{`spec.examples[0].source.accountEnabled: Invalid value: "boolean": spec.examples[0].source.accountEnabled in body must be of type string: "boolean"`}},
		"two examples of one name":          {patch: "spec: {examples: [{name: joiner, expect: {a: b}}, {name: joiner, expect: {a: b}}]}", refused: []string{`spec.examples[1]: Duplicate value: {"name":"joiner"}`}},
		"51 examples are too many":          {patch: "spec: {examples: [" + list(51, "{name: n%d, expect: {a: b}}") + "]}", refused: []string{"spec.examples: Too many: 51: must have at most 50 items"}},
		"101 attributes in an example":      {patch: example("name: joiner, source: {" + list(101, "a%d: x") + "}, expect: {a: b}"), refused: []string{"spec.examples[0].source: Too many: 101: must have at most 100 items"}},
		"a value longer than any attribute": {patch: example("name: joiner, source: {mail: " + strings.Repeat("x", 4097) + "}, expect: {a: b}"), refused: []string{"spec.examples[0].source.mail: Too long: may not be more than 4096 bytes"}},
	})
}

func TestAttributeMappingDefaults(t *testing.T) {
	want := mustParse[v1alpha1.AttributeMapping](t, validMapping)
	want.Spec.TargetObjectActions = []v1alpha1.TargetObjectAction{v1alpha1.ActionCreate, v1alpha1.ActionUpdate, v1alpha1.ActionDelete}
	for i, apply := range []v1alpha1.ApplyMapping{
		v1alpha1.ApplyAlways, v1alpha1.ApplyAlways, v1alpha1.ApplyOnlyDuringObjectCreation, v1alpha1.ApplyAlways, v1alpha1.ApplyAlways,
	} {
		want.Spec.Attributes[i].Apply = apply
	}
	checkDefaults(t, validMapping, want)
}
