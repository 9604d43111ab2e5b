package v1alpha1

// Annotations by which an administrator asks a ProvisioningConfig for something once. The value is a token of the
// administrator's choice, for example a time stamp; a request is new when its value differs from the one that status
// repeats. A request is acknowledged when its cycle starts.
const (
	// SyncAnnotation asks for a cycle now, whatever the schedule, the mode Manual or a quarantine say. Acknowledged in
	// status.lastHandledSync. Example: "2026-11-24T10:00:00Z".
	SyncAnnotation = "provisioning.entrain.dev/sync"

	// RestartAnnotation asks for a new initial cycle. The value is a token, optionally followed by a colon and a
	// comma-separated list of RestartScope values; without a list it means Watermark, Escrows and QuarantineState, as the
	// portal's Restart button does. Acknowledged in status.lastHandledRestart. Example: "42:Watermark,Escrows".
	RestartAnnotation = "provisioning.entrain.dev/restart"

	// AllowDeletesAnnotation releases the removals that accidental deletion prevention holds. The value must be
	// status.heldDeletions.id: exactly that set is released, any other value is refused with an event. Acknowledged in
	// status.lastHandledAllowDeletes.
	AllowDeletesAnnotation = "provisioning.entrain.dev/allow-deletes"
)

// MaxRequestLength is the longest value of a request annotation that is accepted, in bytes; status repeats the value.
const MaxRequestLength = 1024

// Finalizer keeps a ProvisioningConfig until its cycle has ended and its state is deleted. People in the target are not
// touched by that.
const Finalizer = "provisioning.entrain.dev/state"

// RestartScope says what a restart forgets (reference 1.5, resetScope).
type RestartScope string

const (
	// RestartWatermark re-evaluates every object of the source; links are kept.
	RestartWatermark RestartScope = "Watermark"
	// RestartEscrows forgets failures, so that they are no longer retried on their own.
	RestartEscrows RestartScope = "Escrows"
	// RestartQuarantineState lifts the quarantine until the next cycle says otherwise.
	RestartQuarantineState RestartScope = "QuarantineState"
	// RestartFull does all of the above and drops the links: every object is matched again.
	RestartFull RestartScope = "Full"
)
