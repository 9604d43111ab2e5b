package v1alpha1_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/entrain-dev/entrain/api/v1alpha1"
)

// cell is a column of kubectl get with what it shows; Wide columns need -o wide.
type cell struct {
	Name  string
	Wide  bool
	Value any
}

// resource is what the kinds have in common.
type resource interface {
	client.Object
	GetConditions() []metav1.Condition
	SetConditions([]metav1.Condition)
}

func TestColumns(t *testing.T) {
	hourAgo := metav1.NewTime(time.Now().Add(-time.Hour))
	next := metav1.NewTime(time.Date(2026, 11, 24, 23, 52, 0, 0, time.UTC))

	config := mustParse[v1alpha1.ProvisioningConfig](t, validConfig)
	configStatus := v1alpha1.ProvisioningConfigStatus{
		Code:          v1alpha1.StatusQuarantine,
		Progress:      &v1alpha1.CycleProgress{Cycle: v1alpha1.CycleInitial, Phase: v1alpha1.PhaseUsers, CompletedUnits: 730, TotalUnits: 1000, Percent: 73, Summary: "Users 73%"},
		LastCycle:     &v1alpha1.CycleReport{Kind: v1alpha1.CycleInitial, Result: v1alpha1.CycleEntryLevelErrors, CompletionTime: &hourAgo, Failed: 3},
		NextCycleTime: &next,
		Synchronized:  &v1alpha1.SynchronizedCounts{Users: 1200, Groups: 14},
		Quarantine:    &v1alpha1.QuarantineStatus{Reason: v1alpha1.QuarantineTooManyDeletes},
	}
	mapping := mustParse[v1alpha1.AttributeMapping](t, validMapping)
	filter := mustParse[v1alpha1.ScopingFilter](t, validFilter)
	request := mustParse[v1alpha1.ProvisionOnDemand](t, validRequest)
	requestStatus := v1alpha1.ProvisionOnDemandStatus{
		Result: v1alpha1.OnDemandSuccess, Action: v1alpha1.OnDemandCreate, SourceID: "s", TargetID: "t", CompletionTime: &hourAgo,
	}

	for name, tc := range map[string]struct {
		object resource
		status func()
		want   []cell
	}{
		"provisioningconfigs": {
			object: &config,
			status: func() { config.Status = configStatus },
			want: []cell{
				{"Name", false, "genesys-cloud"},
				{"Status", false, "Quarantine"},
				{"Ready", false, "False"},
				{"Progress", false, "Users 73%"},
				{"Users", false, 1200.0},
				{"Groups", false, 14.0},
				{"Failed", false, 3.0},
				{"Last Cycle", false, "60m"},
				{"Next", false, "2026-11-24T23:52:00Z"},
				{"Quarantine", true, "TooManyDeletes"},
				{"Message", true, "why"},
				{"Age", false, ""},
			},
		},
		"attributemappings": {
			object: &mapping,
			status: func() { mapping.Status.UsedBy = 2 },
			want: []cell{
				{"Name", false, "genesys-users"}, {"Type", false, "User"}, {"Ready", false, "False"}, {"Used By", false, 2.0},
				{"Message", false, "why"}, {"Age", false, ""},
			},
		},
		"scopingfilters": {
			object: &filter,
			status: func() { filter.Status.UsedBy = 0 },
			want: []cell{
				{"Name", false, "sales"}, {"Type", false, "User"}, {"Ready", false, "False"}, {"Used By", false, 0.0},
				{"Message", false, "why"}, {"Age", false, ""},
			},
		},
		"provisionondemands": {
			object: &request,
			status: func() { request.Status = requestStatus },
			want: []cell{
				{"Name", false, "ada"}, {"Config", false, "genesys-cloud"}, {"Result", false, "Success"}, {"Action", false, "Create"},
				{"Completed", false, "60m"}, {"Source ID", true, "s"}, {"Target ID", true, "t"}, {"Age", false, ""},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), requestTimeout)
			defer cancel()
			tc.object.SetName(tc.object.GetName() + "-columns")
			tc.want[0].Value = tc.object.GetName()
			if err := api.Create(ctx, tc.object); err != nil {
				t.Fatalf("creating: %v", err)
			}
			t.Cleanup(func() {
				if err := api.Delete(context.WithoutCancel(ctx), tc.object); err != nil {
					t.Errorf("deleting: %v", err)
				}
			})
			tc.status()
			conditions := tc.object.GetConditions()
			meta.SetStatusCondition(&conditions, metav1.Condition{Type: v1alpha1.ReadyCondition, Status: metav1.ConditionFalse, Reason: v1alpha1.InvalidReason, Message: "why"})
			tc.object.SetConditions(conditions)
			if err := api.Status().Update(ctx, tc.object); err != nil {
				t.Fatalf("writing status: %v", err)
			}
			got := table(ctx, t, name, tc.object.GetName())
			got[len(got)-1].Value = "" // the age
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
		})
	}
}

// table asks the API server for an object as kubectl get does.
func table(ctx context.Context, t *testing.T, plural, name string) []cell {
	t.Helper()
	httpClient, err := rest.HTTPClientFor(server)
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	base, _, err := rest.DefaultServerUrlFor(server)
	if err != nil {
		t.Fatalf("reading the server's address: %v", err)
	}
	url := base.JoinPath("apis/provisioning.entrain.dev/v1alpha1/namespaces/default", plural, name)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url.String(), http.NoBody)
	if err != nil {
		t.Fatalf("building the request: %v", err)
	}
	req.Header.Set("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
	resp, err := httpClient.Do(req)
	if err != nil {
		t.Fatalf("asking for the table: %v", err)
	}
	defer resp.Body.Close()
	var answer metav1.Table
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatalf("reading the table: %v", err)
	}
	if len(answer.Rows) != 1 {
		t.Fatalf("want one row, got %d (HTTP %d)", len(answer.Rows), resp.StatusCode)
	}
	var out []cell
	for i, column := range answer.ColumnDefinitions {
		out = append(out, cell{Name: column.Name, Wide: column.Priority > 0, Value: answer.Rows[0].Cells[i]})
	}
	return out
}
