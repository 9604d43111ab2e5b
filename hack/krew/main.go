package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	r := release{build: goBuild}
	flag.StringVar(&r.version, "version", "", "Version of the release, such as v0.1.0.")
	flag.StringVar(&r.dist, "dist", "dist", "Folder for archives and manifest.")
	flag.StringVar(&r.uri, "uri", "https://github.com/entrain-dev/entrain/releases/download", "Where releases are downloaded from, without the version.")
	flag.StringVar(&r.license, "license", "LICENSE", "File with the licence, which is put into each archive.")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := r.make(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1) //nolint:gocritic // the signal handler ends with the process
	}
}

// platform is a system that the plugin is built for.
type platform struct{ os, arch string }

var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

// binary is the name of the program on a platform.
func (p platform) binary() string {
	if p.os == "windows" {
		return "kubectl-entrain.exe"
	}
	return "kubectl-entrain"
}

// archive is the name of the file that is downloaded.
func (p platform) archive() string {
	extension := "tar.gz"
	if p.os == "windows" {
		extension = "zip"
	}
	return fmt.Sprintf("kubectl-entrain_%s_%s.%s", p.os, p.arch, extension)
}

// release is everything of one version.
type release struct {
	version, dist, uri, license string
	// build puts the program for a platform at a path.
	build func(ctx context.Context, p platform, version, path string) error
}

// versions are those that krew takes: v and a semantic version.
var versions = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

// make builds the archives and writes the manifest; the manifest is there only when everything else is.
func (r release) make(ctx context.Context) error {
	if !versions.MatchString(r.version) {
		return fmt.Errorf("%q is no version of a release; use make krew VERSION=v0.1.0", r.version)
	}
	manifest := filepath.Join(r.dist, "entrain.yaml")
	if err := errors.Join(os.MkdirAll(r.dist, 0o755), os.RemoveAll(manifest)); err != nil {
		return err
	}
	license, err := os.ReadFile(r.license)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "krew-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	sums := map[platform]string{}
	for _, p := range platforms {
		program := filepath.Join(work, p.os+"-"+p.arch)
		if err := r.build(ctx, p, r.version, program); err != nil {
			return fmt.Errorf("building for %s/%s: %w", p.os, p.arch, err)
		}
		content, err := os.ReadFile(program)
		if err != nil {
			return err
		}
		sum, err := pack(filepath.Join(r.dist, p.archive()), []entry{{p.binary(), content, 0o755}, {"LICENSE", license, 0o644}})
		if err != nil {
			return err
		}
		sums[p] = sum
		fmt.Printf("%s  %s\n", sum, p.archive())
	}
	text, err := render(r.version, strings.TrimSuffix(r.uri, "/"), sums)
	if err != nil {
		return err
	}
	return os.WriteFile(manifest, text, 0o644) //nolint:gosec // it is published
}

// goBuild builds the plugin without paths of this machine.
func goBuild(ctx context.Context, p platform, version, path string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid= -X main.version="+version, "-o", path, "./cmd/kubectl-entrain")
	cmd.Env = append(os.Environ(), "GOOS="+p.os, "GOARCH="+p.arch, "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
