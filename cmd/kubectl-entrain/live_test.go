package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/gomega"
	"github.com/spf13/cobra"

	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/state"
)

// screen is what a command that goes on has printed so far.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// watch starts a command that goes on; stop interrupts it as Ctrl-C does and returns its exit code and what it complained of.
func (c *company) watch(args ...string) (out *screen, stop func() (int, string)) {
	c.Helper()
	out = &screen{}
	var errs bytes.Buffer
	cmd := root()
	cmd.SetOut(out)
	cmd.SetErr(&errs)
	cmd.SetArgs(append([]string{"--kubeconfig", c.kubeconfig, "-n", c.ns}, args...))
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.Context()))
	ended := make(chan int, 1)
	go func() { ended <- exitCode(cmd.ExecuteContext(ctx), &errs) }()
	end := sync.OnceValue(func() int { cancel(); return <-ended })
	c.Cleanup(func() { end() })
	return out, func() (int, string) { return end(), errs.String() }
}

func TestLogsGoOnUntilInterrupted(t *testing.T) {
	c := newCompany(t)
	c.hire("ada")
	c.apply()
	c.run("sync", "genesys", "--wait")
	out, stop := c.watch("logs", "genesys", "-f", "--action", "create")
	c.g.Eventually(out.String).Should(gomega.ContainSubstring("ada@contoso.com"))
	c.hire("bob")
	c.run("sync", "genesys", "--wait")
	c.g.Eventually(out.String).Should(gomega.ContainSubstring("bob@contoso.com"))
	if code, errs := stop(); code != 0 || errs != "" {
		t.Errorf("interrupted it ended with %d: %s", code, errs)
	}
	if n := strings.Count(out.String(), "  create "); n != 2 {
		t.Errorf("%d entries instead of 2:\n%s", n, out)
	}
}

func TestStatusGoesOnUntilInterrupted(t *testing.T) {
	c := newCompany(t)
	c.hire("ada")
	c.apply()
	out, stop := c.watch("status", "genesys", "-w")
	c.g.Eventually(out.String).Should(gomega.ContainSubstring("/genesys: "))
	c.run("sync", "genesys", "--wait")
	c.g.Eventually(out.String).Should(gomega.ContainSubstring("1 created"))
	// What was shown before is overwritten.
	if !strings.Contains(out.String(), "A\x1b[J") {
		t.Errorf("the status is shown below the old one:\n%q", out)
	}
	if code, errs := stop(); code != 0 || errs != "" {
		t.Errorf("interrupted it ended with %d: %s", code, errs)
	}
}

// TestLogsAreSelected: by person, action, result and time, and as JSON with all steps.
func TestLogsAreSelected(t *testing.T) {
	c := newCompany(t)
	for _, name := range []string{"ada", "bob"} {
		c.hire(name)
	}
	c.genesys.AddUser(genesyssim.User{UserName: "bob@contoso.com"})
	// Genesys Cloud has no group of this name, and none can be created there.
	group, err := c.tenant.AddGroup(map[string]any{"displayName": "Sales"})
	c.must(err)
	c.people["sales"] = group
	_, err = c.tenant.Assign(appID, group, "")
	c.must(err)
	c.apply()
	c.run("sync", "genesys", "--wait")
	c.must(c.tenant.UpdateUser(c.people["ada"], map[string]any{"displayName": "Ada Lovelace"}))
	c.run("sync", "genesys", "--wait")
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"everything":                {nil, []string{"create <ada>", "update <bob>", "create <sales>", "update <ada>", "create <sales>"}},
		"a person by name":          {[]string{"--user", "ada@contoso.com"}, []string{"create <ada>", "update <ada>"}},
		"a person by part of it":    {[]string{"--user", "bob"}, []string{"update <bob>"}},
		"a person by object id":     {[]string{"--user", strings.ToUpper(c.people["ada"])}, []string{"create <ada>", "update <ada>"}},
		"an action":                 {[]string{"--action", "create"}, []string{"create <ada>", "create <sales>", "create <sales>"}},
		"a result":                  {[]string{"--status", "failure"}, []string{"create <sales>", "create <sales>"}},
		"the last hour":             {[]string{"--since", "1h", "--action", "update"}, []string{"update <bob>", "update <ada>"}},
		"since a time that will be": {[]string{"--since", "2999-01-01T00:00:00Z"}, nil},
		"the newest":                {[]string{"--limit", "1"}, []string{"create <sales>"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			lines := json.NewDecoder(strings.NewReader(stampsAsNumbers(c.run(append([]string{"logs", "genesys", "-o", "json"}, tc.args...)...))))
			for lines.More() {
				var e state.LogEntry
				if err := lines.Decode(&e); err != nil {
					t.Fatal(err)
				}
				if e.Status == "success" && len(e.Steps) == 0 {
					t.Errorf("an entry without steps: %+v", e)
				}
				got = append(got, e.Action+" "+string(e.Source))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
		})
	}
}

// stampsAsNumbers puts a time where anonymous took it away.
func stampsAsNumbers(text string) string {
	return strings.ReplaceAll(text, `"<time>"`, `"`+noon.Format(time.RFC3339)+`"`)
}

// TestNamesOfConfigsAreCompleted by every command that takes one.
func TestNamesOfConfigsAreCompleted(t *testing.T) {
	c := newCompany(t)
	c.apply()
	for _, command := range []string{"status", "logs", "explain", "plan", "provision", "sync", "restart", "allow-deletes", "state export", "state import"} {
		t.Run(command, func(t *testing.T) {
			if got := c.complete(append(strings.Fields(command), "")...); !strings.HasPrefix(got, "genesys\n") {
				t.Errorf("completed as %q", got)
			}
			if got := c.complete(append(strings.Fields(command), "genesys", "")...); strings.Contains(got, "genesys") {
				t.Errorf("a second name is completed as %q", got)
			}
		})
	}
	for flag, want := range map[string]string{
		"logs --action ": "stageddelete", "logs --status ": "failure", "logs -o ": "csv", "restart --scope ": "QuarantineState", "status --color ": "never",
	} {
		if got := c.complete(append(strings.Fields(flag), "")...); !strings.Contains(got, want+"\n") {
			t.Errorf("%s is completed as %q", flag, got)
		}
	}
}

func (c *company) complete(args ...string) string {
	c.Helper()
	cmd := root()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&bytes.Buffer{})
	cmd.SetArgs(append([]string{cobra.ShellCompRequestCmd, "--kubeconfig", c.kubeconfig, "-n", c.ns}, args...))
	c.must(cmd.ExecuteContext(c.Context()))
	return out.String()
}

// TestEveryCommandExplainsItself with a sentence and an example that begins as people type it.
func TestEveryCommandExplainsItself(t *testing.T) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s says %q", cmd.CommandPath(), cmd.Short)
		}
		if cmd.Runnable() && cmd.HasParent() {
			if cmd.Args == nil || !strings.Contains(cmd.Example, "kubectl entrain "+strings.TrimPrefix(cmd.CommandPath(), cmd.Root().CommandPath()+" ")) {
				t.Errorf("%s has no example or takes any arguments: %q", cmd.CommandPath(), cmd.Example)
			}
		}
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(root())
}
