package genesyssim

import "testing"

func FuzzFilter(f *testing.F) {
	for _, s := range []string{`userName eq "a@b.c"`, "division eq Sales Team and active eq true", `externalIds[authority eq "A" and value eq "K"]`,
		`id eq "\u0041" AND manager eq "`, "x eq İ and y eq ‘z’", `a[b eq "`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		terms, p := parseFilter(text)
		if p == nil && len(terms) == 0 {
			t.Errorf("%q has no terms and no problem", text)
		}
		if p != nil && (p.status != 400 || p.scimType != invalidFilter) {
			t.Errorf("%q: %d %s", text, p.status, p.scimType)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"userName", `emails[type eq "work"].value`, urnEnterprise, urnEnterprise + ":manager.value", urnGenesys + `:externalIds[authority eq "A:B"].value`,
		"urn:[", "urn:x", `members[value eq "a"]`, "[", "a..b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, p := parsePath(text, urnUser)
		if p == nil && got.attr == "" && got.urn == urnUser && len(text) > 0 && len(text) < len(urnUser) {
			t.Errorf("%q has no attribute and no problem", text)
		}
	})
}
