package state

import (
	"encoding/json"
	"time"
)

// Config is the part of a config's state that the engine reads and writes as one piece; it is small and bounded.
type Config struct {
	ID ConfigID `json:"-"`
	// Cycles counts the cycles so far; the number identifies a cycle inside the store.
	Cycles int64 `json:"cycles"`
	// Watermark is where the next incremental read continues; zero means that everything must be read.
	Watermark Watermark `json:"watermark"`
	// Selection is the fingerprint of the attributes that Watermark was made with.
	Selection string `json:"selection,omitempty"`
	// Plan is the fingerprint of the plan with which everything was last evaluated.
	Plan string `json:"plan,omitempty"`
	// Definition is what the plan of the last cycle was made of, in the form of whoever makes plans; the engine only keeps it.
	Definition json.RawMessage `json:"definition,omitempty"`
	// Cycle is the cycle in progress, nil between cycles. After a crash it is where to go on.
	Cycle *Cycle `json:"cycle,omitempty"`
	// EmptyAssignments is the number of the cycle in which a complete read of the assignments was suddenly empty; 0 if it was not.
	EmptyAssignments int64 `json:"emptyAssignments,omitempty"`
	// ShortRead is the number of the cycle in which a complete read of the users missed suspiciously many; 0 if it did not.
	ShortRead int64 `json:"shortRead,omitempty"`
	// RereadGroups asks the next cycle to read all groups, because a group was suddenly empty.
	RereadGroups bool `json:"rereadGroups,omitempty"`
	// Released is the id of the set of held removals that an administrator released; "" if none.
	Released string `json:"released,omitempty"`
	// Held is the set of removals that the deletion guard holds, nil if it holds none.
	Held *Held `json:"held,omitempty"`
	// Steady are the times at which nothing was left to do.
	SteadyFirst time.Time `json:"steadyFirst,omitzero"`
	SteadyLast  time.Time `json:"steadyLast,omitzero"`
	// Quarantine is the quarantine in force, nil if none.
	Quarantine *Quarantine `json:"quarantine,omitempty"`
	// Drift is where looking for drift stands, nil if nobody ever looked.
	Drift *Drift `json:"drift,omitempty"`
	// Last and LastSuccessful are the reports of the last cycle and of the last one without a cycle error.
	Last           *Report `json:"last,omitempty"`
	LastSuccessful *Report `json:"lastSuccessful,omitempty"`
}

// Watermark holds the delta tokens of the source.
type Watermark struct {
	Users  string `json:"users,omitempty"`
	Groups string `json:"groups,omitempty"`
}

// Cycle is the position of a cycle in progress.
type Cycle struct {
	Number int64  `json:"number"`
	ID     string `json:"id"`
	// Initial is true for an initial cycle.
	Initial bool      `json:"initial"`
	Phase   string    `json:"phase"`
	Started time.Time `json:"started"`
	Plan    string    `json:"plan"`
	// Next is the watermark to commit when the cycle closes.
	Next   Watermark `json:"next"`
	Report Report    `json:"report"`
	// Indexed is true when the target was listed in this cycle, by kind.
	IndexedUsers  bool `json:"indexedUsers,omitempty"`
	IndexedGroups bool `json:"indexedGroups,omitempty"`
}

// Report is the summary of a cycle.
type Report struct {
	ID      string    `json:"id"`
	Initial bool      `json:"initial"`
	DryRun  bool      `json:"dryRun,omitempty"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	// Result is Succeeded, EntryLevelErrors, Failed or Interrupted; Message says why in one sentence.
	Result  string `json:"result,omitempty"`
	Message string `json:"message,omitempty"`

	Created  int64 `json:"created"`
	Updated  int64 `json:"updated"`
	Disabled int64 `json:"disabled"`
	Deleted  int64 `json:"deleted"`
	Skipped  int64 `json:"skipped"`
	Failed   int64 `json:"failed"`
	Escrowed int64 `json:"escrowed"`
	// Drifted is how many resources were found changed, deleted or with other members than they were given.
	Drifted int64 `json:"drifted,omitempty"`
}

// Drift is the last look at what the target made of the resources.
type Drift struct {
	// Began and Ended are those of the last pass; while one is under way Ended is that of the pass before.
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended,omitzero"`
	// Found is how many resources the last whole pass found changed.
	Found int64 `json:"found,omitempty"`
	// Removed is how many members the pass has taken out of groups so far; the deletion guard bounds it.
	Removed int64 `json:"removed,omitempty"`
}

// Held describes the set of removals that the deletion guard holds.
type Held struct {
	// ID identifies exactly this set; another set has another id.
	ID     string    `json:"id"`
	Since  time.Time `json:"since"`
	Users  int64     `json:"users"`
	Groups int64     `json:"groups"`
}

// Quarantine is reference 2.4.
type Quarantine struct {
	Reason       string    `json:"reason"`
	Code         string    `json:"code,omitempty"`
	Message      string    `json:"message,omitempty"`
	SeriesBegan  time.Time `json:"seriesBegan"`
	CurrentBegan time.Time `json:"currentBegan"`
	NextAttempt  time.Time `json:"nextAttempt"`
	SeriesCount  int64     `json:"seriesCount"`
}

// Reset says what a restart forgets (reference 1.5).
type Reset struct {
	Watermark, Escrows, Quarantine bool
	// Links breaks the links: everything is matched again.
	Links bool
}
