package genesyssim

import "time"

// Knobs are the switches of section 17 that can be turned while the simulator runs, and a few more for failures seen in the
// field. The zero value of each is NOT the default where a comment says so; start from DefaultKnobs.
type Knobs struct {
	// Roots says which of the two roots exist (switch 1).
	Roots Roots
	// TokenErrorStatus answers a wrong client or secret at the token endpoint: 401 by default, 400 as alternative (3.2).
	TokenErrorStatus int
	// ReviveNewID gives a deleted user that is created again a new id (switch 5).
	ReviveNewID bool
	// VersionStep is by how much an effective change raises the version, 1 by default (switch 7).
	VersionStep int
	// StaleStatus answers a failed If-Match: 400 by default, 409 or 412 (switch 8).
	StaleStatus int
	// ExpensivePageEvery answers every n-th list of users with count above 25 and expensive attributes with 429; 3 by default,
	// 0 for never (switch 9).
	ExpensivePageEvery int
	// MaxCount is the largest page; 100 by default.
	MaxCount int
	// StrictFilter refuses `and` outside of externalIds (switch 10).
	StrictFilter bool
	// LookupActiveOnly hides inactive users from every filter that does not name active (switch 11).
	LookupActiveOnly bool
	// GroupFilterRequired refuses a list of groups without filter on the v2 root (switch 12).
	GroupFilterRequired bool
	// GroupVerbs says what POST and DELETE of groups do (switch 13).
	GroupVerbs GroupVerbs
	// IgnoreGroupRename ignores a new displayName of a group instead of refusing it (switch 14).
	IgnoreGroupRename bool
	// MemberCap limits the members that one request may add, 0 for no limit; MemberCapMode says what happens above it
	// (switch 15).
	MemberCap     int
	MemberCapMode MemberCapMode
	// AddReplacesMembers makes an add of members remove everybody else, as seen at other servers.
	AddReplacesMembers bool
	// NormalisePhones strips blanks and punctuation of a number and stores the rest, instead of refusing it (switch 16).
	NormalisePhones bool
	// IgnoreUnknownTypes drops e-mails and phones of unknown type instead of refusing the request (switch 17).
	IgnoreUnknownTypes bool
	// IgnoreUnknownNames drops unknown roles, skills, languages, divisions and managers (switch 18).
	IgnoreUnknownNames bool
	// PutKeeps makes PUT keep attributes that are not in the body (switch 20).
	PutKeeps bool
	// DeleteAnswersObject answers a DELETE with 200 and {} (switch 21).
	DeleteAnswersObject bool
	// RefuseUnknownAttributes answers unknown attributes with 400 invalidSyntax (switch 22).
	RefuseUnknownAttributes bool
	// RateAllowed is how many requests a token may send in one RateWindow, 300 by default, 0 for no limit (switch 23).
	RateAllowed int
	// RateWindow is the length of the fixed window, one minute by default. Shorten it to scale time.
	RateWindow time.Duration
	// RetryAfter is the form of the Retry-After header of the rate limit.
	RetryAfter RetryAfterForm
	// SearchDelay is how long a list or filter does not see a write (switch 24).
	SearchDelay time.Duration
	// PlatformErrorsOnly renders every error as platform ErrorBody (switch 26).
	PlatformErrorsOnly bool
	// AllowEverything does not check permissions (switch 27).
	AllowEverything bool
	// AbsoluteLocations renders meta.location and $ref as absolute addresses (switch 28).
	AbsoluteLocations bool

	// Latency is added to every request of SCIM and of the token endpoint.
	Latency time.Duration
	// BooleanForm says which forms of active are understood.
	BooleanForm BooleanForm
	// PartialPatch keeps the operations before the one that is refused (section 11: several services behind one user).
	PartialPatch bool
	// GroupPatchAnswer is the body of the answer to a PATCH of a group.
	GroupPatchAnswer GroupPatchAnswer
	// OddIDs gives new users and groups ids with @, %, /, blanks and letters outside of ASCII.
	OddIDs bool
}

// DefaultKnobs returns the defaults of section 17.
func DefaultKnobs() Knobs {
	return Knobs{TokenErrorStatus: 401, VersionStep: 1, StaleStatus: 400, ExpensivePageEvery: 3, MaxCount: 100,
		RateAllowed: 300, RateWindow: time.Minute}
}

// Roots says which roots exist.
type Roots string

// The choices of Roots.
const (
	BothRoots  Roots = ""
	OnlyV2Root Roots = "v2"
	OnlyV1Root Roots = "v1"
)

// GroupVerbs says what POST and DELETE of groups do.
type GroupVerbs string

// The choices of GroupVerbs.
const (
	// GroupVerbs405 is today's API: method not allowed.
	GroupVerbs405 GroupVerbs = ""
	// GroupVerbs404 hides the verbs behind not found.
	GroupVerbs404 GroupVerbs = "404"
	// GroupVerbsLegacy is the API of 2019-12 to 2021-01: create an official group, delete one that was created this way.
	GroupVerbsLegacy GroupVerbs = "legacy"
)

// MemberCapMode says what happens to members above Knobs.MemberCap.
type MemberCapMode string

// The choices of MemberCapMode.
const (
	// CapRefuse400 refuses the request with 400 invalidValue.
	CapRefuse400 MemberCapMode = ""
	// CapRefuse413 refuses the request with 413 request.entity.too.large.
	CapRefuse413 MemberCapMode = "413"
	// CapDrop applies the first ones, says 200 and forgets the rest.
	CapDrop MemberCapMode = "drop"
)

// RetryAfterForm is the form of a Retry-After header.
type RetryAfterForm string

// The choices of RetryAfterForm.
const (
	RetryAfterSeconds RetryAfterForm = ""
	RetryAfterDecimal RetryAfterForm = "decimal"
	RetryAfterDate    RetryAfterForm = "date"
	RetryAfterMissing RetryAfterForm = "missing"
)

// BooleanForm says which JSON forms of a Boolean are understood.
type BooleanForm string

// The choices of BooleanForm.
const (
	// AnyBoolean takes true, "True" and "true" (section 11).
	AnyBoolean BooleanForm = ""
	// OnlyBoolean refuses strings.
	OnlyBoolean BooleanForm = "boolean"
	// OnlyString refuses JSON Booleans.
	OnlyString BooleanForm = "string"
)

// GroupPatchAnswer is the answer to a PATCH of a group.
type GroupPatchAnswer string

// The choices of GroupPatchAnswer.
const (
	// AnswerFull is 200 with the whole group (section 4).
	AnswerFull GroupPatchAnswer = ""
	// AnswerWithoutMembers is 200 with the group less its members; large groups are cheap to change this way.
	AnswerWithoutMembers GroupPatchAnswer = "withoutMembers"
	// AnswerNoContent is 204.
	AnswerNoContent GroupPatchAnswer = "noContent"
)
