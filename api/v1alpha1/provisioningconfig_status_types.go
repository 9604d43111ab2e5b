package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// StatusCode says in one word what provisioning is doing (reference 11.1).
//
// +kubebuilder:validation:Enum=NotConfigured;NotRun;Active;Paused;Quarantine;DryRun
type StatusCode string

const (
	// StatusNotConfigured means something that is referred to is missing or cannot be used, and nothing has run yet.
	StatusNotConfigured StatusCode = "NotConfigured"
	// StatusNotRun means the configuration is complete and the first cycle has not ended.
	StatusNotRun StatusCode = "NotRun"
	// StatusActive means cycles run.
	StatusActive StatusCode = "Active"
	// StatusPaused means the mode is Paused; the state is kept.
	StatusPaused StatusCode = "Paused"
	// StatusQuarantine means cycles run rarely because of their failures, or removals are held.
	StatusQuarantine StatusCode = "Quarantine"
	// StatusDryRun means cycles run and write nothing.
	StatusDryRun StatusCode = "DryRun"
)

// CycleKind is the kind of a cycle.
//
// +kubebuilder:validation:Enum=Initial;Incremental
type CycleKind string

const (
	// CycleInitial evaluates every object of the source.
	CycleInitial CycleKind = "Initial"
	// CycleIncremental evaluates what changed since the watermark.
	CycleIncremental CycleKind = "Incremental"
)

// CyclePhase is what a running cycle is doing. It is no enumeration, so that an operator newer than the installed resource
// definitions can still report.
//
// +kubebuilder:validation:MaxLength=32
type CyclePhase string

const (
	// PhaseOpen tests the connections and decides between initial and incremental.
	PhaseOpen CyclePhase = "Open"
	// PhaseImport reads users, groups and assignments from the source.
	PhaseImport CyclePhase = "Import"
	// PhaseEvaluate finds out who is in scope and decides what to do with each object.
	PhaseEvaluate CyclePhase = "Evaluate"
	// PhaseGuard counts removals and holds them when there are too many.
	PhaseGuard CyclePhase = "Guard"
	// PhaseMatch looks for objects in the target that are not linked yet.
	PhaseMatch CyclePhase = "Match"
	// PhaseRemovals disables users who left scope.
	PhaseRemovals CyclePhase = "Removals"
	// PhaseUsers creates and updates users in the target.
	PhaseUsers CyclePhase = "Users"
	// PhaseReferences writes managers that could not go with the create.
	PhaseReferences CyclePhase = "References"
	// PhaseGroups creates and updates groups in the target.
	PhaseGroups CyclePhase = "Groups"
	// PhaseMembers adds and removes members of groups in the target.
	PhaseMembers CyclePhase = "Members"
	// PhaseDeletions deletes users and groups in the target.
	PhaseDeletions CyclePhase = "Deletions"
	// PhaseRetry tries again what failed earlier and is due.
	PhaseRetry CyclePhase = "Retry"
	// PhaseDrift looks for changes that somebody made in the target.
	PhaseDrift CyclePhase = "Drift"
	// PhaseClose moves the watermark and writes the report.
	PhaseClose CyclePhase = "Close"
)

// CycleResult says how a cycle ended (reference 11.2).
//
// +kubebuilder:validation:Enum=Succeeded;EntryLevelErrors;Failed;Interrupted
type CycleResult string

const (
	// CycleSucceeded means the cycle ended and no object failed.
	CycleSucceeded CycleResult = "Succeeded"
	// CycleEntryLevelErrors means the cycle ended and some objects failed; they are retried.
	CycleEntryLevelErrors CycleResult = "EntryLevelErrors"
	// CycleFailed means the cycle ended before its work was done.
	CycleFailed CycleResult = "Failed"
	// CycleInterrupted means the cycle stopped at an object border, for a new plan or because the operator stopped; the next
	// one goes on from there.
	CycleInterrupted CycleResult = "Interrupted"
)

// QuarantineReason says why provisioning is in quarantine, in the words of Microsoft Graph (reference 2.1 and 2.4).
//
// +kubebuilder:validation:Enum=EncounteredBaseEscrowThreshold;EncounteredTotalEscrowThreshold;EncounteredEscrowProportionThreshold;EncounteredQuarantineException;QuarantinedOnDemand;TooManyDeletes;IngestionInterrupted;Unknown
type QuarantineReason string

