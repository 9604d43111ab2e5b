package main

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(offset time.Duration) *metav1.Time {
	t := metav1.NewTime(noon.Add(offset))
	return &t
}

// TestStatusShowsEverything has every line that a status can have.
func TestStatusShowsEverything(t *testing.T) {
	config := &api.ProvisioningConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "identity", Name: "genesys-cloud"}, Status: api.ProvisioningConfigStatus{
		Code:         api.StatusQuarantine,
		Conditions:   []metav1.Condition{{Type: api.ReadyCondition, Status: metav1.ConditionFalse, Reason: "Unauthorized", Message: "The token was refused."}},
		Progress:     &api.CycleProgress{Cycle: api.CycleInitial, Phase: api.PhaseUsers, CompletedUnits: 3000, TotalUnits: 10000, Percent: 30, Summary: "Users 30%", ObservedTime: at(-5 * time.Second)},
		Synchronized: &api.SynchronizedCounts{Users: 1, Groups: 2, Memberships: 3},
		LastCycle: &api.CycleReport{
			ID: "2", Kind: api.CycleIncremental, Result: api.CycleFailed, Message: "The application refused the token.", StartTime: at(-10 * time.Minute), CompletionTime: at(-9 * time.Minute),
			Created: 1, Failed: 2,
		},
		LastSuccessfulCycle: &api.CycleReport{ID: "1", CompletionTime: at(-3 * time.Hour)},
		NextCycleTime:       at(40 * time.Minute),
		Quarantine: &api.QuarantineStatus{
			Reason: api.QuarantineException, SeriesBegan: at(-time.Hour), NextAttempt: at(5 * time.Hour), Error: &api.StatusError{Code: "Unauthorized", Message: "The token was refused."},
		},
		HeldDeletions: &api.HeldDeletions{ID: "0123456789abcdef", Users: 600, Groups: 1, Since: at(-time.Hour)},
		RecentErrors:  []api.ObjectError{{ObjectType: api.ObjectTypeUser, SourceID: "u1", Code: "DuplicateTargetEntries", Message: "Two accounts match.", NextRetry: at(6 * time.Hour)}},
	}}
	var p pace
	p.observe(&api.CycleProgress{Phase: api.PhaseUsers, CompletedUnits: 2000, ObservedTime: at(-105 * time.Second)})
	p.observe(config.Status.Progress)
	var got strings.Builder
	if err := renderStatus(&got, config, &p, noon); err != nil {
		t.Fatal(err)
	}
	golden(t, "status-everything", got.String())
}

func TestExpectedEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		seen  []api.CycleProgress
		total int64
		want  time.Duration
		known bool
	}{
		"one look tells nothing":    {[]api.CycleProgress{{Phase: "Users", CompletedUnits: 5, ObservedTime: at(0)}}, 10, 0, false},
		"half way":                  {[]api.CycleProgress{{Phase: "Users", ObservedTime: at(0)}, {Phase: "Users", CompletedUnits: 5, ObservedTime: at(10 * time.Second)}}, 10, 20 * time.Second, true},
		"nothing moved":             {[]api.CycleProgress{{Phase: "Users", ObservedTime: at(0)}, {Phase: "Users", ObservedTime: at(time.Minute)}}, 10, 0, false},
		"another phase begins anew": {[]api.CycleProgress{{Phase: "Users", ObservedTime: at(0)}, {Phase: "Groups", CompletedUnits: 5, ObservedTime: at(time.Minute)}}, 10, 0, false},
		"without a total":           {[]api.CycleProgress{{Phase: "Import", ObservedTime: at(0)}, {Phase: "Import", CompletedUnits: 5, ObservedTime: at(time.Minute)}}, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			var p pace
			for i := range tc.seen {
				p.observe(&tc.seen[i])
			}
			got, known := p.end(tc.total)
			if known != tc.known || known && !got.Equal(noon.Add(tc.want)) {
				t.Errorf("end = %v, %t, want %v, %t", got, known, noon.Add(tc.want), tc.known)
			}
		})
	}
}
