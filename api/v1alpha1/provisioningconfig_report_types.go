package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CycleProgress says where the running cycle is, or how the last one ended.
type CycleProgress struct {
	// cycle is the kind of the cycle: Initial or Incremental.
	// +optional
	Cycle CycleKind `json:"cycle,omitempty"`

	// phase is what the cycle is doing. Example: Users.
	// +optional
	Phase CyclePhase `json:"phase,omitempty"`

	// completedUnits is how many objects of this phase are done.
	// +kubebuilder:validation:Minimum=0
	// +optional
	CompletedUnits int64 `json:"completedUnits"`

	// totalUnits is how many objects this phase has; 0 while that is not known.
	// +kubebuilder:validation:Minimum=0
	// +optional
	TotalUnits int64 `json:"totalUnits"`

	// percent is the share of this phase that is done, 0 to 100.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	// +optional
	Percent int32 `json:"percent"`

	// summary says the same in a word or two, as kubectl get shows it. Examples: Users 73%, Completed, Interrupted, Failed.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Summary string `json:"summary,omitempty"`

	// observedTime is when these numbers were taken.
	// +optional
	ObservedTime *metav1.Time `json:"observedTime,omitempty"`
}

// CycleReport is what came of a cycle that ended.
type CycleReport struct {
	// id identifies the cycle in the provisioning log.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	ID string `json:"id,omitempty"`

	// kind is the kind of the cycle: Initial or Incremental.
	// +optional
	Kind CycleKind `json:"kind,omitempty"`

	// result says how the cycle ended: Succeeded, EntryLevelErrors (some objects failed and are retried), Failed (the work was
	// not done) or Interrupted (stopped at an object border; the next cycle goes on from there).
	// +optional
	Result CycleResult `json:"result,omitempty"`

	// message says in one sentence why the cycle did not succeed and what to do.
	// +kubebuilder:validation:MaxLength=2048
	// +optional
	Message string `json:"message,omitempty"`

	// dryRun says that the counters are what would have been done.
	// +optional
	DryRun bool `json:"dryRun,omitempty"`

	// startTime is when the cycle started.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// completionTime is when the cycle ended.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`

	// created is how many users and groups were created in the target.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Created int64 `json:"created"`

	// updated is how many users and groups were changed in the target, enabled ones included.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Updated int64 `json:"updated"`

	// disabled is how many users were disabled in the target.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Disabled int64 `json:"disabled"`

	// deleted is how many users and groups were deleted in the target.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Deleted int64 `json:"deleted"`

	// skipped is how many users and groups needed nothing or were out of scope.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Skipped int64 `json:"skipped"`

	// failed is how many users and groups failed in this cycle.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Failed int64 `json:"failed"`

	// escrowed is how many failures, also of earlier cycles, wait for a retry after this cycle.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Escrowed int64 `json:"escrowed"`
}

// DriftStatus is what the last look for changes in the target found (spec.extensions.driftCorrection).
type DriftStatus struct {
	// checkedTime is when everything under management was looked at last.
	// +optional
	CheckedTime *metav1.Time `json:"checkedTime,omitempty"`

	// found is how many users and groups had been changed or deleted in the target, or had other members. The provisioning log
	// has each of them under the code DriftDetected or DriftCorrected.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Found int64 `json:"found"`
}

// SynchronizedCounts counts what is under management in the target.
type SynchronizedCounts struct {
	// users is how many users are linked to an account.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Users int64 `json:"users"`

	// groups is how many groups are linked to a group of the target.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Groups int64 `json:"groups"`

	// memberships is how many memberships of linked groups are known to be in the target.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Memberships int64 `json:"memberships"`
}

// QuarantineStatus says since when and why cycles run rarely (reference 2.4).
type QuarantineStatus struct {
	// reason says why, in the words of Microsoft Graph. Example: EncounteredQuarantineException.
	// +optional
	Reason QuarantineReason `json:"reason,omitempty"`

	// error is the failure that led to the quarantine, where there is one.
	// +optional
	Error *StatusError `json:"error,omitempty"`

	// seriesBegan is when the quarantine began.
	// +optional
	SeriesBegan *metav1.Time `json:"seriesBegan,omitempty"`

	// currentBegan is when the quarantine was looked at and confirmed for the last time.
	// +optional
	CurrentBegan *metav1.Time `json:"currentBegan,omitempty"`

	// nextAttempt is when the next cycle is tried: 6, 12 and 24 hours after seriesBegan, then daily.
	// +optional
	NextAttempt *metav1.Time `json:"nextAttempt,omitempty"`

	// seriesCount is how many tries left the quarantine in effect.
	// +kubebuilder:validation:Minimum=0
	// +optional
	SeriesCount int64 `json:"seriesCount"`
}

// StatusError is a failure of the whole configuration.
type StatusError struct {
	// code is the error code. Example: AADSTS7000215.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	Code string `json:"code,omitempty"`

	// message says in one sentence what failed and what to do.
	// +kubebuilder:validation:MaxLength=2048
	// +optional
	Message string `json:"message,omitempty"`
}

// ObjectError is the failure of one user or group.
type ObjectError struct {
	// objectType is User or Group.
	// +optional
	ObjectType ObjectType `json:"objectType,omitempty"`

	// sourceID is the Object ID in Entra.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	SourceID string `json:"sourceID,omitempty"`

	// code is the error code. Example: DuplicateTargetEntries.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	Code string `json:"code,omitempty"`

	// message says in one sentence what failed and what to do, without names and addresses.
	// +kubebuilder:validation:MaxLength=2048
	// +optional
	Message string `json:"message,omitempty"`

	// time is when the object failed for the last time.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`

	// nextRetry is when the object is tried again; absent when it is not.
	// +optional
	NextRetry *metav1.Time `json:"nextRetry,omitempty"`
}

// HeldDeletions is the set of removals that accidental deletion prevention holds.
type HeldDeletions struct {
	// id identifies exactly this set. To carry it out, set the annotation provisioning.entrain.dev/allow-deletes to it. To
	// reject it, undo the cause: assign again, restore, correct the filter.
	// +kubebuilder:validation:MaxLength=128
	// +required
	ID string `json:"id"`

	// users is how many users would be disabled or deleted.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Users int64 `json:"users"`

	// groups is how many groups would be removed.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Groups int64 `json:"groups"`

	// since is when removals were held first.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
}
