package crash

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/test/model/world"
)

const (
	// kills is how often a process is killed in a plain run, perRound how often before everything must come right.
	kills, perRound = 200, 8
	// farthest is the last request at which a process is killed; a cycle of the scenario sends about so many.
	farthest = 24
)

func setting(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// TestKilledProcesses kills processes and lets the next one go on.
func TestKilledProcesses(t *testing.T) {
	worker := filepath.Join(t.TempDir(), "worker")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", worker, "./worker").CombinedOutput(); err != nil {
		t.Fatalf("building the worker: %v\n%s", err, out)
	}
	want, seed := setting(t, "CRASH_KILLS", kills), setting(t, "CRASH_SEED", 1)
	total, rounds := 0, 0
	for ; total < want; rounds++ {
		n, err := round(t, worker, uint64(seed+rounds))
		total += n
		if err != nil {
			t.Fatalf("CRASH_SEED=%d: %v", seed+rounds, err)
		}
		if rounds > 10*want {
			t.Fatalf("only %d kills in %d rounds", total, rounds)
		}
	}
	t.Logf("%d kills in %d rounds (seeds %d to %d), 0 violations", total, rounds, seed, seed+rounds-1)
}

// office is a tenant whose people are provisioned by processes that are killed.
type office struct {
	*world.World
	t       *testing.T
	worker  string
	r       *rand.Rand
	graph   string
	target  string
	profile string
	people  []string
	due     map[string]bool // login name, active in the target
	hired   int
}

// round hires, changes and dismisses people under killed processes, and returns how many were killed.
func round(t *testing.T, worker string, seed uint64) (int, error) {
	t.Helper()
	o := &office{t: t, worker: worker, r: rand.New(rand.NewPCG(seed, 1)), profile: []string{profile.GenesysCloud, profile.Generic}[seed%2], due: map[string]bool{}}
	var err error
	if o.World, err = world.New(world.Options{Profile: o.profile, Seed: seed, PageSize: 4}); err != nil {
		return 0, err
	}
	defer o.Close()
	// The state file belongs to the processes from here on.
	if err := o.Store.Close(); err != nil {
		return 0, err
	}
	o.Store = nil
	o.graph, o.target = o.URLs()
	killed := 0
	for range perRound {
		if err := o.change(); err != nil {
			return killed, err
		}
		yes, err := o.victim()
		if err != nil {
			return killed, err
		}
		if yes {
			killed++
		}
		if err := o.doubled(); err != nil {
			return killed, err
		}
	}
	return killed, o.agree()
}

// change hires two people, and moves or dismisses others.
func (o *office) change() error {
	for range 2 {
		o.hired++
		upn := fmt.Sprintf("p%d@contoso.com", o.hired)
		id, err := o.Tenant.AddUser(world.UserProperties(upn, "Person", "T0", "Sales", "", true))
		if err != nil {
			return err
		}
		if _, err := o.Tenant.Assign(world.AppID, id, ""); err != nil {
			return err
		}
		if len(o.people) > 0 && o.r.IntN(2) == 0 {
			if err := o.Tenant.SetManager(id, o.people[o.r.IntN(len(o.people))]); err != nil {
				return err
			}
		}
		o.people, o.due[upn] = append(o.people, id), true
	}
	at := o.r.IntN(len(o.people))
	upn := fmt.Sprintf("p%d@contoso.com", at+1)
	if o.r.IntN(2) == 0 {
		return o.Tenant.UpdateUser(o.people[at], map[string]any{"jobTitle": fmt.Sprintf("T%d", o.hired)})
	}
	o.due[upn] = false
	return o.Tenant.UpdateUser(o.people[at], map[string]any{"accountEnabled": false})
}

// victim runs a process that is killed at some request, and reports whether it got that far.
func (o *office) victim() (bool, error) {
	cmd := o.command(1)
	var once sync.Once
	killed := false
	gate, at := []*world.Gate{o.Source, o.Target}[min(1, o.r.IntN(4))], 1+o.r.IntN(farthest)
	if gate == o.Source {
		at = 1 + at%6
	}
	kill := func(n int) {
		if n == at {
			once.Do(func() { killed = cmd.Process.Kill() == nil })
		}
	}
	o.Source.Reset()
	o.Target.Reset()
	if before := o.r.IntN(2) == 0; before {
		gate.Before = kill
	} else {
		gate.After = kill
	}
	// The gates are asked only while the process runs, which begins after this.
	out := &strings.Builder{}
	cmd.Stderr = out
	err := cmd.Run()
	// What the killed process had sent may still be being handled.
	o.Source.Quiet()
	o.Target.Quiet()
	gate.Before, gate.After = nil, nil
	if err != nil && !killed {
		return false, fmt.Errorf("the process failed by itself: %w: %s", err, out)
	}
	return killed, nil
}

func (o *office) command(cycles int) *exec.Cmd {
	return exec.CommandContext(o.t.Context(), o.worker, filepath.Join(o.Dir, "state.db"), o.graph, o.Graph.Token(graphsim.DefaultClientID), o.target, o.profile,
		strconv.Itoa(cycles))
}

// doubled checks that no login name is there twice and nobody has two accounts.
func (o *office) doubled() error {
	seen := map[string]bool{}
	for _, a := range o.App.Accounts() {
		name := strings.ToLower(a.UserName)
		if seen[name] {
			return fmt.Errorf("%s exists twice", name)
		}
		if _, known := o.due[name]; !known {
			return fmt.Errorf("%s belongs to nobody", name)
		}
		if o.due[name] && a.State != world.Active {
			return fmt.Errorf("%s lost access without cause", name)
		}
		seen[name] = true
	}
	return nil
}

// agree lets a process run in peace: everybody must be there, and an extra cycle must send nothing.
func (o *office) agree() error {
	o.Target.Reset()
	if out, err := o.command(2).CombinedOutput(); err != nil {
		return fmt.Errorf("in peace: %w: %s", err, out)
	}
	var active, want []string
	for _, a := range o.App.Accounts() {
		if a.State == world.Active {
			active = append(active, strings.ToLower(a.UserName))
		}
	}
	for name, due := range o.due {
		if due {
			want = append(want, name)
		}
	}
	slices.Sort(active)
	slices.Sort(want)
	if !slices.Equal(active, want) {
		return fmt.Errorf("active are %v, want %v", active, want)
	}
	o.Target.Reset()
	if out, err := o.command(1).CombinedOutput(); err != nil {
		return fmt.Errorf("an extra cycle: %w: %s", err, out)
	}
	if writes := o.Target.Writes(); len(writes) > 0 {
		return fmt.Errorf("an extra cycle sent %v", writes)
	}
	return o.doubled()
}
