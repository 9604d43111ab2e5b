package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/entrain-dev/entrain/controllers/query/querytest"
)

// startCluster starts etcd and kube-apiserver and writes a kubeconfig.
func (d *demo) startCluster() (*envtest.Environment, error) {
	began := time.Now()
	say("Starting a Kubernetes control plane (etcd and kube-apiserver)")
	env := &envtest.Environment{BinaryAssetsDirectory: d.assets, ControlPlaneStopTimeout: grace}
	// kubectl entrain reaches the operator through the API server.
	if err := querytest.Aggregate(env, d.dir); err != nil {
		return nil, err
	}
	if _, err := env.Start(); err != nil {
		return nil, fmt.Errorf("starting the control plane: %w", err)
	}
	user, err := env.AddUser(envtest.User{Name: "admin", Groups: []string{"system:masters"}}, nil)
	if err == nil {
		var config []byte
		if config, err = user.KubeConfig(); err == nil {
			d.kubeconfig = filepath.Join(d.dir, "kubeconfig")
			err = os.WriteFile(d.kubeconfig, config, 0o600)
		}
	}
	if err != nil {
		_ = env.Stop()
		return nil, fmt.Errorf("writing a kubeconfig: %w", err)
	}
	done("ready after %.0f s", time.Since(began).Seconds())
	return env, nil
}

// kubectl runs kubectl and returns what it prints.
func (d *demo) kubectl(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(d.assets, "kubectl"), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+d.kubeconfig, "PATH="+d.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// startOperator installs the CRDs and starts the operator.
func (d *demo) startOperator(ctx context.Context, cluster *rest.Config) error {
	say("Installing the custom resources and starting the operator")
	if _, err := d.kubectl(ctx, "apply", "--server-side", "-k", "config/crd"); err != nil {
		return err
	}
	if _, err := d.kubectl(ctx, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"); err != nil {
		return err
	}
	at, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	_, err = d.start("entrain", []string{"KUBECONFIG=" + d.kubeconfig}, "--leader-elect=false", "--health-probe-bind-address=127.0.0.1:0",
		"--store="+filepath.Join(d.dir, "state.db"), "--query-bind-address="+net.JoinHostPort("localhost", strconv.Itoa(at.Port)))
	if err != nil {
		return err
	}
	if err := d.register(ctx, cluster, at); err != nil {
		return err
	}
	done("state and logs in %s", d.dir)
	return nil
}
