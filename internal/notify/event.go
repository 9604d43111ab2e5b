package notify

import (
	"fmt"
	"strings"
	"time"
)

// Event is what there is to tell about one configuration.
type Event struct {
	// Namespace and Name are those of the ProvisioningConfig.
	Namespace, Name string
	// Reason is the reason of the quarantine, a Graph name of reference 2.1; "" when removals are held and nothing else is wrong.
	Reason string
	// Code and Message are the error, without names and addresses; "" where there is none.
	Code, Message string
	// Since is when the series of quarantines began, NextAttempt when the next cycle starts by itself; zero where it is not known.
	Since, NextAttempt time.Time
	// Held is the set of removals that is held, nil if there is none.
	Held *Held
}

// Held is a set of removals that accidental deletion prevention holds.
type Held struct {
	ID            string
	Users, Groups int64
	Since         time.Time
}

// tooManyDeletes is the quarantine that held removals bring by themselves.
const tooManyDeletes = "TooManyDeletes"

// explanations say what a reason means, and advice what to do about it.
var (
	explanations = map[string]string{
		"EncounteredQuarantineException":       "a connection or the other side failed as a whole",
		"EncounteredBaseEscrowThreshold":       "too many objects failed in one cycle",
		"EncounteredTotalEscrowThreshold":      "too many objects and references failed in one cycle",
		"EncounteredEscrowProportionThreshold": "too large a share of the objects failed in one cycle",
		tooManyDeletes:                         "a cycle would disable or delete more than the threshold allows; these removals are held",
	}
	advice = map[string]string{
		"EncounteredQuarantineException": "Correct what the error names: credentials, permissions, tenant URL. A changed Secret or configuration is tried at once; " +
			"the annotation provisioning.entrain.dev/sync starts a cycle without waiting.",
		"EncounteredBaseEscrowThreshold":       adviceObjects,
		"EncounteredTotalEscrowThreshold":      adviceObjects,
		"EncounteredEscrowProportionThreshold": adviceObjects,
	}
)

const adviceObjects = "Look at status.recentErrors and the provisioning log for the codes that occur most; correct mapping, filters or data, or the application. " +
	"A changed configuration is tried at once; the annotation provisioning.entrain.dev/sync starts a cycle without waiting."

// Subject returns the subject line.
func (e Event) Subject() string {
	if e.Reason == "" || e.Reason == tooManyDeletes {
		return fmt.Sprintf("[Entrain] %s/%s: removals are held", e.Namespace, e.Name)
	}
	return fmt.Sprintf("[Entrain] %s/%s is in quarantine: %s", e.Namespace, e.Name, e.Reason)
}

// Body returns the text.
func (e Event) Body() string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-15s%s\n", name+":", value)
		}
	}
	line("Configuration", e.Namespace+"/"+e.Name)
	line("Reason", e.reason())
	line("Error", strings.TrimSpace(e.Code+" "+e.Message))
	line("Since", instant(e.since()))
	line("Next attempt", e.next())
	if h := e.Held; h != nil {
		line("Held", fmt.Sprintf("%d users and %d groups, set %s", h.Users, h.Groups, h.ID))
	}
	b.WriteString("\nWhat to do\n\n")
	if a := advice[e.Reason]; a != "" {
		b.WriteString(wrap(a) + "\n\n")
	}
	if h := e.Held; h != nil {
		b.WriteString(wrap("Nobody is disabled or deleted until you decide; creates and updates go on. "+
			"The provisioning log lists the held objects as StagedDelete. If the removals are wanted, release exactly this set:") + "\n\n")
		fmt.Fprintf(&b, "  kubectl -n %s annotate --overwrite provisioningconfig %s provisioning.entrain.dev/allow-deletes=%s\n\n", e.Namespace, e.Name, h.ID)
		b.WriteString(wrap("If they are not, undo the cause: assign the people again, restore them, or correct the scoping filter.") + "\n\n")
	}
	fmt.Fprintf(&b, "More is in the status of the resource:\n\n  kubectl -n %s describe provisioningconfig %s\n\n", e.Namespace, e.Name)
	b.WriteString(wrap("This message is sent once for each quarantine and when its reason changes. To stop messages, remove the address from "+
		"spec.notification.emails.") + "\n")
	return b.String()
}

func (e Event) reason() string {
	if e.Reason == "" {
		return tooManyDeletes + ", " + explanations[tooManyDeletes]
	}
	if text := explanations[e.Reason]; text != "" {
		return e.Reason + ", " + text
	}
	return e.Reason
}

func (e Event) since() time.Time {
	if e.Since.IsZero() && e.Held != nil {
		return e.Held.Since
	}
	return e.Since
}

func (e Event) next() string {
	switch {
	case !e.NextAttempt.IsZero():
		return instant(e.NextAttempt)
	case e.Held != nil:
		return "cycles go on as scheduled; the removals wait for you"
	}
	return ""
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// wrap breaks a paragraph into lines of at most 78 characters (RFC 5322 section 2.1.1).
func wrap(s string) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields(s) {
		switch {
		case i == 0:
		case width+1+len(word) > 78:
			b.WriteByte('\n')
			width = 0
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String()
}
