package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// patience is how long the story waits for something that should take seconds.
const patience = 90 * time.Second

// show prints what kubectl get shows.
func (d *demo) show(ctx context.Context) error {
	rows, err := d.kubectl(ctx, "get", "provisioningconfigs", "-n", namespace)
	if err != nil {
		return err
	}
	parseTable(rows).print(true)
	return nil
}

// request asks for a cycle.
func (d *demo) request(ctx context.Context) error {
	return d.annotate(ctx, "sync", fmt.Sprint(time.Now().UnixNano()))
}

// waitFor waits until a condition has a status.
func (d *demo) waitFor(ctx context.Context, typ, status string) error {
	return until(ctx, patience, typ+" to be "+status, func() (bool, error) {
		if err := d.alive(); err != nil {
			return false, err
		}
		got, err := d.condition(ctx, typ)
		return got == status, err
	})
}

// sync asks for a cycle and waits until the target has what is expected of a person.
func (d *demo) sync(ctx context.Context, userName string, ok func(*account) (string, bool)) error {
	if err := d.request(ctx); err != nil {
		return err
	}
	seen := ""
	err := until(ctx, patience, "Genesys Cloud to follow", func() (bool, error) {
		if err := d.alive(); err != nil {
			return false, err
		}
		a, err := d.account(ctx, userName)
		if err != nil {
			return false, err
		}
		text, good := ok(a)
		seen = text
		return good, nil
	})
	if err != nil {
		return fmt.Errorf("%w (last seen: %s)", err, seen)
	}
	done("%s", seen)
	return nil
}

func (d *demo) annotate(ctx context.Context, request, value string) error {
	_, err := d.kubectl(ctx, "annotate", "provisioningconfig", config, "-n", namespace, "--overwrite", "provisioning.entrain.dev/"+request+"="+value)
	return err
}

func (d *demo) patch(ctx context.Context, what, patch string) error {
	_, err := d.kubectl(ctx, "patch", what, "-n", namespace, "--type=merge", "-p", patch)
	return err
}

// condition returns the status of a condition, "" while it is absent.
func (d *demo) condition(ctx context.Context, typ string) (string, error) {
	return d.field(ctx, `{.status.conditions[?(@.type=="`+typ+`")].status}`)
}

// field returns what a JSONPath finds in the ProvisioningConfig.
func (d *demo) field(ctx context.Context, path string) (string, error) {
	out, err := d.kubectl(ctx, "get", "provisioningconfig", config, "-n", namespace, "-o", "jsonpath="+path)
	return strings.TrimSpace(out), err
}

// alive fails when a program ended by itself.
func (d *demo) alive() error {
	for _, c := range d.children {
		if err := c.ended(); err != nil {
			return err
		}
	}
	return nil
}
