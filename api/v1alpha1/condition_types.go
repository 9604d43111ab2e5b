package v1alpha1

// Condition types. Ready, Reconciling and Stalled follow kstatus, so that kubectl wait, Flux and Argo CD understand them:
// Ready is always present, Reconciling and Stalled only while they are True.
const (
	// ReadyCondition is True while the resource does what its spec says. Every kind that an administrator edits has it.
	//
	// Reasons for True: Active, WaitingForRequest, Paused, DryRun, Compiled.
	// Reasons for False: those of ReferencesResolved, SourceConnected, TargetConnected and Quarantined, whichever stands in
	// the way first; Invalid, ExamplesFail, CycleFailed, InternalError.
	// Reasons for Unknown: Initializing, NotRun.
	ReadyCondition = "Ready"

	// ReconcilingCondition is True while a newer spec, Secret, mapping or filter is being put to use, or while the initial
	// cycle runs. Abnormal-true; absent otherwise.
	//
	// Reasons: Progressing, InitialCycle.
	ReconcilingCondition = "Reconciling"

	// StalledCondition is True while nothing more will happen until somebody changes something. Abnormal-true; absent
	// otherwise.
	//
	// Reasons: Invalid, ExamplesFail, ReferenceNotFound, ReferenceInvalid, SecretNotFound, SecretInvalid, QuarantineExpired.
	StalledCondition = "Stalled"

	// ReferencesResolvedCondition of a ProvisioningConfig is True while every Secret, AttributeMapping and ScopingFilter it
	// names exists and can be used. While it is False the previous good plan keeps running.
	//
	// Reasons for True: Resolved. Reasons for False: ReferenceNotFound, ReferenceInvalid, SecretNotFound, SecretInvalid.
	ReferencesResolvedCondition = "ReferencesResolved"

	// SourceConnectedCondition of a ProvisioningConfig is True after Entra accepted the credentials and allowed the reads.
	//
	// Reasons for True: Connected. Reasons for False: Unauthorized, Forbidden, NotFound, Unreachable, NotCompliant.
	// Reasons for Unknown: NotTried.
	SourceConnectedCondition = "SourceConnected"

	// TargetConnectedCondition of a ProvisioningConfig is True after the application accepted the credentials and answered
	// a look-up as SCIM requires.
	//
	// Reasons: as for SourceConnected.
	TargetConnectedCondition = "TargetConnected"

	// SynchronizedCondition of a ProvisioningConfig is True while the last cycle ended and left nothing undone: the steady
	// state. Single objects that failed make it False.
	//
	// Reasons for True: SteadyState. Reasons for False: EntryLevelErrors, CycleFailed, CycleInterrupted, DeletionsHeld.
	// Reasons for Unknown: NotRun, InitialCycle.
	SynchronizedCondition = "Synchronized"

	// QuarantinedCondition of a ProvisioningConfig is True while cycles run rarely because of their failures, or removals
	// are held. Abnormal-true.
	//
	// Reasons for True: the values of QuarantineReason. Reasons for False: Healthy.
	QuarantinedCondition = "Quarantined"

	// DeletionsHeldCondition of a ProvisioningConfig is True while accidental deletion prevention holds removals; creates
	// and updates go on. Abnormal-true.
	//
	// Reasons for True: TooManyDeletes, StateLost. Reasons for False: NothingHeld.
	DeletionsHeldCondition = "DeletionsHeld"

	// ExamplesPassCondition of an AttributeMapping is True while every example gives what it expects; absent without examples.
	//
	// Reasons for True: ExamplesPass. Reasons for False: ExamplesFail. Reasons for Unknown: Invalid.
	ExamplesPassCondition = "ExamplesPass"

	// CompleteCondition of a ProvisionOnDemand is True once the request was carried out, also when there was nothing to do.
	//
	// Reasons: the values of OnDemandResult.
	CompleteCondition = "Complete"

	// FailedCondition of a ProvisionOnDemand is True once the request ended with an error. Abnormal-true.
	//
	// Reasons: ReferenceNotFound, ReferenceInvalid, Paused, StepFailed, InternalError, Interrupted.
	FailedCondition = "Failed"
)

