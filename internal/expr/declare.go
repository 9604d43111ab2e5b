package expr

import (
	"fmt"
	"slices"
	"strings"
)

// Type is what a parameter takes or a function returns, as far as it is known before evaluation.
type Type uint8

const (
	// TypeAny is a value of any kind, one or several.
	TypeAny Type = iota
	// TypeText is one text; numbers, Booleans and dates are written as text where it is asked for.
	TypeText
	// TypeNumber is one whole number, or text that is one.
	TypeNumber
	// TypeBoolean is True or False.
	TypeBoolean
	// TypeDateTime is a point in time; text becomes one through CDate only.
	TypeDateTime
	// TypeList is any number of texts.
	TypeList
	// TypeRoles is, of a parameter, the attribute appRoleAssignments; of a result, roles.
	TypeRoles
	// TypeCondition is a comparison, or anything that is true or false.
	TypeCondition
	// typeAttribute is the static type of an attribute: text, a list or null, but never a point in time.
	typeAttribute
	// typeBad is the static type of what was already reported.
	typeBad
)

// String names the type as the documentation does.
func (t Type) String() string {
	names := [...]string{
		TypeAny: "any", TypeText: "text", TypeNumber: "number", TypeBoolean: "Boolean", TypeDateTime: "date", TypeList: "list",
		TypeRoles: "roles", TypeCondition: "condition", typeAttribute: "attribute", typeBad: "?",
	}
	return names[t]
}

// Function declares one function. The checker, the documentation and the tests read the same declaration.
type Function struct {
	Name string
	// Group is the chapter of the documentation.
	Group Group
	// Params are the parameters in order. The last Repeat of them may be given several times, together.
	Params []Param
	Repeat int
	Result Type
	// Doc says in full sentences what the function returns.
	Doc string
	// Notes are decisions where the reference is silent or contradicts itself, and known traps.
	Notes []string
	// Examples are shown in the documentation and run as tests.
	Examples []Example
	// Refused, if not "", says why the function exists in Entra but cannot be used here.
	Refused string

	// volatile functions return something else each time; contextual ones depend on Env. Neither is computed beforehand.
	volatile, contextual bool
	// eval computes the result from evaluated arguments; an omitted argument is null. lazy, used instead, evaluates the
	// arguments it needs.
	eval func(m *machine, n *callNode, args []Value) (Value, error)
	lazy func(m *machine, n *callNode) (Value, error)
	// prepare checks constant arguments and returns what evaluation can use of them.
	prepare func(p *preparation) any
}

// Param declares one parameter.
type Param struct {
	Name string
	Type Type
	// Optional parameters may be left empty.
	Optional bool
	Doc      string
	// Choices, if any, are the texts a constant argument may be. With Bare they are written without quotes.
	Choices []string
	Bare    bool

	// takesNull lets null reach the function; for other parameters a null argument makes the result null at once.
	takesNull bool
	// countsOnly says the function looks at whether and how many values there are, so that role assignments may be given.
	countsOnly bool
}

// Example is one use of a function with its result.
type Example struct {
	// Given are the attributes, written name=value (a name without = is null).
	Given string
	// Expression is what is evaluated.
	Expression string
	// Result is the expected value in the notation of the test scripts.
	Result string
}

// Group is a chapter of the documentation.
type Group string

// The chapters, in the order of the documentation.
const (
	GroupText   Group = "Text"
	GroupLogic  Group = "Conditions and choice"
	GroupList   Group = "Several values"
	GroupDate   Group = "Dates"
	GroupNumber Group = "Numbers and conversion"
	GroupRandom Group = "Random values"
	GroupRole   Group = "Application roles"
	GroupFlow   Group = "Flow and logging"
)

// Groups returns the chapters in order.
func Groups() []Group {
	return []Group{GroupText, GroupLogic, GroupList, GroupDate, GroupNumber, GroupRandom, GroupRole, GroupFlow}
}

// table holds all functions by name; names are case-sensitive.
var table = map[string]*Function{}

// names are the names of the functions that can be used, sorted.
var names []string

func init() {
	for _, part := range [][]Function{
		textFunctions, caseFunctions, replaceFunctions, logicFunctions, listFunctions, dateFunctions, formatFunctions, numberFunctions,
		encodeFunctions, randomFunctions, roleFunctions, flowFunctions,
	} {
		for i := range part {
			table[part[i].Name] = &part[i]
			if part[i].Refused == "" {
				names = append(names, part[i].Name)
			}
		}
	}
	slices.Sort(names)
}

// Functions returns all declarations, sorted by name. The caller must not change what they point to.
func Functions() []Function {
	out := make([]Function, 0, len(table))
	for _, f := range table {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Function) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Signature returns the function as the documentation writes it: optional parameters in square brackets, repetition as "...".
func (f *Function) Signature() string {
	var b strings.Builder
	b.WriteString(f.Name + "(")
	for i, p := range f.Params {
		if i > 0 {
			b.WriteString(", ")
		}
		if p.Optional {
			fmt.Fprintf(&b, "[%s]", p.Name)
		} else {
			b.WriteString(p.Name)
		}
	}
	if f.Repeat > 0 {
		b.WriteString(", ...")
	}
	return b.String() + ")"
}

// param returns the parameter of the i-th argument, nil when there is none.
func (f *Function) param(i int) *Param {
	if i >= len(f.Params) && f.Repeat > 0 {
		first := len(f.Params) - f.Repeat
		i = first + (i-first)%f.Repeat
	}
	if i >= len(f.Params) {
		return nil
	}
	return &f.Params[i]
}

// arity says whether the function can have n arguments, and if not, what it takes.
func (f *Function) arity(n int) (ok bool, takes string) {
	least, most := 0, len(f.Params)
	for i, p := range f.Params {
		if !p.Optional {
			least = i + 1
		}
	}
	list := ""
	if most > 0 {
		list = " (" + strings.TrimSuffix(strings.SplitN(f.Signature(), "(", 2)[1], ")") + ")"
	}
	switch {
	case f.Repeat > 1:
		return n >= most && (n-most)%f.Repeat == 0, fmt.Sprintf("at least %d arguments, and after the first %d always %d together%s", most, most-f.Repeat, f.Repeat, list)
	case f.Repeat == 1:
		return n >= least, fmt.Sprintf("at least %s%s", plural(least, "argument"), list)
	case least == most:
		return n == most, plural(most, "argument") + list
	}
	return n >= least && n <= most, fmt.Sprintf("%d to %d arguments%s", least, most, list)
}

func plural(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun + "s"
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
