package controllers

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/fault"
	"github.com/entrain-dev/entrain/internal/plan"
)

func TestTheAgeOfTheTokenIsShown(t *testing.T) {
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		token   plan.TokenLife
		refused bool
		want    string
	}{
		"nothing is known":     {plan.TokenLife{Obtained: noon.Add(-day)}, false, "as SCIM requires."},
		"half of its life":     {plan.TokenLife{Obtained: noon.Add(-50 * day), Expiry: noon.Add(400 * day)}, false, "as SCIM requires. The token is 50 days old and expires on " + noon.Add(400*day).Format(time.DateOnly) + "."},
		"only the end":         {plan.TokenLife{Expiry: noon.Add(400 * day)}, false, "The token expires on " + noon.Add(400*day).Format(time.DateOnly) + "."},
		"soon over":            {plan.TokenLife{Obtained: noon.Add(-438 * day), Expiry: noon.Add(12 * day)}, false, "The token expires in 12 days, on " + noon.Add(12*day).Format(time.DateOnly) + "; put a new one into the Secret before."},
		"over":                 {plan.TokenLife{Expiry: noon.Add(-day)}, false, "The token expired on " + noon.Add(-day).Format(time.DateOnly) + "; put a new one into the Secret."},
		"refused, and it says": {plan.TokenLife{Expiry: noon.Add(-day)}, true, "The application refuses the token. The token expired on " + noon.Add(-day).Format(time.DateOnly) + "; put a new one into the Secret."},
	} {
		t.Run(name, func(t *testing.T) {
			s := compute(observed(func(o *observation) {
				o.token = tc.token
				if tc.refused {
					o.run.TargetErr = fault.New(fault.Unauthorized, "test the connection", "The application refuses the token.")
				}
			}))
			got := meta.FindStatusCondition(s.Conditions, api.TargetConnectedCondition).Message
			if !strings.HasSuffix(got, tc.want) {
				t.Errorf("message = %q, want it to end with %q", got, tc.want)
			}
		})
	}
}
