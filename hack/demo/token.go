package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// issueToken lets Genesys Cloud issue a long-lived token.
func (d *demo) issueToken(ctx context.Context) (string, error) {
	var issued struct {
		Token string `json:"access_token"`
	}
	err := admin(ctx, http.MethodPost, d.sim.GenesysURL+"/admin/token", struct{}{}, &issued)
	return issued.Token, err
}

// expire: the token expires, provisioning is quarantined, and a new token in the Secret ends that.
func (d *demo) expire(ctx context.Context) error {
	say("The token of Genesys Cloud expires")
	if err := admin(ctx, http.MethodPost, d.sim.GenesysURL+"/admin/token/revoke", map[string]string{"token": d.token}, nil); err != nil {
		return err
	}
	if err := d.request(ctx); err != nil {
		return err
	}
	if err := d.waitFor(ctx, "Quarantined", "True"); err != nil {
		return err
	}
	text, err := d.plugin(ctx, recording{name: "quarantine"}, "status", config, "-n", namespace)
	if err != nil {
		return err
	}
	if !strings.Contains(text, "EncounteredQuarantineException") || strings.Contains(text, d.token) {
		return fmt.Errorf("the status does not say why, or too much:\n%s", text)
	}
	done("quarantined; the next attempt is hours away, nobody was touched")

	say("A new token is put into the Secret")
	if d.token, err = d.issueToken(ctx); err != nil {
		return err
	}
	secret, err := json.Marshal(map[string]any{"stringData": map[string]string{"token": d.token}})
	if err != nil {
		return err
	}
	if err := d.patch(ctx, "secret/genesys", string(secret)); err != nil {
		return err
	}
	if _, err := d.kubectl(ctx, "wait", "--for=condition=Ready", "provisioningconfig/"+config, "-n", namespace, "--timeout="+patience.String()); err != nil {
		return err
	}
	if err := d.waitFor(ctx, "Quarantined", "False"); err != nil {
		return err
	}
	if _, err := d.plugin(ctx, recording{name: "recovery"}, "status", config, "-n", namespace); err != nil {
		return err
	}
	done("a changed Secret is tried at once: no quarantine any more")
	return nil
}
