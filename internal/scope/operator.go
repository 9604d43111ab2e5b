package scope

// Operator is the comparison of a clause, spelled as in the portal.
type Operator string

// The operators of reference 3.3; there are no others. All but IsNull are false for an attribute that is null or empty.
const (
	// Equals is true when the value is exactly the clause's value; case matters.
	Equals Operator = "EQUALS"
	// NotEquals is true when there is a value and it is another one.
	NotEquals Operator = "NOT EQUALS"
	// Includes is true when the value contains the clause's value; case matters.
	Includes Operator = "Includes"
	// EndsWith is true when the value ends with the clause's value; case matters.
	EndsWith Operator = "ENDS_WITH"
	// RegexMatch is true when the whole value matches the .NET regular expression.
	RegexMatch Operator = "REGEX MATCH"
	// NotRegexMatch is true when there is a value and it does not match as a whole.
	NotRegexMatch Operator = "NOT REGEX MATCH"
	// GreaterThan is true when both are whole numbers from 0 and the value is greater.
	GreaterThan Operator = "Greater_Than"
	// GreaterThanOrEquals is true when both are whole numbers from 0 and the value is not smaller.
	GreaterThanOrEquals Operator = "Greater_Than_OR_EQUALS"
	// IsNull is true when there is no value or an empty one.
	IsNull Operator = "IS NULL"
	// IsNotNull is true when there is a value.
	IsNotNull Operator = "IS NOT NULL"
	// IsTrue is true when the Boolean attribute is True.
	IsTrue Operator = "IS TRUE"
	// IsFalse is true when the Boolean attribute is False.
	IsFalse Operator = "IS FALSE"
	// In is true when the attribute's value occurs in the clause's value; case matters.
	In Operator = "&"
	// NotIn is true when there is a value and it does not occur in the clause's value.
	NotIn Operator = "!&"
)

// arity says whether an operator takes a value and what an empty one would mean.
type arity uint8

const (
	unary     arity = iota
	binary          // needs a value
	emptyable       // an empty value is legal: every string contains the empty string
)

// operators lists the operators in the order of the documentation.
var operators = []struct {
	name  Operator
	arity arity
}{
	{Equals, binary}, {NotEquals, binary}, {Includes, emptyable}, {EndsWith, emptyable},
	{RegexMatch, binary}, {NotRegexMatch, binary}, {GreaterThan, binary}, {GreaterThanOrEquals, binary},
	{IsNull, unary}, {IsNotNull, unary}, {IsTrue, unary}, {IsFalse, unary}, {In, binary}, {NotIn, binary},
}

// missingOperators are names that people try because other systems have them, with what to write instead. Without the list
// the nearest spelling of STARTS_WITH would be ENDS_WITH.
var missingOperators = map[string]string{
	"STARTSWITH":          `REGEX MATCH with a value such as "abc.*"`,
	"BEGINSWITH":          `REGEX MATCH with a value such as "abc.*"`,
	"CONTAINS":            `Includes`,
	"NOTINCLUDES":         `NOT REGEX MATCH with a value such as ".*abc.*"`,
	"NOTCONTAINS":         `NOT REGEX MATCH with a value such as ".*abc.*"`,
	"NOTENDSWITH":         `NOT REGEX MATCH with a value such as ".*abc"`,
	"LESSTHAN":            `REGEX MATCH with a pattern of the digits, such as "[1-9][0-9]?" for 1 to 99`,
	"LESSTHANOREQUALS":    `REGEX MATCH with a pattern of the digits, such as "[1-9][0-9]?" for 1 to 99`,
	"GREATERTHANOREQUAL":  `Greater_Than_OR_EQUALS`,
	"GREATERTHANOREQUALS": `Greater_Than_OR_EQUALS`,
	"IN":                  `& with a value that lists the allowed values, such as "Sales,Support"`,
	"NOTIN":               `!& with a value that lists the values, such as "Sales,Support"`,
	"ISMEMBEROF":          `no filter: assign the group to the application instead`,
	"ISPRESENT":           `IS NOT NULL`,
	"PR":                  `IS NOT NULL`,
	"EQ":                  `EQUALS`,
	"NE":                  `NOT EQUALS`,
	"=":                   `EQUALS`,
	"==":                  `EQUALS`,
	"!=":                  `NOT EQUALS`,
	"<>":                  `NOT EQUALS`,
	">":                   `Greater_Than`,
	">=":                  `Greater_Than_OR_EQUALS`,
}
