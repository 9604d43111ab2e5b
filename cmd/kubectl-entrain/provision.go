package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

// provisionOptions are the flags of provision.
type provisionOptions struct {
	group   string
	members []string
	output  string
	keep    bool
	timeout time.Duration
}

// maxMembers is how many members of a group one request takes (reference part 2 section 9.1).
const maxMembers = 5

func provisionCommand(c *connection) *cobra.Command {
	var o provisionOptions
	cmd := &cobra.Command{
		Use:   "provision CONFIG (USER | --group ID [--members ID,...])",
		Short: "Provision one person or group now, and show each step",
		Long: `Provision one person, or one group with up to five members, now, whatever the schedule says, and show the five steps: the
connections, what was read from Entra, in or out of scope and by which clause, the account in the target, and what was sent
with old and new values. USER is an object id or a user principal name.

It is the code of a cycle: somebody who is out of scope is not created, and somebody who left scope is disabled. In the mode
DryRun nothing is written and the steps say what would be done; in the mode Paused it is refused. To see what would be done
without doing it use kubectl entrain explain or plan.

A ProvisionOnDemand is created for it and removed afterwards, because its status holds values of the person; --keep leaves it
for a day. The exit code is 1 when a step failed, and 0 also when there was nothing to do.`,
		Example: `  kubectl entrain provision genesys-cloud ada@contoso.com -n identity
  kubectl entrain provision genesys-cloud 4f0f2a52-6f5c-4b0e-9d0e-0a2f4f1f8a11 -n identity -o json --keep

  # A group, and the membership of one person in it
  kubectl entrain provision genesys-cloud -n identity --group 8d3f9b57-5a0a-4d1c-8a53-1f0c39f7a001 --members 4f0f2a52-6f5c-4b0e-9d0e-0a2f4f1f8a11`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			spec, err := o.spec(args)
			if err != nil {
				return err
			}
			opened, ns, err := c.open()
			if err != nil {
				return err
			}
			return o.run(cmd.Context(), opened, ns, spec, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.group, "group", "", "Object id of a group to provision instead of a person")
	f.StringSliceVar(&o.members, "members", nil, "Object ids of up to 5 people whose membership is provisioned with the group")
	f.StringVarP(&o.output, "output", "o", "", "json prints the status of the request")
	f.BoolVar(&o.keep, "keep", false, "Leave the ProvisionOnDemand; it is deleted after a day")
	f.DurationVar(&o.timeout, "timeout", 10*time.Minute, "How long to wait at the most")
	if err := cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
	return cmd
}

// spec checks the arguments and turns them into a request.
func (o *provisionOptions) spec(args []string) (api.ProvisionOnDemandSpec, error) {
	spec := api.ProvisionOnDemandSpec{ProvisioningConfigRef: api.ObjectReference{Name: api.ObjectName(args[0])}}
	switch {
	case o.output != "" && o.output != "json":
		return spec, fmt.Errorf("--output knows no %q; it is json", o.output)
	case (len(args) == 2) == (o.group != ""):
		return spec, errors.New("name either a person or --group")
	case o.group == "" && len(o.members) > 0:
		return spec, errors.New("--members needs --group")
	case len(o.members) > maxMembers:
		return spec, fmt.Errorf("--members takes at most %d people, not %d", maxMembers, len(o.members))
	}
	if o.group != "" {
		spec.Group = &api.OnDemandGroup{ID: api.GUID(strings.ToLower(o.group))}
		for _, id := range o.members {
			spec.Group.Members = append(spec.Group.Members, api.GUID(strings.ToLower(id)))
		}
		for _, id := range append([]string{o.group}, o.members...) {
			if uuid.Validate(id) != nil {
				return spec, fmt.Errorf("%q is no object id", id)
			}
		}
		return spec, nil
	}
	who := args[1]
	switch name, domain, at := strings.Cut(who, "@"); {
	case uuid.Validate(who) == nil:
		id := api.GUID(strings.ToLower(who))
		spec.User = &api.OnDemandUser{ID: &id}
	case at && name != "" && domain != "" && !strings.Contains(domain, "@"):
		spec.User = &api.OnDemandUser{UserPrincipalName: &who}
	default:
		return spec, fmt.Errorf("%q is neither an object id nor a user principal name such as ada@contoso.com", who)
	}
	return spec, nil
}

// run creates the request, waits for its end, prints it, and removes it.
func (o *provisionOptions) run(ctx context.Context, c client.WithWatch, ns string, spec api.ProvisionOnDemandSpec, out, errs io.Writer) error {
	if _, err := find(ctx, c, ns, string(spec.ProvisioningConfigRef.Name)); err != nil {
		return refusedTo("get", "provisioningconfigs", ns, err)
	}
	demand := &api.ProvisionOnDemand{ObjectMeta: metav1.ObjectMeta{Namespace: ns, GenerateName: "kubectl-entrain-"}, Spec: spec}
	if err := c.Create(ctx, demand); err != nil {
		return refusedTo("create", "provisionondemands", ns, err)
	}
	status, err := o.await(ctx, c, demand, newTeller(errs))
	if o.keep {
		fmt.Fprintf(errs, "The request is kept as provisionondemand/%s.\n", demand.Name)
	} else {
		err = errors.Join(err, remove(ctx, c, demand))
	}
	if status == nil {
		return err
	}
	switch {
	case o.output == "json":
		err = errors.Join(err, printJSON(out, status))
	case len(status.Steps) > 0:
		err = errors.Join(err, renderOnDemand(out, demand, *status))
	}
	if err != nil {
		return err
	}
	if failed := meta.FindStatusCondition(status.Conditions, api.FailedCondition); failed != nil && failed.Status == metav1.ConditionTrue {
		return errors.New(failed.Message)
	}
	return nil
}

// await returns the status of a request that has ended, or nil and why there is none.
func (o *provisionOptions) await(ctx context.Context, c client.WithWatch, demand *api.ProvisionOnDemand, tell *teller) (*api.ProvisionOnDemandStatus, error) {
	limited, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	defer tell.clear()
	tell.say("Waiting for the operator")
	var status *api.ProvisionOnDemandStatus
	err := watchObject(limited, c, &api.ProvisionOnDemandList{}, demand, func(seen *api.ProvisionOnDemand) bool {
		if seen.Status.StartTime != nil {
			tell.say("Provisioning")
		}
		if seen.Status.CompletionTime != nil {
			status = &seen.Status
		}
		return status != nil
	})
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return nil, fmt.Errorf("the operator has not carried the request out in %s; see kubectl entrain status %s", o.timeout, demand.Spec.ProvisioningConfigRef.Name)
	case errors.Is(err, context.Canceled):
		return nil, errors.New("interrupted; the operator may have carried the request out, see kubectl entrain logs")
	}
	return status, refusedTo("watch", "provisionondemands", demand.Namespace, err)
}

