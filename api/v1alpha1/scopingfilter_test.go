package v1alpha1_test

import (
	"fmt"
	"strings"
	"testing"
)

const validFilter = `
apiVersion: provisioning.entrain.dev/v1alpha1
kind: ScopingFilter
metadata: {name: sales, namespace: default}
spec:
  objectType: User
  filters:
    - title: Sales in Germany
      clauses:
        - {attribute: department, operator: EQUALS, value: Sales}
        - {attribute: country, operator: IS NOT NULL}
`

func clause(fields string) string {
	return fmt.Sprintf("spec: {filters: [{title: t, clauses: [{%s}]}]}", fields)
}

func TestScopingFilter(t *testing.T) {
	const value = "spec.filters[0].clauses[0].value: Invalid value: "
	var (
		noValue     = []string{value + "IS NULL, IS NOT NULL, IS TRUE and IS FALSE take no value: remove value"}
		needsValue  = []string{value + "the operator compares with a value: set value, or use IS NULL or IS NOT NULL"}
		needsNumber = []string{value + "Greater_Than and Greater_Than_OR_EQUALS compare whole numbers: set value to one, such as 10"}
	)
	rows := map[string]row{
		"the example is accepted":   {},
		"groups can be filtered":    {patch: "spec: {objectType: Group}"},
		"objectType has two values": {patch: "spec: {objectType: Device}", refused: []string{`spec.objectType: Unsupported value: "Device": supported values: "User", "Group"`}},
		"objectType is required":    {patch: "spec: {objectType: null}", refused: []string{`spec.objectType: Required value`}},
		"a filter without filters":  {patch: "spec: {filters: []}", refused: []string{`spec.filters: Invalid value: 0: spec.filters in body should have at least 1 items`}},
		"a filter without clauses":  {patch: "spec: {filters: [{title: t, clauses: []}]}", refused: []string{`spec.filters[0].clauses: Invalid value: 0: spec.filters[0].clauses in body should have at least 1 items`}},
		"a title used twice":        {patch: "spec: {filters: [{title: t, clauses: [{attribute: city, operator: IS NULL}]}, {title: t, clauses: [{attribute: city, operator: IS NULL}]}]}", refused: []string{`spec.filters[1]: Duplicate value: {"title":"t"}`}},
		"a filter without title":    {patch: "spec: {filters: [{title: '', clauses: [{attribute: city, operator: IS NULL}]}]}", refused: []string{`spec.filters[0].title: Invalid value: "": spec.filters[0].title in body should be at least 1 chars long`}},
		"33 filters are too many":   {patch: "spec: {filters: [" + list(33, "{title: t%d, clauses: [{attribute: city, operator: IS NULL}]}") + "]}", refused: []string{`spec.filters: Too many: 33: must have at most 32 items`}},
		"33 clauses are too many":   {patch: "spec: {filters: [{title: t, clauses: [" + list(33, "{attribute: a%d, operator: IS NULL}") + "]}]}", refused: []string{`spec.filters[0].clauses: Too many: 33: must have at most 32 items`}},
		"32 filters of 32 clauses":  {patch: "spec: {filters: [" + list(32, "{title: t%d, clauses: ["+list(32, "{attribute: a%d, operator: Greater_Than, value: '1'}")+"]}") + "]}"},
		"an attribute in brackets":  {patch: clause("attribute: '[city]', operator: IS NULL"), refused: []string{`spec.filters[0].clauses[0].attribute: Invalid value: "[city]": must be the name of a source attribute without brackets, such as department`}},
		"an unknown operator": {
			patch:   clause("attribute: city, operator: STARTS_WITH, value: B"),
			refused: []string{`spec.filters[0].clauses[0].operator: Unsupported value: "STARTS_WITH": supported values: "EQUALS", "NOT EQUALS", "Includes", "ENDS_WITH", "REGEX MATCH", "NOT REGEX MATCH", "Greater_Than", "Greater_Than_OR_EQUALS", "IS NULL", "IS NOT NULL", "IS TRUE", "IS FALSE", "&", "!&"`},
		},
		"an operator without value":    {patch: clause("attribute: city, operator: EQUALS"), refused: needsValue},
		"an empty value is a value":    {patch: clause("attribute: city, operator: EQUALS, value: ''")},
		"a value of 4096 characters":   {patch: clause("attribute: city, operator: EQUALS, value: " + strings.Repeat("x", 4096))},
		"a value of 4097 characters":   {patch: clause("attribute: city, operator: EQUALS, value: " + strings.Repeat("x", 4097)), refused: []string{`spec.filters[0].clauses[0].value: Too long: may not be more than 4096 bytes`}},
		"IS NULL with a value":         {patch: clause("attribute: city, operator: IS NULL, value: x"), refused: noValue},
		"IS NOT NULL with a value":     {patch: clause("attribute: city, operator: IS NOT NULL, value: x"), refused: noValue},
		"IS TRUE with a value":         {patch: clause("attribute: accountEnabled, operator: IS TRUE, value: x"), refused: noValue},
		"IS FALSE with a value":        {patch: clause("attribute: accountEnabled, operator: IS FALSE, value: x"), refused: noValue},
		"greater than a whole number":  {patch: clause("attribute: employeeId, operator: Greater_Than, value: '10'")},
		"greater than a word":          {patch: clause("attribute: employeeId, operator: Greater_Than, value: ten"), refused: needsNumber},
		"at least a number with point": {patch: clause("attribute: employeeId, operator: Greater_Than_OR_EQUALS, value: '1.5'"), refused: needsNumber},
		"a number that is no text":     {patch: clause("attribute: employeeId, operator: Greater_Than, value: 10"), refused: []string{`spec.filters[0].clauses[0].value: Invalid value: "integer": spec.filters[0].clauses[0].value in body must be of type string: "integer"`}},
	}
	for _, op := range []string{"EQUALS", "NOT EQUALS", "Includes", "ENDS_WITH", "REGEX MATCH", "NOT REGEX MATCH", "Greater_Than", "Greater_Than_OR_EQUALS", "&", "!&"} {
		rows["operator "+op+" takes a value"] = row{patch: clause("attribute: city, operator: '" + op + "', value: '1'")}
	}
	for _, op := range []string{"IS NULL", "IS NOT NULL", "IS TRUE", "IS FALSE"} {
		rows["operator "+op+" takes none"] = row{patch: clause("attribute: city, operator: '" + op + "'")}
	}
	checkRows(t, validFilter, rows)
}
