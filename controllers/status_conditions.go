package controllers

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/engine"
	"github.com/entrain-dev/entrain/internal/fault"
)

// conditions computes every condition; one that is nil is absent. Transition times of unchanged conditions are kept.
func conditions(o observation, have []metav1.Condition) []metav1.Condition {
	out := append([]metav1.Condition(nil), have...)
	for typ, f := range map[string]func(observation) *metav1.Condition{
		api.ReadyCondition:              ready,
		api.ReconcilingCondition:        reconciling,
		api.StalledCondition:            stalled,
		api.ReferencesResolvedCondition: referencesResolved,
		api.SourceConnectedCondition:    sourceConnected,
		api.TargetConnectedCondition:    targetConnected,
		api.SynchronizedCondition:       synchronized,
		api.QuarantinedCondition:        quarantined,
		api.DeletionsHeldCondition:      deletionsHeld,
	} {
		c := f(o)
		if c == nil {
			meta.RemoveStatusCondition(&out, typ)
			continue
		}
		c.Type, c.ObservedGeneration, c.Message = typ, o.config.Generation, clip(sentence(c.Message), maxMessage)
		c.LastTransitionTime = metav1.NewTime(o.now)
		meta.SetStatusCondition(&out, *c)
	}
	return out
}

// sentence makes a text that may begin as an error does into a sentence.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return text
	}
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

func yes(reason, message string, args ...any) *metav1.Condition {
	return &metav1.Condition{Status: metav1.ConditionTrue, Reason: reason, Message: fmt.Sprintf(message, args...)}
}

func no(reason, message string, args ...any) *metav1.Condition {
	return &metav1.Condition{Status: metav1.ConditionFalse, Reason: reason, Message: fmt.Sprintf(message, args...)}
}

func unknown(reason, message string) *metav1.Condition {
	return &metav1.Condition{Status: metav1.ConditionUnknown, Reason: reason, Message: message}
}

// ready says the first thing that stands in the way, or how provisioning runs.
func ready(o observation) *metav1.Condition {
	if o.unresolved != nil {
		message := o.unresolved.Message
		if o.planned {
			message += " Until then the previous configuration stays in force."
		}
		return no(o.unresolved.Reason, "%s", message)
	}
	s := o.run
	switch {
	case s.StoreErr != nil:
		return no(api.InternalErrorReason, "The state store cannot be used: %s", s.StoreErr)
	case !s.Loaded:
		return unknown(api.InitializingReason, "The state of this configuration is being read.")
	case o.config.Spec.ProvisioningMode == api.ProvisioningModePaused:
		return yes(api.PausedReason, "Provisioning is paused; set spec.provisioningMode to Automatic to go on.")
	case s.SourceErr != nil:
		return no(connectionReason(s.SourceErr), "%s", connectionMessage("Entra", s.SourceErr))
	case s.TargetErr != nil:
		return no(connectionReason(s.TargetErr), "%s", connectionMessage("The application", s.TargetErr))
	case s.State.Quarantine != nil:
		return no(s.State.Quarantine.Reason, "%s", s.State.Quarantine.Message)
	case s.State.Last == nil:
		return unknown(api.NotRunReason, "The initial cycle has not ended yet.")
	case s.State.Last.Result == engine.Failed:
		return no(api.CycleFailedReason, "The last cycle failed: %s", s.State.Last.Message)
	}
	switch o.config.Spec.ProvisioningMode {
	case api.ProvisioningModeDryRun:
		return yes(api.DryRunReason, "Cycles decide and log what they would do; nothing is written to the application.")
	case api.ProvisioningModeManual:
		return yes(api.WaitingForRequestReason, "The next cycle starts when the annotation %s is set.", api.SyncAnnotation)
	}
	return yes(api.ActiveReason, "Provisioning is running: %d users and %d groups are in sync.", s.Counts.Users, s.Counts.Groups)
}

func connectionMessage(side string, err error) string {
	return fmt.Sprintf("%s could not be used: %s", side, fault.MessageOf(err))
}

// reconciling is present while a newer spec is being put to use or the initial cycle runs.
func reconciling(o observation) *metav1.Condition {
	switch {
	case o.unresolved != nil || o.config.Spec.ProvisioningMode == api.ProvisioningModePaused:
		return nil
	case o.run.StoreErr != nil:
		return nil
	case !o.run.Loaded:
		return yes(api.ProgressingReason, "The configuration is being put to use.")
	case o.run.Running && o.run.Progress.Initial:
		return yes(api.InitialCycleReason, "The initial cycle is running.")
	}
	return nil
}