// Condition reasons.
const (
	// ActiveReason means cycles run as scheduled.
	ActiveReason = "Active"
	// WaitingForRequestReason means the mode is Manual: the next cycle starts when somebody asks for it.
	WaitingForRequestReason = "WaitingForRequest"
	// PausedReason means the mode is Paused: no cycle starts.
	PausedReason = "Paused"
	// DryRunReason means the mode is DryRun: cycles decide and log, and write nothing to the target.
	DryRunReason = "DryRun"
	// CompiledReason means a mapping or filter was read without a problem and can be used.
	CompiledReason = "Compiled"

	// InitializingReason means the resource was not looked at yet.
	InitializingReason = "Initializing"
	// NotRunReason means no cycle has ended yet.
	NotRunReason = "NotRun"
	// ProgressingReason means a newer state of the resource is being put to use.
	ProgressingReason = "Progressing"
	// InitialCycleReason means the initial cycle is running.
	InitialCycleReason = "InitialCycle"

	// InvalidReason means the spec has problems; status.problems or the message says where.
	InvalidReason = "Invalid"
	// ResolvedReason means everything that is referred to exists and can be used.
	ResolvedReason = "Resolved"
	// ReferenceNotFoundReason means a resource that is referred to does not exist in the namespace.
	ReferenceNotFoundReason = "ReferenceNotFound"
	// ReferenceInvalidReason means a resource that is referred to exists and has problems of its own.
	ReferenceInvalidReason = "ReferenceInvalid"
	// SecretNotFoundReason means a Secret does not exist in the namespace, or the operator may not read it.
	SecretNotFoundReason = "SecretNotFound"
	// SecretInvalidReason means a Secret lacks the key, or the value is not what the field needs.
	SecretInvalidReason = "SecretInvalid"

	// ConnectedReason means the other side accepted the credentials and answered as it should.
	ConnectedReason = "Connected"
	// NotTriedReason means no connection was attempted yet.
	NotTriedReason = "NotTried"
	// UnauthorizedReason means the other side refused the credentials.
	UnauthorizedReason = "Unauthorized"
	// ForbiddenReason means the credentials are good and a permission is missing.
	ForbiddenReason = "Forbidden"
	// NotFoundReason means the tenant, the application or the SCIM endpoint does not exist.
	NotFoundReason = "NotFound"
	// UnreachableReason means no connection could be made: name, network or TLS.
	UnreachableReason = "Unreachable"
	// NotCompliantReason means the other side answered, but not as the protocol requires.
	NotCompliantReason = "NotCompliant"

	// SteadyStateReason means the last cycle left nothing undone.
	SteadyStateReason = "SteadyState"
	// EntryLevelErrorsReason means the last cycle ended and some objects failed; they are retried.
	EntryLevelErrorsReason = "EntryLevelErrors"
	// CycleFailedReason means the last cycle ended before its work was done.
	CycleFailedReason = "CycleFailed"
	// CycleInterruptedReason means the last cycle stopped at an object border, for a new plan or a restart of the operator.
	CycleInterruptedReason = "CycleInterrupted"

	// HealthyReason means there is no quarantine.
	HealthyReason = "Healthy"
	// QuarantineExpiredReason means the quarantine lasted for quarantine.disableAfterDays: cycles no longer start.
	QuarantineExpiredReason = "QuarantineExpired"
	// DeletionsHeldReason means the only work left undone is removals that are held.
	DeletionsHeldReason = "DeletionsHeld"
	// TooManyDeletesReason means a cycle would have removed more objects than the threshold allows.
	TooManyDeletesReason = "TooManyDeletes"
	// StateLostReason means the state store is empty although people were provisioned: every removal is held.
	StateLostReason = "StateLost"
	// NothingHeldReason means no removal is held.
	NothingHeldReason = "NothingHeld"

	// ExamplesPassReason means every example gives what it expects.
	ExamplesPassReason = "ExamplesPass"
	// ExamplesFailReason means at least one example gives something else; status.problems says which.
	ExamplesFailReason = "ExamplesFail"

	// StepFailedReason means a step of a ProvisionOnDemand failed; status.steps says which.
	StepFailedReason = "StepFailed"
	// InterruptedReason means the operator stopped while the request was carried out; create it again.
	InterruptedReason = "Interrupted"
	// InternalErrorReason means the operator itself failed; its log says more.
	InternalErrorReason = "InternalError"
)
