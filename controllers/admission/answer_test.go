package admission

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
)

func TestAnswer(t *testing.T) {
	caret := "There is no function Tolower\n  Tolower([mail])\n  ^"
	mapping := &api.AttributeMapping{ObjectMeta: metav1.ObjectMeta{Name: "people"}}
	for name, tc := range map[string]struct {
		findings findings
		warned   []string
		message  string
		causes   []metav1.StatusCause
	}{
		"nothing": {},
		"a problem with a place": {
			findings: findings{problems: fault.Problems{{Path: "spec.a", Line: 1, Column: 5, Message: caret}}},
			message:  "the AttributeMapping \"people\" cannot be used:\nspec.a:1:5: " + caret,
			causes:   []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Field: "spec.a", Message: "1:5: " + caret}},
		},
		"a warning of several lines is told by its first, because a header holds no more": {
			findings: findings{problems: fault.Problems{{Path: "spec.a", Line: 1, Column: 5, Message: caret, Warning: true}}},
			warned:   []string{"spec.a:1:5: There is no function Tolower"},
		},
		"a long warning is cut": {
			findings: findings{warnings: []string{strings.Repeat("é", maxWarning+1)}},
			warned:   []string{strings.Repeat("é", maxWarning-1) + "…"},
		},
		"warnings beside a problem": {
			findings: findings{problems: fault.Problems{{Path: "spec.a", Message: "no"}}, warnings: []string{"also"}},
			warned:   []string{"also"},
			message:  "the AttributeMapping \"people\" cannot be used:\nspec.a: no",
			causes:   []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Field: "spec.a", Message: "no"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			warned, err := tc.findings.answer(mapping)
			if diff := cmp.Diff(tc.warned, []string(warned)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if tc.message == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			status := statusOf(t, err)
			if status.Code != http.StatusUnprocessableEntity || status.Reason != metav1.StatusReasonInvalid || status.Message != tc.message {
				t.Errorf("got %d %s %q, want 422 Invalid %q", status.Code, status.Reason, status.Message, tc.message)
			}
			if diff := cmp.Diff(tc.causes, status.Details.Causes); diff != "" {
				t.Errorf("causes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswerIsBounded(t *testing.T) {
	var f findings
	for i := range api.MaxProblems + 5 {
		f.problems = append(f.problems, fault.Problem{Path: fmt.Sprintf("spec.attributes[%d]", i), Message: "no"})
	}
	for i := range maxWarnings + 5 {
		f.warn(fmt.Sprint(i))
	}
	warned, err := f.answer(&api.AttributeMapping{})
	if got := len(statusOf(t, err).Details.Causes); got != api.MaxProblems {
		t.Errorf("got %d causes, want %d", got, api.MaxProblems)
	}
	if len(warned) != maxWarnings+1 || warned[maxWarnings] != "There are 5 more warnings." {
		t.Errorf("want %d warnings and how many there are beside them, got %q", maxWarnings, warned)
	}
}

func TestEnumerate(t *testing.T) {
	for name, tc := range map[string]struct {
		names []string
		want  string
	}{
		"one":            {[]string{"a"}, `the ProvisioningConfig "a"`},
		"two":            {[]string{"a", "b"}, `the ProvisioningConfigs "a" and "b"`},
		"as many as fit": {[]string{"a", "b", "c", "d", "e"}, `the ProvisioningConfigs "a", "b", "c", "d" and "e"`},
		"more":           {[]string{"a", "b", "c", "d", "e", "f", "g"}, `the ProvisioningConfigs "a", "b", "c", "d", "e" and 2 more`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := enumerate(tc.names); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