// stalled is present while nothing will happen until somebody changes something.
func stalled(o observation) *metav1.Condition {
	switch {
	case o.unresolved != nil:
		return yes(o.unresolved.Reason, "%s", o.unresolved.Message)
	case o.run.Expired:
		return yes(api.QuarantineExpiredReason, "The quarantine lasted too long; correct its cause and restart provisioning with the annotation %s.", api.RestartAnnotation)
	}
	return nil
}

func referencesResolved(o observation) *metav1.Condition {
	if o.unresolved != nil {
		return no(o.unresolved.Reason, "%s", o.unresolved.Message)
	}
	return yes(api.ResolvedReason, "All Secrets, mappings and filters were found and can be used.")
}

func sourceConnected(o observation) *metav1.Condition {
	switch {
	case o.run.SourceErr != nil:
		return no(connectionReason(o.run.SourceErr), "%s", fault.MessageOf(o.run.SourceErr))
	case !o.run.Tried:
		return unknown(api.NotTriedReason, "No connection to Entra was attempted yet.")
	}
	return yes(api.ConnectedReason, "Entra accepted the credentials and allowed the reads.")
}

func targetConnected(o observation) *metav1.Condition {
	switch {
	case o.run.TargetErr != nil:
		return no(connectionReason(o.run.TargetErr), "%s", fault.MessageOf(o.run.TargetErr)+tokenLife(o))
	case !o.run.Tried || o.run.SourceErr != nil:
		return unknown(api.NotTriedReason, "No connection to the application was attempted yet.")
	}
	return yes(api.ConnectedReason, "The application accepted the credentials and answers as SCIM requires.%s", tokenLife(o))
}

// tokenLife says how old the secret token is and when it ends, "" where that is not known. It changes once a day.
func tokenLife(o observation) string {
	const day, soon = 24 * time.Hour, 30 * 24 * time.Hour
	t := o.token
	if t.Expiry.IsZero() {
		return ""
	}
	left, date := t.Expiry.Sub(o.now), t.Expiry.UTC().Format(time.DateOnly)
	switch {
	case left <= 0:
		return " The token expired on " + date + "; put a new one into the Secret."
	case left < soon:
		return fmt.Sprintf(" The token expires in %d days, on %s; put a new one into the Secret before.", left/day, date)
	case t.Obtained.IsZero() || t.Obtained.After(o.now):
		return " The token expires on " + date + "."
	}
	return fmt.Sprintf(" The token is %d days old and expires on %s.", o.now.Sub(t.Obtained)/day, date)
}

func synchronized(o observation) *metav1.Condition {
	last := o.run.State.Last
	switch {
	case last == nil && o.run.Running:
		return unknown(api.InitialCycleReason, "The initial cycle is running.")
	case last == nil:
		return unknown(api.NotRunReason, "No cycle has ended yet.")
	case last.Result == engine.Failed:
		return no(api.CycleFailedReason, "The last cycle failed: %s", last.Message)
	case last.Result == engine.Interrupted:
		return no(api.CycleInterruptedReason, "The last cycle was interrupted and will be resumed.")
	case o.run.State.Held != nil:
		return no(api.DeletionsHeldReason, "Removals are held by accidental deletion prevention.")
	case last.Failed > 0 || last.Escrowed > 0:
		return no(api.EntryLevelErrorsReason, "%d objects failed and are tried again; see status.recentErrors.", max(last.Failed, last.Escrowed))
	}
	return yes(api.SteadyStateReason, "The last cycle left nothing undone.")
}

func quarantined(o observation) *metav1.Condition {
	q := o.run.State.Quarantine
	if q == nil {
		return no(api.HealthyReason, "There is no quarantine.")
	}
	message := q.Message
	if message == "" {
		message = "Cycles failed repeatedly."
	}
	if !q.NextAttempt.IsZero() {
		message += " Next attempt at " + q.NextAttempt.UTC().Format("2006-01-02 15:04 MST") + "."
	}
	return yes(q.Reason, "%s", message)
}

func deletionsHeld(o observation) *metav1.Condition {
	h := o.run.State.Held
	if h == nil {
		return no(api.NothingHeldReason, "No removal is held.")
	}
	return yes(api.TooManyDeletesReason, "%d users and %d groups would be disabled or deleted, more than the threshold of %d. Undo the cause, or release exactly this set with the annotation %s: %q.",
		h.Users, h.Groups, o.config.Spec.AccidentalDeletionPrevention.Threshold, api.AllowDeletesAnnotation, h.ID)
}
