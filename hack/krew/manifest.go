package main

import "sigs.k8s.io/yaml"

// manifest is what krew reads, krew.googlecontainertools.github.com/v1alpha2.
type manifest struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   map[string]string `json:"metadata"`
	Spec       manifestSpec      `json:"spec"`
}

type manifestSpec struct {
	Version          string             `json:"version"`
	Homepage         string             `json:"homepage"`
	ShortDescription string             `json:"shortDescription"`
	Description      string             `json:"description"`
	Caveats          string             `json:"caveats"`
	Platforms        []manifestPlatform `json:"platforms"`
}

type manifestPlatform struct {
	Selector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	} `json:"selector"`
	URI    string `json:"uri"`
	SHA256 string `json:"sha256"`
	Bin    string `json:"bin"`
}

const (
	description = `Entrain provisions people and groups of a Microsoft Entra tenant into SCIM
applications. This plugin shows its status and its log, explains why a
person is provisioned or not, shows what the next cycle would do before
it does it, and provisions one person at once.
`
	caveats = `logs, explain, plan and state ask the operator through the aggregated API
v1alpha1.query.entrain.dev and need rights in the group query.entrain.dev;
provision needs the right to create ProvisionOnDemands.
`
)

// render makes the manifest of a version whose archives have these sums.
func render(version, uri string, sums map[platform]string) ([]byte, error) {
	m := manifest{
		APIVersion: "krew.googlecontainertools.github.com/v1alpha2", Kind: "Plugin", Metadata: map[string]string{"name": "entrain"},
		Spec: manifestSpec{
			Version: version, Homepage: "https://github.com/entrain-dev/entrain",
			ShortDescription: "See what Entrain provisions, why, and what comes next", Description: description, Caveats: caveats,
		},
	}
	for _, p := range platforms {
		entry := manifestPlatform{URI: uri + "/" + version + "/" + p.archive(), SHA256: sums[p], Bin: p.binary()}
		entry.Selector.MatchLabels = map[string]string{"os": p.os, "arch": p.arch}
		m.Spec.Platforms = append(m.Spec.Platforms, entry)
	}
	return yaml.Marshal(m)
}
