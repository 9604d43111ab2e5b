package graphsim

import "time"

// ExpiredAnswer is one of the answers of 1.7 to a delta token that is too old.
type ExpiredAnswer string

// The answers of 1.7.
const (
	// ExpiredObserved is what /users/delta and /groups/delta really answer: 400 Request_UnsupportedQuery "DeltaLink older than ...".
	ExpiredObserved ExpiredAnswer = "observed"
	// ExpiredAnnounced is the documented answer: 400 syncStateNotFound.
	ExpiredAnnounced ExpiredAnswer = "announced"
	// ExpiredGone is 410 with a Location header.
	ExpiredGone ExpiredAnswer = "gone"
)

// RetryAfterForm is how a Retry-After header is written (7.3).
type RetryAfterForm string

// The forms of a Retry-After header.
const (
	RetryAfterInteger RetryAfterForm = "integer"
	RetryAfterDecimal RetryAfterForm = "decimal"
	RetryAfterDate    RetryAfterForm = "date"
	RetryAfterAbsent  RetryAfterForm = "absent"
)

// OldManager says where the removed entry of the former manager stands when a manager was changed (1.5).
type OldManager string

// The places of the former manager in manager@delta.
const (
	OldManagerAbsent OldManager = ""
	OldManagerBefore OldManager = "before"
	OldManagerAfter  OldManager = "after"
)

// Knobs are the settings of the simulation; change them at run time with Server.Set.
type Knobs struct {
	// UserPageSize and GroupPageSize are the objects on a delta page (200), MemberChunk the members on one (500).
	UserPageSize, GroupPageSize, MemberChunk int
	// ListPageSize is the page of a plain list without $top (100).
	ListPageSize int
	// HonourMaxPageSize makes users and groups delta obey Prefer: odata.maxpagesize, which is not documented for them.
	HonourMaxPageSize bool

	// ReplicationLag is how late changes appear in delta. LagReads hides objects created within the lag from plain reads too,
	// so that a read right after a creation gives 404.
	ReplicationLag time.Duration
	LagReads       bool
	// Replay repeats the last n changes before the token in every deltaLink round (1.6).
	Replay int
	// DuplicateEvery repeats every n-th entry of a delta page at its end.
	DuplicateEvery int
	// Shuffle puts the entries of a delta page in another order.
	Shuffle bool
	// EmptyPageEvery makes every n-th delta request answer an empty page with a nextLink.
	EmptyPageEvery int
	// FirstRoundRemovals puts @removed entries of soft-deleted objects into first rounds (1.2).
	FirstRoundRemovals bool
	// OldManager adds the former manager as a removed entry when the manager changes.
	OldManager OldManager
	// MemberHistory reports every change of a membership in a deltaLink round instead of the last one of each member.
	MemberHistory bool
	// EmptyMembers adds an empty members@delta to groups without membership changes.
	EmptyMembers bool
	// LegacyExpand makes groups/delta take $expand=members as an alias of $select=members (2.1).
	LegacyExpand bool

	// DeltaLife is the life of delta tokens (7 days), PageLife that of page tokens (1 hour).
	DeltaLife, PageLife time.Duration
	// Expired is the answer to a delta token that is too old; ResyncCode the code of a 410 (resyncRequired).
	Expired    ExpiredAnswer
	ResyncCode string

	// AccessTokenLife is the life of access tokens (3599 s). OpaqueTokens issues random strings instead of JWTs. RefreshIn
	// is the optional refresh_in of a token answer.
	AccessTokenLife time.Duration
	OpaqueTokens    bool
	RefreshIn       time.Duration

	// UnitsPerWindow is the allowance of cost units in ten seconds for each application; 0 is no limit. RetryAfter is the form
	// of the header.
	UnitsPerWindow int
	RetryAfter     RetryAfterForm

	// Subscriptions is how many change notifications an application may subscribe to (100).
	Subscriptions int

	// NoGzip leaves answers uncompressed even if the client accepts gzip.
	NoGzip bool
}

func (k Knobs) withDefaults() Knobs {
	for _, d := range []struct {
		value    *int
		standard int
	}{{&k.UserPageSize, 200}, {&k.GroupPageSize, 200}, {&k.MemberChunk, 500}, {&k.ListPageSize, 100}, {&k.Subscriptions, 100}} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{{&k.DeltaLife, 7 * 24 * time.Hour}, {&k.PageLife, time.Hour}, {&k.AccessTokenLife, 3599 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	if k.Expired == "" {
		k.Expired = ExpiredObserved
	}
	if k.ResyncCode == "" {
		k.ResyncCode = "resyncRequired"
	}
	if k.RetryAfter == "" {
		k.RetryAfter = RetryAfterInteger
	}
	return k
}
