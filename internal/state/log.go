package state

import (
	"time"

	"github.com/entrain-dev/entrain/internal/directory"
)

// LogEntry is one record of the provisioning log, reference part 2 section 10. It is the only place where attribute values
// are kept for people to read.
type LogEntry struct {
	// Number grows with each entry of a store; set by the store.
	Number   int64              `json:"number,omitempty"`
	ID       string             `json:"id"`
	Time     time.Time          `json:"activityDateTime"`
	CycleID  string             `json:"cycleId"`
	ChangeID string             `json:"changeId"`
	Kind     directory.Kind     `json:"objectType"`
	Source   directory.SourceID `json:"sourceId"`
	Target   directory.TargetID `json:"targetId,omitempty"`
	// SourceName and TargetName are what people know the object by (userPrincipalName, displayName).
	SourceName string `json:"sourceName,omitempty"`
	TargetName string `json:"targetName,omitempty"`
	// Action is create, update, disable, delete, stageddelete or other.
	Action string `json:"provisioningAction"`
	// Status is success, failure, skipped or warning.
	Status     string        `json:"status"`
	Code       string        `json:"errorCode,omitempty"`
	Reason     string        `json:"reason,omitempty"`
	Advice     string        `json:"recommendedAction,omitempty"`
	Duration   time.Duration `json:"durationInNanoseconds,omitempty"`
	Steps      []LogStep     `json:"provisioningSteps,omitempty"`
	Properties []LogProperty `json:"modifiedProperties,omitempty"`
}

// LogStep is one step of an activity: import, scoping, matching, processing, referenceResolution or export.
type LogStep struct {
	Name        string            `json:"name"`
	Type        string            `json:"provisioningStepType"`
	Status      string            `json:"status"`
	Description string            `json:"description,omitempty"`
	Details     map[string]string `json:"details,omitempty"`
}

// LogProperty is a changed attribute of the target; redacted values are "[Redact]".
type LogProperty struct {
	Name string `json:"displayName"`
	Old  string `json:"oldValue,omitempty"`
	New  string `json:"newValue,omitempty"`
}

// LogQuery selects entries; zero fields select all.
type LogQuery struct {
	Source  directory.SourceID
	Name    string // source or target name contains, case-insensitive
	Action  string
	Status  string
	CycleID string
	Since   time.Time
	// After continues after an entry's Number (oldest first); Before goes back from one (newest first). At most one is set; with
	// neither the newest entries come first.
	After, Before int64
	// Limit is at most 1000; 0 means 100.
	Limit int
}
