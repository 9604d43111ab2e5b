package statetest

import (
	"strings"

	"github.com/entrain-dev/entrain/internal/directory"
	"github.com/entrain-dev/entrain/internal/state"
)

func entry(id, version string, keys ...string) state.IndexEntry {
	return state.IndexEntry{Keys: keys, Resource: directory.Resource{
		ID: directory.TargetID(id), Version: version, Document: directory.Document{"userName": id, "active": true, "n": 1.5, "list": []any{"x"}},
	}}
}

func (f *fixture) wantFound(kind directory.Kind, key string, want ...string) {
	f.Helper()
	found, err := f.FindIndex(f.ctx, f.config, kind, key)
	f.must(err)
	got := []string{}
	for _, r := range found {
		got = append(got, string(r.ID)+" "+r.Version)
	}
	f.equal("found under "+key, got, append([]string{}, want...))
}

func indexCases() map[string]func(f *fixture) {
	long := strings.Repeat("long\x00", 2000)
	return map[string]func(f *fixture){
		"a resource is found under each of its keys, also after a restart": func(f *fixture) {
			e := entry("T1", "v1", "userName\x00ann", "mail\x00ann@x", long)
			f.must(f.AddIndex(f.ctx, f.config, directory.User, []state.IndexEntry{e}))
			f.reopen()
			for _, key := range e.Keys {
				found, err := f.FindIndex(f.ctx, f.config, directory.User, key)
				f.must(err)
				f.equal("resources", found, []directory.Resource{e.Resource})
			}
			f.wantFound(directory.User, "userName\x00bob")
			f.wantFound(directory.User, long+"er")
		},
		"several resources under one key are all found": func(f *fixture) {
			f.must(f.AddIndex(f.ctx, f.config, directory.User, []state.IndexEntry{entry("T2", "", "k"), entry("T1", "", "k", "k"), entry("T3", "", "l")}))
			f.wantFound(directory.User, "k", "T2 ", "T1 ")
		},
		"a resource that is listed again counts as it was seen last": func(f *fixture) {
			f.must(f.AddIndex(f.ctx, f.config, directory.User, []state.IndexEntry{entry("T1", "v1", "k"), entry("T1", "v2", "k2")}))
			f.wantFound(directory.User, "k")
			f.wantFound(directory.User, "k2", "T1 v2")
			f.must(f.AddIndex(f.ctx, f.config, directory.User, []state.IndexEntry{entry("T1", "v3", "k3")}))
			f.wantFound(directory.User, "k2")
			f.wantFound(directory.User, "k3", "T1 v3")
		},
		"kinds and configs have indexes of their own": func(f *fixture) {
			f.must(f.AddIndex(f.ctx, f.config, directory.User, []state.IndexEntry{entry("T1", "u", "k")}))
			f.must(f.AddIndex(f.ctx, f.config, directory.Group, []state.IndexEntry{entry("T1", "g", "k")}))
			f.wantFound(directory.User, "k", "T1 u")
			f.in("config-2").wantFound(directory.User, "k")
			f.must(f.ResetIndex(f.ctx, f.config, directory.User))
			f.wantFound(directory.User, "k")
			f.wantFound(directory.Group, "k", "T1 g")
		},
		"a resource without keys or document is no error": func(f *fixture) {
			f.must(f.AddIndex(f.ctx, f.config, directory.User, nil))
			f.must(f.AddIndex(f.ctx, f.config, directory.User, []state.IndexEntry{{Resource: directory.Resource{ID: "T1"}}}))
			f.wantFound(directory.User, "")
		},
	}
}