const (
	// QuarantineBaseThreshold means more than quarantine.baseFailures objects failed.
	QuarantineBaseThreshold QuarantineReason = "EncounteredBaseEscrowThreshold"
	// QuarantineTotalThreshold means more than quarantine.totalFailures objects and references failed.
	QuarantineTotalThreshold QuarantineReason = "EncounteredTotalEscrowThreshold"
	// QuarantineProportionThreshold means more than quarantine.failurePercent of the objects failed.
	QuarantineProportionThreshold QuarantineReason = "EncounteredEscrowProportionThreshold"
	// QuarantineException means credentials were refused or the other side does not speak the protocol; error says which.
	QuarantineException QuarantineReason = "EncounteredQuarantineException"
	// QuarantineOnDemand is a value of Microsoft Graph that Entrain does not set.
	QuarantineOnDemand QuarantineReason = "QuarantinedOnDemand"
	// QuarantineTooManyDeletes means accidental deletion prevention holds removals.
	QuarantineTooManyDeletes QuarantineReason = "TooManyDeletes"
	// QuarantineIngestionInterrupted is a value of Microsoft Graph that Entrain does not set.
	QuarantineIngestionInterrupted QuarantineReason = "IngestionInterrupted"
	// QuarantineUnknown means none of the above.
	QuarantineUnknown QuarantineReason = "Unknown"
)

// ProvisioningConfigStatus is a summary of what provisioning is doing. Everything that grows with the number of people
// lives in the operator's state store; kubectl entrain logs and plan show it.
type ProvisioningConfigStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready, Reconciling and Stalled (kstatus), ReferencesResolved, SourceConnected, TargetConnected,
	// Synchronized, Quarantined and DeletionsHeld.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// code says in one word what provisioning is doing: NotConfigured, NotRun, Active, Paused, Quarantine or DryRun.
	// +optional
	Code StatusCode `json:"code,omitempty"`

	// progress says where the running cycle is, or how the last one ended; absent before the first.
	// +optional
	Progress *CycleProgress `json:"progress,omitempty"`

	// lastCycle is the last cycle that ended, failed ones too.
	// +optional
	LastCycle *CycleReport `json:"lastCycle,omitempty"`

	// lastSuccessfulCycle is the last cycle that ended without any error.
	// +optional
	LastSuccessfulCycle *CycleReport `json:"lastSuccessfulCycle,omitempty"`

	// nextCycleTime is when the next cycle starts; absent while none is planned.
	// +optional
	NextCycleTime *metav1.Time `json:"nextCycleTime,omitempty"`

	// steadyStateFirstAchievedTime is when a cycle left nothing to do for the first time.
	// +optional
	SteadyStateFirstAchievedTime *metav1.Time `json:"steadyStateFirstAchievedTime,omitempty"`

	// steadyStateLastAchievedTime is when a cycle left nothing to do for the last time.
	// +optional
	SteadyStateLastAchievedTime *metav1.Time `json:"steadyStateLastAchievedTime,omitempty"`

	// synchronized counts what is under management in the target.
	// +optional
	Synchronized *SynchronizedCounts `json:"synchronized,omitempty"`

	// quarantine says since when and why cycles run rarely; absent while there is no quarantine.
	// +optional
	Quarantine *QuarantineStatus `json:"quarantine,omitempty"`

	// recentErrors are the most recent failures of single objects, newest first, at most 10. They hold ids only; the
	// provisioning log says more.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	// +optional
	RecentErrors []ObjectError `json:"recentErrors,omitempty"`

	// heldDeletions is the set of removals that accidental deletion prevention holds; absent while none is held.
	// +optional
	HeldDeletions *HeldDeletions `json:"heldDeletions,omitempty"`

	// drift is what the last look for changes in the target found; absent unless spec.extensions.driftCorrection asks for it.
	// +optional
	Drift *DriftStatus `json:"drift,omitempty"`

	// lastHandledRestart repeats the value of the annotation provisioning.entrain.dev/restart that was handled last.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	LastHandledRestart string `json:"lastHandledRestart,omitempty"`

	// lastHandledSync repeats the value of the annotation provisioning.entrain.dev/sync that was handled last.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	LastHandledSync string `json:"lastHandledSync,omitempty"`

	// lastHandledAllowDeletes repeats the value of the annotation provisioning.entrain.dev/allow-deletes that was handled
	// last.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	LastHandledAllowDeletes string `json:"lastHandledAllowDeletes,omitempty"`
}

// MaxRecentErrors is how many failures of single objects status lists.
const MaxRecentErrors = 10
