package main

import (
	"fmt"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"

	"github.com/entrain-dev/entrain/internal/expr"
)

// pair is one task in both languages.
type pair struct {
	name, ours, cel, want string
}

var pairs = []pair{
	{
		"concatenate",
		`Join("", [givenName], ".", [surname], "@contoso.com")`,
		`givenName + "." + surname + "@contoso.com"`,
		"John.Doe-Smith@contoso.com",
	},
	{
		"conditional",
		`IIF([country] = "USA", [state], "Other")`,
		`country == "USA" ? state : "Other"`,
		"CA",
	},
	{
		"choice of four",
		`Switch([state], "Other", "NY", "1", "TX", "2", "WA", "3", "CA", "4")`,
		`state == "NY" ? "1" : state == "TX" ? "2" : state == "WA" ? "3" : state == "CA" ? "4" : "Other"`,
		"4",
	},
	{
		"nested five deep",
		`ToLower(Append(Replace(Mid(Join(" ", [givenName], [surname]), 1, 10), "-", , , "_", , ), "@contoso.com"))`,
		`(([givenName, surname].join(" ").substring(0, 10)).replace("-", "_") + "@contoso.com").lowerAscii()`,
		"john doe_s@contoso.com",
	},
	{
		"regular expression",
		`Replace([telephoneNumber], , "\\+(?<isdCode>\\d* )(?<phoneNumber>\\d{10})", , "${phoneNumber}", , )`,
		`regex.replace(telephoneNumber, r'\+(\d* )(\d{10})', r'\2')`,
		"9998887777",
	},
	{
		"regular expression, many matches",
		`Replace([mobile], , "[()\\s-]+", , "", , )`,
		`regex.replace(mobile, r'[()\s-]+', '')`,
		"+19998887777",
	},
}

// person is the object that both sides read.
var person = map[string]string{
	"givenName": "John", "surname": "Doe-Smith", "country": "USA", "state": "CA", "telephoneNumber": "+91 9998887777",
	"mobile": "+1 (999) 888-7777",
}

// values is the person as our source object.
type values map[string][]string

func (v values) Attribute(name string) []string { return v[name] }

// evaluate computes an expression once.
type evaluate func() (string, error)

// prepareOurs compiles the expression of a pair in our language.
func prepareOurs(p pair) (evaluate, error) {
	program, err := expr.Compile(p.ours, expr.Options{})
	if err != nil {
		return nil, err
	}
	object := values{}
	for name, value := range person {
		object[name] = []string{value}
	}
	var input expr.Input = object
	env := expr.Env{Now: time.Now}
	return func() (string, error) {
		v, err := program.Eval(input, env)
		return v.String(), err
	}, nil
}

// prepareCEL compiles the expression of a pair in CEL, with constants folded and regular expressions compiled beforehand
// where cel-go can do that.
func prepareCEL(p pair) (evaluate, error) {
	options := []cel.EnvOption{cel.OptionalTypes(), ext.Strings(), ext.Regex()}
	object := map[string]any{}
	for name, value := range person {
		options = append(options, cel.Variable(name, cel.StringType))
		object[name] = value
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, err
	}
	tree, issues := env.Compile(p.cel)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := env.Program(tree, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		out, _, err := program.Eval(object)
		if err != nil {
			return "", err
		}
		text, ok := out.(types.String)
		if !ok {
			return "", fmt.Errorf("%s gives %v", p.name, out.Type())
		}
		return string(text), nil
	}, nil
}
