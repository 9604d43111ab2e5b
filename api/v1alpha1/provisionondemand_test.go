package v1alpha1_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/entrain-dev/entrain/api/v1alpha1"
)

const validRequest = `
apiVersion: provisioning.entrain.dev/v1alpha1
kind: ProvisionOnDemand
metadata: {name: ada, namespace: default}
spec:
  provisioningConfigRef: {name: genesys-cloud}
  user: {userPrincipalName: ada@contoso.com}
`

func TestProvisionOnDemand(t *testing.T) {
	const (
		id      = "5250f4a1-3c9e-4f2b-9c57-0a1b2c3d4e5f"
		oneKind = "spec: Invalid value: set exactly one of user and group"
		oneID   = "spec.user: Invalid value: set exactly one of id (Object ID in Entra) and userPrincipalName"
	)
	group := func(fields string) string { return "spec: {user: null, group: {id: " + id + ", " + fields + "}}" }
	member := func(last string) string { return "5250f4a1-3c9e-4f2b-9c57-0a1b2c3d4e" + last }
	checkRows(t, validRequest, map[string]row{
		"the example is accepted": {},
		"a user by id":            {patch: "spec: {user: {userPrincipalName: null, id: " + id + "}}"},
		"a user by both":          {patch: "spec: {user: {id: " + id + "}}", refused: []string{oneID}},
		"a user by neither":       {patch: "spec: {user: {userPrincipalName: null}}", refused: []string{oneID}},
		"a user by a short id":    {patch: "spec: {user: {userPrincipalName: null, id: 5250f4a1-3c9e-4f2b-9c57-0a1b2c3d4e5x}}", refused: []string{`spec.user.id: Invalid value: "5250f4a1-3c9e-4f2b-9c57-0a1b2c3d4e5x": ` + notGUID}},
		"a user by a given name":  {patch: "spec: {user: {userPrincipalName: Ada}}", refused: []string{`spec.user.userPrincipalName: Invalid value: "Ada": must be a user principal name such as ada@contoso.com`}},
		"a group":                 {patch: group("")},
		"a group of five members": {patch: group("members: [" + member("01") + "," + member("02") + "," + member("03") + "," + member("04") + "," + member("05") + "]")},
		"a group of six members": {
			patch:   group("members: [" + member("01") + "," + member("02") + "," + member("03") + "," + member("04") + "," + member("05") + "," + member("06") + "]"),
			refused: []string{"spec.group.members: Too many: 6: must have at most 5 items"},
		},
		"a member named twice":   {patch: group("members: [" + member("01") + "," + member("01") + "]"), refused: []string{`spec.group.members[1]: Duplicate value: "` + member("01") + `"`}},
		"a member that is no id": {patch: group("members: [5250f4a1-3c9e-4f2b-9c57-0a1b2c3d4exx]"), refused: []string{`spec.group.members[0]: Invalid value: "5250f4a1-3c9e-4f2b-9c57-0a1b2c3d4exx": ` + notGUID}},
		"a group without id":     {patch: "spec: {user: null, group: {members: []}}", refused: []string{"spec.group.id: Required value"}},
		"a user and a group":     {patch: "spec: {group: {id: " + id + "}}", refused: []string{oneKind}},
		"nobody":                 {patch: "spec: {user: null}", refused: []string{oneKind}},
		"no configuration":       {patch: "spec: {provisioningConfigRef: null}", refused: []string{"spec.provisioningConfigRef: Required value"}},
		"a configuration elsewhere": {
			patch:   "spec: {provisioningConfigRef: {name: other/genesys}}",
			refused: []string{`spec.provisioningConfigRef.name: Invalid value: "other/genesys": ` + notName},
		},
		"deleted at once":       {patch: "spec: {ttlSecondsAfterFinished: 0}"},
		"deleted before":        {patch: "spec: {ttlSecondsAfterFinished: -1}", refused: []string{"spec.ttlSecondsAfterFinished: Invalid value: -1: spec.ttlSecondsAfterFinished in body should be greater than or equal to 0"}},
		"deleted after 30 days": {patch: "spec: {ttlSecondsAfterFinished: 2592000}"},
		"deleted after 31 days": {patch: "spec: {ttlSecondsAfterFinished: 2678400}", refused: []string{"spec.ttlSecondsAfterFinished: Invalid value: 2678400: spec.ttlSecondsAfterFinished in body should be less than or equal to 2592000"}},
	})
}

func TestProvisionOnDemandDefaults(t *testing.T) {
	want := mustParse[v1alpha1.ProvisionOnDemand](t, validRequest)
	want.Spec.TTLSecondsAfterFinished = new(int32(86400))
	checkDefaults(t, validRequest, want)
}

func TestProvisionOnDemandCannotBeChanged(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), requestTimeout)
	defer cancel()
	request := object(t, validRequest, "")
	if err := api.Create(ctx, request); err != nil {
		t.Fatalf("creating the request: %v", err)
	}
	t.Cleanup(func() {
		if err := api.Delete(context.WithoutCancel(ctx), request); err != nil {
			t.Errorf("deleting the request: %v", err)
		}
	})
	for name, tc := range map[string]row{
		"a label may change":    {patch: "metadata: {labels: {ticket: '4711'}}"},
		"the user may not":      {patch: "spec: {user: {userPrincipalName: bob@contoso.com}}", refused: []string{"spec: Invalid value: a request cannot be changed: create a new ProvisionOnDemand"}},
		"the time may not":      {patch: "spec: {ttlSecondsAfterFinished: 5}", refused: []string{"spec: Invalid value: a request cannot be changed: create a new ProvisionOnDemand"}},
		"the configuration not": {patch: "spec: {provisioningConfigRef: {name: other}}", refused: []string{"spec: Invalid value: a request cannot be changed: create a new ProvisionOnDemand"}},
	} {
		t.Run(name, func(t *testing.T) {
			changed := object(t, validRequest, tc.patch)
			changed.SetResourceVersion(request.GetResourceVersion())
			err := api.Update(ctx, changed, client.DryRunAll)
			if diff := cmp.Diff(tc.refused, causes(t, err)); diff != "" {
				t.Errorf("what the API server refuses (-want +got):\n%s", diff)
			}
		})
	}
}
