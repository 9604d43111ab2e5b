package v1alpha1_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// TestSchemasAreBounded walks through the generated CRDs: every string, list and map has an upper bound and every field says
// what it means. Reading the files here also makes the cached result of the other tests depend on them: CEL rules are
// comments of the types, and a changed comment alone is the same test binary.
func TestSchemasAreBounded(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(crdFolder, "*.yaml"))
	if err != nil || len(files) != 4 {
		t.Fatalf("want the CRDs of four kinds, got %v (%v)", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		crd := mustParse[apiextensionsv1.CustomResourceDefinition](t, string(data))
		t.Run(crd.Spec.Names.Kind, func(t *testing.T) {
			root := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
			for _, part := range []string{"spec", "status"} {
				if got := unbounded(part, root.Properties[part]); len(got) > 0 {
					t.Errorf("want bounds and a description on every field, got:\n%s", strings.Join(got, "\n"))
				}
			}
		})
	}
}

// unbounded returns what a schema and those in it lack.
func unbounded(path string, s apiextensionsv1.JSONSchemaProps) []string {
	var out []string
	lack := func(missing bool, what string) {
		if missing {
			out = append(out, path+" has no "+what)
		}
	}
	switch s.Type {
	case "string":
		lack(s.MaxLength == nil && len(s.Enum) == 0 && s.Format == "", "maxLength")
	case "array":
		lack(s.MaxItems == nil, "maxItems")
		lack(s.XListType == nil, "list type")
		out = append(out, unbounded(path+"[]", *s.Items.Schema)...)
	case "object":
		lack(s.Properties == nil && s.MaxProperties == nil, "maxProperties")
		if s.AdditionalProperties != nil {
			out = append(out, unbounded(path+"{}", *s.AdditionalProperties.Schema)...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		field := path + "." + name
		if p.Description == "" {
			out = append(out, field+" has no description")
		}
		out = append(out, unbounded(field, p)...)
	}
	return out
}

func TestUnboundedFindsWhatIsMissing(t *testing.T) {
	schema := apiextensionsv1.JSONSchemaProps{Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{
		"text": {Type: "string"},
		"list": {Type: "array", Description: "d", Items: &apiextensionsv1.JSONSchemaPropsOrArray{Schema: &apiextensionsv1.JSONSchemaProps{Type: "string"}}},
		"map":  {Type: "object", Description: "d"},
	}}
	want := []string{
		"spec.list has no maxItems", "spec.list has no list type", "spec.list[] has no maxLength",
		"spec.map has no maxProperties",
		"spec.text has no description", "spec.text has no maxLength",
	}
	if diff := cmp.Diff(want, unbounded("spec", schema)); diff != "" {
		t.Errorf("what is missing (-want +got):\n%s", diff)
	}
}
