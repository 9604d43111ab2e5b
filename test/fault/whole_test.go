package fault

import (
	"cmp"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/scim/profile"
	"github.com/entrain-dev/entrain/internal/simulator/genesyssim"
	"github.com/entrain-dev/entrain/internal/simulator/graphsim"
	"github.com/entrain-dev/entrain/internal/simulator/strictscim"
	"github.com/entrain-dev/entrain/test/model/world"
)

// knob turns a switch of the target.
func knob(change func(*genesyssim.Knobs)) func(*testing.T, *stage) {
	return func(t *testing.T, st *stage) {
		t.Helper()
		app, ok := st.App.(*world.Genesys)
		if !ok {
			t.Fatal("no Genesys Cloud")
		}
		app.SetKnobs(change)
	}
}

// replacing makes additions of members take everybody else out; the operator begins anew and does not know it yet.
func replacing(t *testing.T, st *stage) {
	t.Helper()
	app, ok := st.App.(*world.Strict)
	if !ok {
		t.Fatal("no generic application")
	}
	app.SetKnobs(func(k *strictscim.Knobs) { k.AddReplacesMembers = true })
	if err := st.Connect(); err != nil {
		t.Fatal(err)
	}
}

// lists spoils every list and look-up of the target.
func lists(e genesyssim.Effect) func(*testing.T, *stage) {
	return func(t *testing.T, st *stage) {
		t.Helper()
		app, ok := st.App.(*world.Genesys)
		if !ok {
			t.Fatal("no Genesys Cloud")
		}
		app.SetFault(genesyssim.Fault{Method: "GET", Times: -1, Effect: e, Total: 5})
		t.Cleanup(app.ResetFaults)
	}
}

// reread makes a complete read of a kind say that nobody is there.
func reread(path string) func(*testing.T, *stage) {
	return func(t *testing.T, st *stage) {
		t.Helper()
		st.Graph.ExpireTokens(graphsim.ExpiredGone)
		if _, err := st.Graph.AddFault(graphsim.Fault{Path: path, Effect: graphsim.EffectEmptyResult}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWholeSides are the classes that concern a side as a whole rather than one call.
func TestWholeSides(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*testing.T, *stage)
		// incremental says that people were provisioned before.
		incremental bool
		// repeated says that a read which left somebody out is repeated by itself, so that there is nothing to name.
		repeated bool
		// cured says that it ends after the cycle: as long as it lasts, nothing can be sent.
		cured bool
		// profile is that of the application, Genesys Cloud if it is empty.
		profile string
	}{
		"class 4: nobody is read suddenly":              {spoil: reread(`/users/delta\?.*select`), incremental: true, repeated: true},
		"class 5: groups read as gone suddenly":         {spoil: reread(`/groups/delta\?.*select`), incremental: true, repeated: true},
		"class 10: a change is carried out in part":     {spoil: knob(func(k *genesyssim.Knobs) { k.PartialPatch = true }), incremental: true},
		"class 11: more than one member is refused":     {spoil: knob(func(k *genesyssim.Knobs) { k.MemberCap = 1 })},
		"class 11: more than one member is too large":   {spoil: knob(func(k *genesyssim.Knobs) { k.MemberCap, k.MemberCapMode = 1, genesyssim.CapRefuse413 })},
		"class 11: members above one are dropped":       {spoil: knob(func(k *genesyssim.Knobs) { k.MemberCap, k.MemberCapMode = 1, genesyssim.CapDrop })},
		"class 11: dropped, with members already there": {spoil: knob(func(k *genesyssim.Knobs) { k.MemberCap, k.MemberCapMode = 1, genesyssim.CapDrop }), incremental: true},
		"class 11: adding a member removes the rest":    {spoil: replacing, incremental: true, profile: profile.Generic},
		"class 11: so it does from the beginning":       {spoil: replacing, profile: profile.Generic},
		"class 21: search lags a minute behind":         {spoil: knob(func(k *genesyssim.Knobs) { k.SearchDelay = time.Minute })},
		"class 21: search lags, with things to change":  {spoil: knob(func(k *genesyssim.Knobs) { k.SearchDelay = time.Minute }), incremental: true},
		"class 22: active is only a string":             {spoil: knob(func(k *genesyssim.Knobs) { k.BooleanForm = genesyssim.OnlyString }), incremental: true, cured: true},
		"class 12: count is ignored":                    {spoil: lists(genesyssim.EffectIgnoreCount)},
		"class 12: startIndex is ignored":               {spoil: lists(genesyssim.EffectIgnoreStartIndex)},
		"class 12: totalResults is wrong":               {spoil: lists(genesyssim.EffectWrongTotal)},
		"class 13: ids of any form":                     {spoil: knob(func(k *genesyssim.Knobs) { k.OddIDs = true })},
		"class 22: active is no string":                 {spoil: knob(func(k *genesyssim.Knobs) { k.BooleanForm = genesyssim.OnlyBoolean }), incremental: true},
		"a deletion that is answered with an object":    {spoil: knob(func(k *genesyssim.Knobs) { k.DeleteAnswersObject = true }), incremental: true},
		"a change of a group that is answered with 204": {spoil: knob(func(k *genesyssim.Knobs) { k.GroupPatchAnswer = genesyssim.AnswerNoContent })},
	} {
		t.Run(name, func(t *testing.T) {
			s := scenario{name, cmp.Or(tc.profile, profile.GenesysCloud), !tc.incremental}
			_, _, want := s.undisturbed(t)
			st, err := s.stage(world.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			tc.spoil(t, st)
			config, cycleErr := st.run()
			if err := st.safe(cycleErr); err != nil {
				t.Error(err)
			}
			if !tc.repeated {
				if err := st.named(config, cycleErr, want); err != nil {
					t.Error(err)
				}
			}
			if tc.cured {
				knob(func(k *genesyssim.Knobs) { *k = genesyssim.DefaultKnobs(); k.RateAllowed = 0 })(t, st)
			}
			if err := st.healed(want); err != nil {
				t.Error(err)
			}
		})
	}
}
