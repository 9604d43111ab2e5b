package admission

import (
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
)

const (
	// maxWarnings and maxWarning keep what is sent below 4096 characters, above which the API server cuts every warning.
	maxWarnings = 10
	maxWarning  = 400
)

// answer turns findings into warnings and, where something cannot be used, into an error of reason Invalid, as the API server
// itself gives one for a broken rule of the schema: kubectl shows it field by field.
func (f findings) answer(object client.Object) (admission.Warnings, error) {
	var bad fault.Problems
	var warnings []string
	for _, p := range f.problems {
		if p.Warning {
			warnings = append(warnings, p.String())
		} else if len(bad) < api.MaxProblems {
			bad = append(bad, p)
		}
	}
	warnings = shorten(append(warnings, f.warnings...))
	if len(bad) == 0 {
		return warnings, nil
	}
	return warnings, invalid(object, bad)
}

func invalid(object client.Object, problems fault.Problems) error {
	kind := kindOf(object)
	status := metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid,
		Message: "the " + named(kind, object.GetName()) + " cannot be used:\n" + problems.Error(),
		Details: &metav1.StatusDetails{Group: api.GroupVersion.Group, Kind: kind, Name: object.GetName()},
	}
	for _, p := range problems {
		cause := metav1.StatusCause{Type: metav1.CauseTypeFieldValueInvalid, Field: p.Path}
		p.Path = ""
		cause.Message = p.String()
		status.Details.Causes = append(status.Details.Causes, cause)
	}
	return &apierrors.StatusError{ErrStatus: status}
}

// shorten makes warnings what the HTTP header that carries them can hold: one line, bounded, few.
func shorten(warnings []string) []string {
	if more := len(warnings) - maxWarnings; more > 0 {
		warnings = append(warnings[:maxWarnings:maxWarnings], fmt.Sprintf("There are %d more warnings.", more))
	}
	for i, w := range warnings {
		w, _, _ = strings.Cut(w, "\n")
		if runes := []rune(w); len(runes) > maxWarning {
			w = string(runes[:maxWarning-1]) + "…"
		}
		warnings[i] = w
	}
	return warnings
}

func kindOf(object client.Object) string {
	switch object.(type) {
	case *api.ProvisioningConfig:
		return api.ProvisioningConfigKind
	case *api.AttributeMapping:
		return api.AttributeMappingKind
	case *api.ScopingFilter:
		return api.ScopingFilterKind
	}
	return api.ProvisionOnDemandKind
}

// named is "AttributeMapping "users"", or the kind alone for an object whose name the API server will make up.
func named(kind, name string) string {
	if name == "" {
		return kind
	}
	return kind + ` "` + name + `"`
}
