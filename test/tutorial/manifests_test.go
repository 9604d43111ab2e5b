package tutorial_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

const page = "../../docs/tutorial.md"

// tutorialText returns docs/tutorial.md.
func tutorialText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(page)
	must(t, err)
	return string(text)
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// snippets returns the YAML documents of the page that are no resources, such as the lines for a notification.
func snippets(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, block := range yamlBlock.FindAllStringSubmatch(tutorialText(t), -1) {
		if !strings.HasPrefix(block[1], "apiVersion:") {
			out = append(out, block[1])
		}
	}
	return out
}

// manifests returns the resources of the page as strictly decoded objects, by kind and name.
func manifests(t *testing.T) map[string]client.Object {
	t.Helper()
	out := map[string]client.Object{}
	for _, block := range yamlBlock.FindAllStringSubmatch(tutorialText(t), -1) {
		if !strings.HasPrefix(block[1], "apiVersion:") {
			continue
		}
		for document := range strings.SplitSeq(block[1], "---\n") {
			var head struct{ Kind string }
			must(t, yaml.Unmarshal([]byte(document), &head))
			object := map[string]client.Object{
				"Secret": &corev1.Secret{}, "ProvisioningConfig": &api.ProvisioningConfig{}, "AttributeMapping": &api.AttributeMapping{},
				"ScopingFilter": &api.ScopingFilter{}, "ProvisionOnDemand": &api.ProvisionOnDemand{},
			}[head.Kind]
			if object == nil {
				continue
			}
			if err := yaml.UnmarshalStrict([]byte(document), object); err != nil {
				t.Fatalf("%s: %v in\n%s", page, err, document)
			}
			out[head.Kind+" "+object.GetName()] = object
		}
	}
	return out
}

func mappingOf(t *testing.T, name string) *api.AttributeMapping {
	t.Helper()
	m, ok := manifests(t)["AttributeMapping "+name].(*api.AttributeMapping)
	if !ok {
		t.Fatalf("%s has no AttributeMapping %s", page, name)
	}
	m.SetDefaults()
	return m
}
