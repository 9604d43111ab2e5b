package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/plan"
)

// evalMapping checks a mapping, runs its examples, and shows what it gives for each of them and for the input.
func (o evalOptions) evalMapping(attributes directory.Attributes, out io.Writer) error {
	text, err := os.ReadFile(o.mapping)
	if err != nil {
		return err
	}
	m := &api.AttributeMapping{}
	if err := yaml.UnmarshalStrict(text, m); err != nil {
		return fmt.Errorf("%s is no AttributeMapping: %w", o.mapping, err)
	}
	m.SetDefaults()
	problems, examples := plan.CheckMapping(m, api.SCIMProfile(o.profile))
	for _, p := range slices.Concat(problems, examples) {
		label := "error"
		if p.Warning {
			label = "warning"
		}
		if _, err := fmt.Fprintf(out, "%s: %s\n", label, p); err != nil {
			return err
		}
	}
	if problems.Err() != nil {
		return errors.New("the mapping cannot be used")
	}
	for i := range m.Spec.Examples {
		e := &m.Spec.Examples[i]
		if err := o.try(m, "Example "+e.Name, plan.ExampleAttributes(e), out); err != nil {
			return err
		}
	}
	if o.input != "" {
		if err := o.try(m, "Input "+o.input, attributes, out); err != nil {
			return err
		}
	}
	switch n := len(m.Spec.Examples); {
	case examples.Err() != nil:
		return errors.New("an example gives something else than it expects")
	case n > 0:
		_, err = fmt.Fprintf(out, "Every one of the %d examples gives what it expects.\n", n)
	default:
		_, err = fmt.Fprintln(out, "The mapping can be used. It has no examples; add some, so that it proves itself at every change.")
	}
	return err
}

// try prints what a mapping gives for the attributes of one object, or why it gives nothing.
func (o evalOptions) try(m *api.AttributeMapping, title string, attributes directory.Attributes, out io.Writer) error {
	result, err := plan.TryMapping(m, api.SCIMProfile(o.profile), attributes)
	if err != nil {
		return fmt.Errorf("%s: %w", title, diagnostics(err))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintf(w, "%s\nTARGET\tVALUE\n", title); err != nil {
		return err
	}
	for _, row := range result.Values {
		if _, err := fmt.Fprintf(w, "%s\t%s\n", row.Path, row.Value); err != nil {
			return err
		}
	}
	for _, left := range result.LeftOut {
		if _, err := fmt.Fprintf(w, "%s\t(left out: %s)\n", left.Path, left.Message); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out)
	return err
}
