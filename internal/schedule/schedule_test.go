package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/entrain-dev/entrain/internal/schedule"
)

var first = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func TestEscrow(t *testing.T) {
	for name, tc := range map[string]struct {
		after    time.Duration
		attempts int
		want     time.Duration
		wantOK   bool
	}{
		"the first failure waits for the next cycle only": {0, 1, 0, true},
		"the second waits until six hours after it":       {40 * time.Minute, 2, 6 * time.Hour, true},
		"then twelve":                                    {6 * time.Hour, 3, 12 * time.Hour, true},
		"then twenty-four":                               {13 * time.Hour, 4, 24 * time.Hour, true},
		"then daily":                                     {24 * time.Hour, 5, 48 * time.Hour, true},
		"a missed day is not made up for":                {80 * time.Hour, 6, 96 * time.Hour, true},
		"after four weeks it is given up":                {28 * 24 * time.Hour, 31, 0, false},
		"a clock that went back asks for the first step": {-time.Hour, 2, 6 * time.Hour, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := schedule.Escrow(first, first.Add(tc.after), tc.attempts)
			if ok != tc.wantOK {
				t.Fatalf("ok = %v, want %v", ok, tc.wantOK)
			}
			if ok && !got.Equal(first.Add(tc.want)) {
				t.Errorf("next = +%v, want +%v", got.Sub(first), tc.want)
			}
		})
	}
}

func TestQuarantineEndsAfterFourWeeks(t *testing.T) {
	if next, ok := schedule.Quarantine(first, first); !ok || !next.Equal(first.Add(6*time.Hour)) {
		t.Errorf("first step = %v, %v", next, ok)
	}
	if next, ok := schedule.Quarantine(first, first.Add(27*24*time.Hour+time.Minute)); !ok || !next.Equal(first.Add(28*24*time.Hour)) {
		t.Errorf("last step = %v, %v", next, ok)
	}
	if _, ok := schedule.Quarantine(first, first.Add(schedule.GiveUp)); ok {
		t.Error("a config is retried after four weeks")
	}
}

func TestInterval(t *testing.T) {
	const interval = 40 * time.Minute
	seen := map[time.Time]bool{}
	for i := range 50 {
		config := fmt.Sprintf("ns/config-%d", i)
		next := schedule.Interval(config, first, first, interval)
		if d := next.Sub(first); d < 38*time.Minute || d >= 42*time.Minute {
			t.Errorf("%s: next after %v", config, d)
		}
		if again := schedule.Interval(config, first, first, interval); !again.Equal(next) {
			t.Errorf("%s: the offset changes", config)
		}
		seen[next] = true
	}
	if len(seen) < 40 {
		t.Errorf("50 configs start at only %d times", len(seen))
	}
	late := first.Add(3 * time.Hour)
	if next := schedule.Interval("a", first, late, interval); !next.Equal(late) {
		t.Errorf("after a long cycle the next starts at %v, want %v", next, late)
	}
}
