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
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

// waiting are the flags of commands that can wait for what they asked for.
type waiting struct {
	wait    bool
	timeout time.Duration
}

func (w *waiting) bind(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&w.wait, "wait", false, "Wait until the operator has taken the request up and its cycle has ended")
	cmd.Flags().DurationVar(&w.timeout, "timeout", 30*time.Minute, "How long to wait at the most")
}

func syncCommand(c *connection) *cobra.Command {
	var w waiting
	cmd := &cobra.Command{
		Use:   "sync CONFIG",
		Short: "Run a cycle now",
		Long:  "Run a cycle now, whatever the schedule, the mode Manual or a quarantine say.",
		Example: `  kubectl entrain sync genesys-cloud -n identity
  kubectl entrain sync genesys-cloud -n identity --wait`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return request{
				annotation: api.SyncAnnotation, value: newToken(), asked: "a cycle", waiting: w,
				handled: func(s api.ProvisioningConfigStatus) string { return s.LastHandledSync },
			}.send(cmd.Context(), c, args[0], cmd.OutOrStdout())
		},
	}
	w.bind(cmd)
	return cmd
}

// restartScopes are the values of --scope.
var restartScopes = []string{string(api.RestartWatermark), string(api.RestartEscrows), string(api.RestartQuarantineState), string(api.RestartFull)}

func restartCommand(c *connection) *cobra.Command {
	var w waiting
	var scopes []string
	cmd := &cobra.Command{
		Use:   "restart CONFIG",
		Short: "Start over with an initial cycle",
		Long: `Start over with an initial cycle, as the portal's Restart button does: everybody is looked at again, failures and the
quarantine are forgotten, links are kept. --scope chooses what is forgotten:
  Watermark        everybody is read and evaluated again
  Escrows          failures are forgotten
  QuarantineState  the quarantine is lifted until the next cycle says otherwise
  Full             all of these, and links are dropped: everybody is matched again`,
		Example: `  kubectl entrain restart genesys-cloud -n identity
  kubectl entrain restart genesys-cloud -n identity --scope QuarantineState --wait`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			value := newToken()
			for _, s := range scopes {
				if !slices.Contains(restartScopes, s) {
					return fmt.Errorf("--scope knows no %q; it is one of %s", s, strings.Join(restartScopes, ", "))
				}
			}
			if len(scopes) > 0 {
				value += ":" + strings.Join(scopes, ",")
			}
			return request{
				annotation: api.RestartAnnotation, value: value, asked: "a restart", waiting: w,
				handled: func(s api.ProvisioningConfigStatus) string { return s.LastHandledRestart },
			}.send(cmd.Context(), c, args[0], cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringSliceVar(&scopes, "scope", nil, "What is forgotten: "+strings.Join(restartScopes, ", "))
	if err := cmd.RegisterFlagCompletionFunc("scope", cobra.FixedCompletions(restartScopes, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
	w.bind(cmd)
	return cmd
}

// newToken returns a value that no request had before. It begins with the time, for whoever reads the annotation, and holds no
// colon, which separates the scope of a restart.
func newToken() string {
	return time.Now().UTC().Format("20060102T150405Z") + "-" + uuid.NewString()[:8]
}

// request is something that an administrator asks for by an annotation.
type request struct {
	annotation, value string
	// asked says what is asked for, in words.
	asked string
	waiting
	// handled returns the last request of this kind that was taken up.
	handled func(api.ProvisioningConfigStatus) string
}

func (r request) send(ctx context.Context, c *connection, name string, out io.Writer) error {
	opened, ns, err := c.open()
	if err != nil {
		return err
	}
	config, err := find(ctx, opened, ns, name)
	if err != nil {
		return err
	}
	return r.sendTo(ctx, opened, config, out)
}

// sendTo sets the annotation and, where asked for, waits.
func (r request) sendTo(ctx context.Context, c client.WithWatch, config *api.ProvisioningConfig, out io.Writer) error {
	before := ""
	if l := config.Status.LastCycle; l != nil {
		before = l.ID
	}
	base := config.DeepCopy()
	if config.Annotations == nil {
		config.Annotations = map[string]string{}
	}
	config.Annotations[r.annotation] = r.value
	if err := c.Patch(ctx, config, client.MergeFrom(base)); err != nil {
		return err
	}
	fmt.Fprintf(out, "Asked %s/%s for %s.\n", config.Namespace, config.Name, r.asked)
	if !r.wait {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return r.await(ctx, c, config, before, out)
}

// await waits until the request was taken up and its cycle has ended. A request is taken up when its cycle starts, so that a
// cycle that has ended after that is the answer, while one that still runs is not.
func (r request) await(ctx context.Context, c client.WithWatch, config *api.ProvisioningConfig, before string, out io.Writer) error {
	told := false
	var result error
	err := watchConfig(ctx, c, config, func(seen *api.ProvisioningConfig) bool {
		s := seen.Status
		if r.handled(s) != r.value {
			return false
		}
		if !told {
			told = true
			fmt.Fprintln(out, "The operator took the request up.")
		}
		switch last := s.LastCycle; {
		case s.Code == api.StatusPaused:
			result = errors.New("the request was ignored because provisioning is paused; set spec.provisioningMode to Automatic or Manual and repeat it")
			return true
		case running(seen) || last == nil || last.ID == before:
			return r.annotation == api.AllowDeletesAnnotation && refused(s, r.value, &result)
		default:
			fmt.Fprintf(out, "%s.\n", cycleLine(last, time.Now()))
			if last.Result == api.CycleFailed {
				result = fmt.Errorf("the cycle failed: %s", last.Message)
			}
			return true
		}
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s has not come in %s; see kubectl entrain status %s", r.asked, r.timeout, config.Name)
	}
	if err != nil {
		return err
	}
	return result
}
