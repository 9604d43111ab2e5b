package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// testRelease builds programs that say for what they were built.
func testRelease(t *testing.T) release {
	t.Helper()
	return release{
		version: "v1.2.3", dist: filepath.Join(t.TempDir(), "dist"), uri: "https://example.com/download/", license: "../../LICENSE",
		build: func(_ context.Context, p platform, version, path string) error {
			return os.WriteFile(path, []byte(p.os+" "+p.arch+" "+version), 0o600)
		},
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// TestTheManifestNamesWhatWasBuilt: krew would download these archives, find them unchanged, and find the program in them.
func TestTheManifestNamesWhatWasBuilt(t *testing.T) {
	r := testRelease(t)
	if err := r.make(t.Context()); err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.UnmarshalStrict(read(t, filepath.Join(r.dist, "entrain.yaml")), &m); err != nil {
		t.Fatal(err)
	}
	if m.Spec.Version != "v1.2.3" || m.Metadata["name"] != "entrain" || len(m.Spec.ShortDescription) > 60 {
		t.Errorf("manifest = %+v", m)
	}
	var built []string
	for _, p := range m.Spec.Platforms {
		labels := p.Selector.MatchLabels
		built = append(built, labels["os"]+"/"+labels["arch"])
		name := path.Base(p.URI)
		if want := "https://example.com/download/v1.2.3/" + name; p.URI != want {
			t.Errorf("uri = %q, want %q", p.URI, want)
		}
		content := read(t, filepath.Join(r.dist, name))
		sum := sha256.Sum256(content)
		if got := hex.EncodeToString(sum[:]); got != p.SHA256 {
			t.Errorf("%s has the sum %s, the manifest says %s", name, got, p.SHA256)
		}
		files := unpack(t, name, content)
		if got, want := files[p.Bin], labels["os"]+" "+labels["arch"]+" v1.2.3"; got != want || !strings.Contains(files["LICENSE"], "Apache License") {
			t.Errorf("%s holds %q as %s, want %q and the licence", name, got, p.Bin, want)
		}
	}
	want := []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64"}
	if diff := cmp.Diff(want, built); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
}

// unpack returns the files of an archive by name; a program that could not be run is missing.
func unpack(t *testing.T, name string, content []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	keep := func(name string, mode os.FileMode, from io.Reader) {
		text, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		if name == "LICENSE" || mode.Perm()&0o111 != 0 {
			out[name] = string(text)
		}
	}
	if strings.HasSuffix(name, ".zip") {
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.File {
			opened, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			keep(f.Name, f.Mode(), opened)
			if err := opened.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	compressed, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewReader(compressed)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		keep(header.Name, header.FileInfo().Mode(), archive)
	}
}

func TestTheSameSourceGivesTheSameRelease(t *testing.T) {
	one, two := testRelease(t), testRelease(t)
	for _, r := range []release{one, two} {
		if err := r.make(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(read(t, filepath.Join(one.dist, "entrain.yaml"))), string(read(t, filepath.Join(two.dist, "entrain.yaml")))); diff != "" {
		t.Errorf("the second release differs:\n%s", diff)
	}
}

func TestNoManifestOfHalfARelease(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*release)
		want   string
	}{
		"a version that krew does not take": {func(r *release) { r.version = "3df89ca-dirty" }, `"3df89ca-dirty" is no version of a release`},
		"a version without its v":           {func(r *release) { r.version = "1.2.3" }, "is no version of a release"},
		"no licence":                        {func(r *release) { r.license = "absent" }, "absent"},
		"a platform that does not build": {func(r *release) {
			build := r.build
			r.build = func(ctx context.Context, p platform, version, path string) error {
				if p == (platform{"windows", "arm64"}) {
					return errors.New("it does not compile")
				}
				return build(ctx, p, version, path)
			}
		}, "building for windows/arm64: it does not compile"},
	} {
		t.Run(name, func(t *testing.T) {
			r := testRelease(t)
			tc.change(&r)
			if err := r.make(t.Context()); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v, want %q", err, tc.want)
			}
			if _, err := os.Stat(filepath.Join(r.dist, "entrain.yaml")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("there is a manifest: %v", err)
			}
		})
	}
}
