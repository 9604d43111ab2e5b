package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/expr"
	"github.com/entrain-dev/entrain/internal/fault"
)

// evalOptions are the flags of eval.
type evalOptions struct {
	expression, input, mapping string
	profile                    string
	group                      bool
}

func evalCommand() *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval (-e EXPRESSION [--input FILE] | --mapping FILE [--input FILE])",
		Short: "Try an expression, or a mapping with its examples; needs no cluster",
		Example: `  # What does this expression give for this person?
  kubectl entrain eval -e 'Join(" ", [givenName], [surname])' --input user.json

  # Does the mapping do what its examples say, and what would it send for this person?
  kubectl entrain eval --mapping mapping.yaml --profile GenesysCloud --input user.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.InOrStdin(), cmd.OutOrStdout()) },
	}
	cmd.Flags().StringVarP(&o.expression, "expression", "e", "", "The expression to evaluate")
	cmd.Flags().StringVar(&o.input, "input", "", "JSON or YAML file with the attributes of a person, by source name; - for standard input")
	cmd.Flags().StringVarP(&o.mapping, "mapping", "m", "", "YAML file with an AttributeMapping")
	cmd.Flags().StringVar(&o.profile, "profile", string(api.SCIMProfileGenesysCloud), "Application that a mapping is checked against: GenesysCloud, Generic or EntraCompatible")
	cmd.Flags().BoolVar(&o.group, "group", false, "The expression is for a group")
	cmd.MarkFlagsOneRequired("expression", "mapping")
	cmd.MarkFlagsMutuallyExclusive("expression", "mapping")
	return cmd
}

func (o evalOptions) run(in io.Reader, out io.Writer) error {
	attributes, err := readAttributes(o.input, in)
	if err != nil {
		return err
	}
	if o.mapping != "" {
		return o.evalMapping(attributes, out)
	}
	kind := directory.User
	if o.group {
		kind = directory.Group
	}
	var names []string
	for _, a := range directory.SourceAttributes(kind) {
		names = append(names, a.Name)
	}
	program, err := expr.Compile(o.expression, expr.Options{
		KnownAttribute: func(name string) bool { _, ok := directory.LookupSource(kind, name); return ok }, AttributeNames: names,
	})
	if err != nil {
		return diagnostics(err)
	}
	value, err := program.Eval(attributes, expr.Env{})
	if err != nil {
		return diagnostics(err)
	}
	return printValue(out, value)
}

// printValue prints one value a line; null and a value that is not sent are said in words.
func printValue(out io.Writer, v expr.Value) error {
	var err error
	switch {
	case v.Skip():
		_, err = fmt.Fprintln(out, "(nothing is sent)")
	case v.IsNull():
		_, err = fmt.Fprintln(out, "(null)")
	default:
		for _, s := range v.Strings() {
			if _, err = fmt.Fprintln(out, s); err != nil {
				return err
			}
		}
	}
	return err
}

// diagnostics leaves out the technical frame of an error about what the user wrote.
func diagnostics(err error) error {
	var problems fault.Problems
	if errors.As(err, &problems) {
		return errors.New(problems.Error())
	}
	return errors.New(fault.MessageOf(err))
}

// readAttributes reads attributes by source name; a value is a string, a number, a Boolean, a list of these, or null.
func readAttributes(file string, in io.Reader) (directory.Attributes, error) {
	if file == "" {
		return directory.Attributes{}, nil
	}
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(io.LimitReader(in, 1<<20))
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, err
	}
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s is neither JSON nor YAML: %w", file, err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(asJSON)))
	decoder.UseNumber()
	var values map[string]any
	if err := decoder.Decode(&values); err != nil {
		return nil, fmt.Errorf("%s must be an object with attributes: %w", file, err)
	}
	out := directory.Attributes{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list, ok := values[name].([]any)
		if !ok {
			list = []any{values[name]}
		}
		for _, v := range list {
			switch v := v.(type) {
			case nil:
			case bool:
				out[name] = append(out[name], map[bool]string{true: "True", false: "False"}[v])
			case string, json.Number:
				out[name] = append(out[name], fmt.Sprint(v))
			default:
				return nil, fmt.Errorf("%s: the value of %s must be a string, a number, a Boolean or a list of these", file, name)
			}
		}
	}
	return out, nil
}
