package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/state"
	"github.com/entrain-dev/entrain/test/model/world"
)

// scenario is a tenant in which something happens, and the cycle that is going to be disturbed.
type scenario struct {
	name, profile string
	// initial disturbs the first cycle; else a cycle that has everything to do that reference 1.3 knows.
	initial bool
}

var scenarios = []scenario{
	{"Genesys Cloud, initial cycle", profile.GenesysCloud, true},
	{"Genesys Cloud, incremental cycle", profile.GenesysCloud, false},
	{"generic SCIM, initial cycle", profile.Generic, true},
	{"generic SCIM, incremental cycle", profile.Generic, false},
}

// stage is a world with people in it.
type stage struct {
	*world.World
	ids      map[string]string
	stranger string // everything about the account that nobody may touch
	before   map[string]world.Account

	// stop and cancel end the disturbed cycle: at an object border, at once. next, if set, is the plan of the cycles after it.
	stop   chan struct{}
	cancel context.CancelFunc
	next   *world.Variant
	// second is how the cycle of another leader ended.
	second error
}

// leavers are those for whom the scenario gives a cause to be disabled or deleted.
var leavers = []string{"cleo", "dan", "eve"}

// stage builds the scenario up to the cycle that is disturbed.
func (s scenario) stage(opts world.Options) (*stage, error) {
	opts.Profile, opts.Seed, opts.Workers, opts.PageSize = s.profile, 1, 1, 3
	w, err := world.New(opts)
	if err != nil {
		return nil, err
	}
	st := &stage{World: w, ids: map[string]string{}}
	if err = st.populate(); err == nil && !s.initial {
		if err = st.settle(1); err == nil {
			err = st.change()
		}
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	st.begin()
	return st, nil
}

// do runs steps until one fails.
func do(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (st *stage) hire(name, title string) func() error {
	return func() error {
		id, err := st.Tenant.AddUser(world.UserProperties(name+"@contoso.com", strings.ToUpper(name), title, "Sales", "+49 170 1234567", true))
		if err != nil {
			return err
		}
		st.ids[name] = id
		_, err = st.Tenant.Assign(world.AppID, id, "")
		return err
	}
}

func (st *stage) manager(name, boss string) func() error {
	return func() error { return st.Tenant.SetManager(st.ids[name], st.ids[boss]) }
}

func (st *stage) group(name string, members ...string) func() error {
	return func() error {
		id, err := st.Tenant.AddGroup(map[string]any{"displayName": name, "securityEnabled": true, "mailEnabled": false, "mailNickname": name})
		if err != nil {
			return err
		}
		st.ids[name] = id
		if !st.App.Creates() {
			st.App.AddGroup(name)
		}
		for _, m := range members {
			if err := st.Tenant.AddMembers(id, st.ids[m]); err != nil {
				return err
			}
		}
		_, err = st.Tenant.Assign(world.AppID, id, "")
		return err
	}
}

func (st *stage) populate() error {
	id := st.App.AddAccount("stranger@contoso.com", "by hand")
	st.App.AddAccount("bob@contoso.com", "Old title")
	st.stranger = st.accounts()[id].All
	return do(st.hire("ada", "Head"), st.hire("bob", "Agent"), st.hire("cleo", "Agent"), st.hire("dan", "Agent"), st.hire("eve", "Agent"),
		st.hire("keeper", "Clerk"), st.manager("bob", "ada"), st.manager("ada", "keeper"), st.group("Sales", "ada", "bob"), st.group("Support", "cleo", "dan"))
}

// change is everything that can happen to somebody.
func (st *stage) change() error {
	t := st.Tenant
	update := func(name, property string, value any) func() error {
		return func() error { return t.UpdateUser(st.ids[name], map[string]any{property: value}) }
	}
	return do(st.hire("fay", "Agent"), st.hire("gil", "Agent"), st.manager("gil", "fay"), st.manager("fay", "ada"), st.manager("bob", "gil"),
		update("bob", "jobTitle", "Senior"), update("ada", "userPrincipalName", "ada.new@contoso.com"), update("cleo", "accountEnabled", false),
		func() error { _, err := t.Unassign(world.AppID, st.ids["dan"], "*"); return err },
		func() error { return t.RemoveMembers(st.ids["Support"], st.ids["dan"]) },
		func() error { return t.AddMembers(st.ids["Support"], st.ids["fay"], st.ids["bob"]) },
		func() error { return t.RemoveMembers(st.ids["Sales"], st.ids["bob"]) },
		func() error { return t.SoftDelete(st.ids["eve"]) }, func() error { return t.Purge(st.ids["eve"]) })
}

func (st *stage) accounts() map[string]world.Account {
	out := map[string]world.Account{}
	for _, a := range st.App.Accounts() {
		out[a.ID] = a
	}
	return out
}

// begin forgets what was sent so far.
func (st *stage) begin() {
	st.Source.Reset()
	st.Target.Reset()
	st.Graph.ClearFaults()
	st.before = st.accounts()
}

// run runs a cycle an hour later.
func (st *stage) run() (state.Config, error) {
	st.Clock.Advance(time.Hour)
	var ctx context.Context
	ctx, st.cancel = context.WithTimeout(context.Background(), time.Minute)
	defer st.cancel()
	st.stop = make(chan struct{})
	return st.Engine.Run(ctx, st.Plan, engine.Request{Stop: st.stop})
}

// calm ends what disturbed the cycle.
func (st *stage) calm() error {
	st.Source.Before, st.Target.Before = nil, nil
	st.SecretGone.Store(false)
	if st.next == nil {
		return nil
	}
	return st.Use(*st.next)
}

// settle runs cycles that must not fail, each a day after the other, so that whatever is in escrow is due.
func (st *stage) settle(cycles int) error {
	for range cycles {
		st.Source.Reset()
		st.Target.Reset()
		st.Clock.Advance(25 * time.Hour)
		if _, err := st.Run(engine.Request{}); err != nil {
			return fmt.Errorf("a cycle without a failure: %w", err)
		}
	}
	return nil
}

// picture is what an administrator of the target sees, without ids.
func (st *stage) picture() []string {
	names := map[string]string{}
	accounts := st.accounts()
	for id, a := range accounts {
		names[id] = strings.ToLower(a.UserName)
	}
	var out []string
	for _, a := range accounts {
		out = append(out, fmt.Sprintf("%s %s title=%s department=%s mobile=%s manager=%s", strings.ToLower(a.UserName), a.State, a.Title, a.Department,
			a.Mobile, names[a.Manager]))
	}
	for _, g := range st.App.Groups() {
		var members []string
		for _, m := range g.Members {
			members = append(members, names[m])
		}
		slices.Sort(members)
		out = append(out, fmt.Sprintf("group %s %v", g.Name, members))
	}
	slices.Sort(out)
	return out
}

// safe is what must hold right after the disturbed cycle.
func (st *stage) safe(cycleErr error) error {
	if cycleErr != nil && (fault.KindOf(cycleErr) == fault.Unknown || strings.TrimSpace(fault.MessageOf(cycleErr)) == "") {
		return fmt.Errorf("the cycle failed without a cause: %w", cycleErr)
	}
	seen := map[string]string{}
	now := st.accounts()
	for id, a := range now {
		if a.State == world.Deleted {
			continue
		}
		if other, twice := seen[strings.ToLower(a.UserName)]; twice {
			return fmt.Errorf("%s exists twice: %s and %s", a.UserName, id, other)
		}
		seen[strings.ToLower(a.UserName)] = id
		if strings.HasPrefix(a.UserName, "stranger") && a.All != st.stranger {
			return fmt.Errorf("an account made by hand was changed from %s to %s", st.stranger, a.All)
		}
	}
	for id, was := range st.before {
		name, _, _ := strings.Cut(was.UserName, "@")
		if was.State == world.Active && now[id].State != world.Active && !slices.Contains(leavers, name) {
			return fmt.Errorf("%s lost access without cause: %q", was.UserName, now[id].State)
		}
	}
	return nil
}

// named checks that somebody who looks learns why the target is not as it should be.
func (st *stage) named(config state.Config, cycleErr error, want []string) error {
	told := cycleErr != nil
	if told || slices.Equal(st.picture(), want) {
		return nil //nolint:nilerr // safe has looked at what the error says
	}
	records, err := st.Store.Escrows(context.Background(), st.Plan.ID, 100)
	if err != nil {
		return err
	}
	for _, r := range records {
		if r.Escrow.Code == "" || r.Escrow.Message == "" {
			return fmt.Errorf("%s is in escrow without a cause: %+v", r.ID, r.Escrow)
		}
	}
	doubted := config.EmptyAssignments > 0 || config.ShortRead > 0 || config.RereadGroups
	if len(records) == 0 && config.Quarantine == nil && !doubted {
		return errors.New("the target is not as it should be and nothing says why")
	}
	return nil
}

// healed checks that two cycles without a failure bring everything to where it should be, and that one more sends nothing. Where
// already the first or the second of them has nothing to send and nobody is left in escrow, it is that one more.
func (st *stage) healed(want []string) error {
	st.begin()
	for n := range 3 {
		if err := st.settle(1); err != nil {
			return err
		}
		if n > 0 {
			if err := st.as(want); err != nil {
				return fmt.Errorf("after %d cycles: %w", n+1, err)
			}
		}
		writes := st.Target.Writes()
		if n == 2 && len(writes) > 0 {
			return fmt.Errorf("an extra cycle sent %s %s", writes[0].Method, writes[0].Path)
		}
		escrows, err := st.Store.Escrows(context.Background(), st.Plan.ID, 100)
		if err != nil {
			return err
		}
		if len(writes) == 0 && len(escrows) == 0 && st.as(want) == nil {
			break
		}
	}
	return st.safe(nil)
}

// as compares the target with what is wanted.
func (st *stage) as(want []string) error {
	if got := st.picture(); !slices.Equal(got, want) {
		return fmt.Errorf("\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	return nil
}
