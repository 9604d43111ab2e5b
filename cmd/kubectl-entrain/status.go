package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

// measureFor is how long status looks at a running cycle to tell when it will end; the operator writes progress every 5 s.
const measureFor = 6 * time.Second

func statusCommand(c *connection) *cobra.Command {
	var follow bool
	var output string
	cmd := &cobra.Command{
		Use:   "status [CONFIG]",
		Short: "Show what provisioning is doing",
		Long: `Show progress with its expected end, counts, quarantine, held deletions, the next cycle and recent errors.
Without a name all ProvisioningConfigs of the namespace are shown. A running cycle is watched for some seconds to tell its end.`,
		Example: `  kubectl entrain status genesys-cloud -n identity
  kubectl entrain status genesys-cloud -n identity -w`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			opened, ns, err := c.open()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				if follow {
					return errors.New("name the ProvisioningConfig to watch")
				}
				return statusOfAll(cmd.Context(), opened, ns, output, cmd.OutOrStdout())
			}
			config, err := find(cmd.Context(), opened, ns, args[0])
			if err != nil {
				return err
			}
			if output == "json" {
				return printJSON(cmd.OutOrStdout(), config.Status)
			}
			if follow {
				return followStatus(cmd.Context(), opened, config, cmd.OutOrStdout())
			}
			var p pace
			p.observe(config.Status.Progress)
			if running(config) {
				config = p.measure(cmd.Context(), opened, config)
			}
			return renderStatus(cmd.OutOrStdout(), config, &p, time.Now())
		},
	}
	cmd.Flags().BoolVarP(&follow, "watch", "w", false, "Keep showing it until interrupted")
	cmd.Flags().StringVarP(&output, "output", "o", "", "json prints the status as it is")
	return cmd
}

func statusOfAll(ctx context.Context, c client.Client, ns, output string, out io.Writer) error {
	var list api.ProvisioningConfigList
	if err := c.List(ctx, &list, client.InNamespace(ns)); err != nil {
		return err
	}
	if output == "json" {
		all := map[string]api.ProvisioningConfigStatus{}
		for i := range list.Items {
			all[list.Items[i].Name] = list.Items[i].Status
		}
		return printJSON(out, all)
	}
	if len(list.Items) == 0 {
		_, err := fmt.Fprintf(out, "There is no ProvisioningConfig in the namespace %q.\n", ns)
		return err
	}
	for i := range list.Items {
		if i > 0 {
			fmt.Fprintln(out)
		}
		var p pace
		if err := renderStatus(out, &list.Items[i], &p, time.Now()); err != nil {
			return err
		}
	}
	return nil
}

// running reports whether a cycle is running. What is between cycles is called Completed, Failed or Interrupted.
func running(config *api.ProvisioningConfig) bool {
	p := config.Status.Progress
	if p == nil {
		return false
	}
	switch p.Summary {
	case "Completed", "Failed", "Interrupted":
		return false
	}
	return true
}

// pace measures how fast a phase goes, from what was seen of it.
type pace struct {
	phase       api.CyclePhase
	began, last time.Time
	from, to    int64
}

func (p *pace) observe(progress *api.CycleProgress) {
	if progress == nil || progress.ObservedTime == nil {
		return
	}
	at := progress.ObservedTime.Time
	if p.phase != progress.Phase || progress.CompletedUnits < p.to {
		*p = pace{phase: progress.Phase, began: at, from: progress.CompletedUnits}
	}
	p.last, p.to = at, progress.CompletedUnits
}

// end returns when the phase will end at this pace; ok is false while that is not known.
func (p *pace) end(total int64) (at time.Time, ok bool) {
	took := p.last.Sub(p.began)
	done := p.to - p.from
	if took <= 0 || done <= 0 || total < p.to {
		return time.Time{}, false
	}
	left := time.Duration(float64(took) / float64(done) * float64(total-p.to))
	return p.last.Add(left), true
}

// measure looks at a running cycle until its end can be told, for a short time; it returns what was seen last.
func (p *pace) measure(ctx context.Context, c client.WithWatch, config *api.ProvisioningConfig) *api.ProvisioningConfig {
	ctx, cancel := context.WithTimeout(ctx, measureFor)
	defer cancel()
	// Without a second look the status is shown all the same, only without the expected end.
	_ = watchConfig(ctx, c, config, func(seen *api.ProvisioningConfig) bool {
		config = seen
		p.observe(seen.Status.Progress)
		if !running(seen) {
			return true
		}
		_, known := p.end(seen.Status.Progress.TotalUnits)
		return known
	})
	return config
}

// watchConfig calls seen with the config now and whenever it changes, until seen returns true.
func watchConfig(ctx context.Context, c client.WithWatch, config *api.ProvisioningConfig, seen func(*api.ProvisioningConfig) bool) error {
	return watchObject(ctx, c, &api.ProvisioningConfigList{}, config, seen)
}

// followStatus shows the status again whenever it changes, until ctx ends.
func followStatus(ctx context.Context, c client.WithWatch, config *api.ProvisioningConfig, out io.Writer) error {
	var p pace
	lines := 0
	err := watchConfig(ctx, c, config, func(seen *api.ProvisioningConfig) bool {
		p.observe(seen.Status.Progress)
		var text countingWriter
		// A writer in memory does not fail.
		_ = renderStatus(&text, seen, &p, time.Now())
		if lines > 0 {
			// Back to the first line of what was shown before, and clear from there.
			fmt.Fprintf(out, "\x1b[%dA\x1b[J", lines)
		}
		fmt.Fprint(out, text.String())
		lines = text.lines()
		return false
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
