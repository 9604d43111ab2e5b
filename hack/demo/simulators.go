package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// simulators is what entrain-sim says about itself (its --endpoints file).
type simulators struct {
	GraphURL      string `json:"graphURL"`
	GenesysURL    string `json:"genesysURL"`
	TenantID      string `json:"tenantID"`
	AppID         string `json:"appID"`
	ClientID      string `json:"clientID"`
	ClientSecret  string `json:"clientSecret"`
	GenesysClient string `json:"genesysClient"`
	GenesysSecret string `json:"genesysSecret"`
}

// startSimulators starts the tenant and Genesys Cloud.
func (d *demo) startSimulators(ctx context.Context) error {
	say("Starting a simulated Entra tenant (Microsoft Graph) and a simulated Genesys Cloud")
	file := filepath.Join(d.dir, "endpoints.json")
	c, err := d.start("entrain-sim", nil, "--people", strconv.Itoa(d.people), "--endpoints", file, "--rate-window", "30s", "--graph", "127.0.0.1:0", "--genesys", "127.0.0.1:0")
	if err != nil {
		return err
	}
	err = until(ctx, 30*time.Second, "the simulators to start", func() (bool, error) {
		if err := c.ended(); err != nil {
			return false, err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return false, nil //nolint:nilerr // not there yet
		}
		d.sim = &simulators{}
		return json.Unmarshal(text, d.sim) == nil, nil
	})
	if err != nil {
		return err
	}
	done("%d people in the tenant, groups prepared in Genesys Cloud, 300 requests in 30 s allowed (twice the real rate)", d.people)
	return nil
}

// until waits for a condition, looking several times a second.
func until(ctx context.Context, limit time.Duration, what string, ok func() (bool, error)) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		if good, err := ok(); good || err != nil {
			return err
		}
		select {
		case <-limited.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("waited %s in vain for %s", limit, what)
		case <-tick.C:
		}
	}
}

// admin calls an administration endpoint of a simulator.
func admin(ctx context.Context, method, address string, body, into any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, address, res.Status, strings.TrimSpace(string(text)))
	}
	if into == nil || len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, into)
}

// graph calls the tenant's administration endpoint.
func (d *demo) graph(ctx context.Context, method, path string, body, into any) error {
	return admin(ctx, method, d.sim.GraphURL+"/admin"+path, body, into)
}

// account is what Genesys Cloud has of a person.
type account struct {
	ID           string `json:"id"`
	UserName     string `json:"userName"`
	DisplayName  string `json:"displayName"`
	State        string `json:"state"`
	Title        string `json:"title"`
	Department   string `json:"department"`
	ManagerID    string `json:"managerId"`
	PhoneNumbers []struct {
		Type   string `json:"type"`
		Number string `json:"number"`
	} `json:"phones"`
}

// account reads somebody from Genesys Cloud, nil when there is nobody of that name.
func (d *demo) account(ctx context.Context, userName string) (*account, error) {
	var found []account
	err := admin(ctx, http.MethodGet, d.sim.GenesysURL+"/admin/users?userName="+url.QueryEscape(userName), nil, &found)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}
