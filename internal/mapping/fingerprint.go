package mapping

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// fingerprintVersion is raised when this package begins to give other results for the same mapping.
const fingerprintVersion = 1

// fingerprintRow is what decides what a row does.
type fingerprintRow struct {
	Path, Source, Expression string
	Constant, Default        any
	Type                     string
	Matching                 int
	OnCreateOnly, CaseExact  bool
	Required, List, Normal   bool
	MatchOnly                bool
}

// fingerprint hashes what a mapping does.
func fingerprint(m *Mapping, spec Spec) string {
	rows := make([]fingerprintRow, 0, len(m.rows))
	for _, r := range m.rows {
		f := fingerprintRow{
			Path: r.name, Source: r.source, Constant: r.constant, Default: r.fallback, Type: string(r.attr.Type),
			Matching: r.matching, OnCreateOnly: r.createOnly, CaseExact: r.exact,
			Required: r.attr.Required, List: r.attr.MultiValued, Normal: r.attr.Normalize != nil, MatchOnly: r.matchOnly,
		}
		if r.program != nil {
			f.Expression = strings.TrimSpace(r.program.Source())
		}
		rows = append(rows, f)
	}
	slices.SortFunc(rows, func(a, b fingerprintRow) int { return cmp.Compare(a.Path, b.Path) })
	sum := sha256.Sum256([]byte(encode([]any{
		fingerprintVersion, m.schema, spec.Kind, spec.Create, spec.Update, spec.Delete, m.clearNull, rows,
	})))
	return hex.EncodeToString(sum[:])
}
