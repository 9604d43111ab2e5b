package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	namespace = "demo"
	config    = "genesys-cloud"
)

// tell applies the resources and tells what happens to people, one step after the other. Each step ends with a look at
// Genesys Cloud itself, not at what the operator says about it.
func (d *demo) tell(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		d.apply, d.plan, d.arrive, d.hire, d.rename, d.promote, d.explain, d.leave, d.reorganise, d.expire,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// apply applies hack/demo/resources: two Secrets, two AttributeMappings and a ProvisioningConfig.
func (d *demo) apply(ctx context.Context) error {
	say("kubectl apply: two Secrets, two AttributeMappings and a ProvisioningConfig, paused (hack/demo/resources)")
	text, err := d.kubectl(ctx, "kustomize", "hack/demo/resources")
	if err != nil {
		return err
	}
	if d.token, err = d.issueToken(ctx); err != nil {
		return err
	}
	// The files name the default ports of the simulators; here they got free ones.
	text = strings.NewReplacer("http://127.0.0.1:8400", d.sim.GraphURL, "http://127.0.0.1:8500", d.sim.GenesysURL, "TOKEN", d.token).Replace(text)
	file := filepath.Join(d.dir, "resources.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	out, err := d.kubectl(ctx, "apply", "-f", file)
	if err != nil {
		return err
	}
	for line := range strings.Lines(out) {
		tellMore("%s", strings.TrimSpace(line))
	}
	return nil
}

// plan shows what the initial cycle would do while nothing runs.
func (d *demo) plan(ctx context.Context) error {
	say("A plan before the first write")
	if err := d.waitFor(ctx, "ReferencesResolved", "True"); err != nil {
		return err
	}
	text, err := d.plugin(ctx, recording{name: "plan", lines: 14, last: 1}, "plan", config, "-n", namespace)
	if err != nil {
		return err
	}
	people, err := d.activePeople(ctx)
	if err != nil {
		return err
	}
	if people != 0 || !strings.Contains(text, "Plan for an initial cycle") {
		return fmt.Errorf("after the plan %d people are in the target", people)
	}
	done("Genesys Cloud is still empty")
	return nil
}

// arrive watches the initial cycle.
func (d *demo) arrive(ctx context.Context) error {
	say("provisioningMode: Automatic. The initial cycle: kubectl get provisioningconfigs -n %s", namespace)
	if err := d.patch(ctx, "provisioningconfig/"+config, `{"spec":{"provisioningMode":"Automatic"}}`); err != nil {
		return err
	}
	if err := d.follow(ctx, "the initial cycle to create people", func() (bool, error) {
		phase, err := d.field(ctx, "{.status.progress.phase}")
		return phase == "Users", err
	}); err != nil {
		return err
	}
	text, err := d.plugin(ctx, recording{name: "status"}, "status", config, "-n", namespace)
	if err != nil {
		return err
	}
	// On a slow machine the cycle may end while its pace is measured.
	if !strings.Contains(text, "Running     Initial cycle") && !strings.Contains(text, "Last cycle  Initial") {
		return fmt.Errorf("the status does not show the initial cycle:\n%s", text)
	}
	if err := d.follow(ctx, "the end of the initial cycle", func() (bool, error) {
		status, err := d.condition(ctx, "Synchronized")
		return status == "True" || status == "False", err
	}); err != nil {
		return err
	}
	var people []account
	if err := admin(ctx, http.MethodGet, d.sim.GenesysURL+"/admin/users", nil, &people); err != nil {
		return err
	}
	active, managed := 0, 0
	for _, p := range people {
		if p.State == "active" {
			active++
		}
		if p.ManagerID != "" {
			managed++
		}
	}
	if active < d.people/2 || managed < active/2 {
		return fmt.Errorf("the target has only %d active people, %d of them with a manager", active, managed)
	}
	done("%d people are active in Genesys Cloud, %d of them with their manager", active, managed)
	problems, err := d.field(ctx, `{range .status.recentErrors[*]}{.objectType} {.sourceID}: {.message}{"\n"}{end}`)
	if err != nil {
		return err
	}
	for line := range strings.Lines(problems) {
		tellMore("failed: %s", strings.TrimSpace(line))
	}
	return nil
}

// follow shows kubectl get whenever it has something new, until ok.
func (d *demo) follow(ctx context.Context, what string, ok func() (bool, error)) error {
	last := ""
	return until(ctx, 3*time.Minute, what, func() (bool, error) {
		if err := d.alive(); err != nil {
			return false, err
		}
		rows, err := d.kubectl(ctx, "get", "provisioningconfigs", "-n", namespace)
		if err != nil {
			return false, err
		}
		t := parseTable(rows)
		if shown := t.key(); shown != last {
			t.print(last == "")
			last = shown
		}
		return ok()
	})
}