// removeWithin bounds the removal of the request, also after an interruption.
const removeWithin = 10 * time.Second

func remove(ctx context.Context, c client.Client, demand *api.ProvisionOnDemand) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeWithin)
	defer cancel()
	err := client.IgnoreNotFound(c.Delete(ctx, demand))
	return refusedTo("delete", "provisionondemands", demand.Namespace, err)
}

// refusedTo says in one sentence that the person has not the right; other errors stay as they are.
func refusedTo(verb, resource, ns string, err error) error {
	if !apierrors.IsForbidden(err) {
		return err
	}
	return fmt.Errorf("forbidden: you may not %s %s.%s in the namespace %q; ask for a role with this right", verb, resource, api.GroupVersion.Group, ns)
}

// stepTitles are the steps as people call them, in their order.
var stepTitles = []struct {
	name  api.StepName
	title string
}{
	{api.StepTestConnection, "Test connection"}, {api.StepImport, "Import"}, {api.StepDetermineScope, "Determine scope"},
	{api.StepMatch, "Match"}, {api.StepPerformAction, "Perform action"},
}

// stepMarks say how a step ended; a step that was not reached has none.
var stepMarks = map[api.OnDemandResult]string{api.OnDemandSuccess: "✓", api.OnDemandSkipped: "-", api.OnDemandFailure: "✗"}

// renderOnDemand prints a request that has ended.
func renderOnDemand(out io.Writer, demand *api.ProvisionOnDemand, s api.ProvisionOnDemandStatus) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s with %s/%s\n", subjectOf(demand.Spec, s), demand.Namespace, demand.Spec.ProvisioningConfigRef.Name)
	for _, t := range stepTitles {
		i := slices.IndexFunc(s.Steps, func(step api.OnDemandStep) bool { return step.Name == t.name })
		if i < 0 {
			continue
		}
		step := s.Steps[i]
		text := printable(step.Description)
		if step.Code != "" {
			text = step.Code + ": " + text
		}
		fmt.Fprintf(&b, "  %s %-16s %s\n", stepMarks[step.Result], t.title, text)
		for _, line := range detailLines(step, s.ModifiedProperties) {
			fmt.Fprintf(&b, "      %s\n", line)
		}
	}
	action := strings.ToLower(orElse(string(s.Action), "none"))
	fmt.Fprintf(&b, "%s: %s", orElse(string(s.Result), "No result"), map[bool]string{true: "nothing was done", false: action}[action == "none"])
	if s.TargetID != "" {
		fmt.Fprintf(&b, ", account %s", s.TargetID)
	}
	if s.StartTime != nil && s.CompletionTime != nil {
		fmt.Fprintf(&b, ", after %s", s.CompletionTime.Sub(s.StartTime.Time).Round(time.Second))
	}
	b.WriteString("\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// subjectOf names whom a request was about.
func subjectOf(spec api.ProvisionOnDemandSpec, s api.ProvisionOnDemandStatus) string {
	switch {
	case spec.Group != nil && len(spec.Group.Members) > 0:
		return fmt.Sprintf("Group %s and %s", spec.Group.ID, count(int64(len(spec.Group.Members)), "membership"))
	case spec.Group != nil:
		return fmt.Sprintf("Group %s", spec.Group.ID)
	case spec.User.ID != nil:
		return fmt.Sprintf("User %s", *spec.User.ID)
	case s.SourceID != "":
		return fmt.Sprintf("User %s (%s)", printable(*spec.User.UserPrincipalName), s.SourceID)
	}
	return "User " + printable(*spec.User.UserPrincipalName)
}

// detailLines are what a step saw, sorted by name; of the last step the values that were sent, old and new.
func detailLines(step api.OnDemandStep, sent []api.ModifiedProperty) []string {
	var out []string
	if step.Name == api.StepPerformAction && len(sent) > 0 {
		for _, p := range sent {
			out = append(out, changed(printable(p.Name), string(p.OldValue), string(p.NewValue)))
		}
		return out
	}
	if step.Name == api.StepTestConnection && step.Result == api.OnDemandSuccess {
		return nil
	}
	for name, value := range step.Details {
		verdict := step.Name == api.StepTestConnection || step.Name == api.StepDetermineScope
		if verdict && (value == "True" || value == "False") {
			out = append(out, fmt.Sprintf("%s => %s", printable(name), strings.ToLower(string(value))))
		} else {
			out = append(out, fmt.Sprintf("%s: %q", printable(name), value))
		}
	}
	slices.Sort(out)
	return out
}
