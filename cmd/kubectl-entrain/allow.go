package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/controllers/query"
)

func allowDeletesCommand(c *connection) *cobra.Command {
	var w waiting
	var yes bool
	cmd := &cobra.Command{
		Use:   "allow-deletes CONFIG",
		Short: "Release the removals that accidental deletion prevention holds",
		Long: `Show the removals that accidental deletion prevention holds, ask, and release exactly these. When the set has changed
meanwhile, nothing is released. To reject them, undo their cause instead: assign again, restore, correct the filter.`,
		Example: `  kubectl entrain allow-deletes genesys-cloud -n identity
  kubectl entrain allow-deletes genesys-cloud -n identity --yes --wait`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			opened, ns, err := c.open()
			if err != nil {
				return err
			}
			config, err := find(cmd.Context(), opened, ns, args[0])
			if err != nil {
				return err
			}
			held := config.Status.HeldDeletions
			if held == nil {
				return fmt.Errorf("no removal of %s/%s is held", ns, args[0])
			}
			fmt.Fprintf(out, "Held since %s: %s and %s would be disabled or deleted (set %s).\n",
				ago(held.Since, time.Now()), count(held.Users, "user"), count(held.Groups, "group"), held.ID)
			showHeld(cmd.Context(), c, args[0], out)
			if !yes {
				if agreed, err := ask(cmd.InOrStdin(), out, "Release them?"); err != nil || !agreed {
					return errors.Join(err, errors.New("nothing was released"))
				}
			}
			return request{
				annotation: api.AllowDeletesAnnotation, value: held.ID, asked: "the release of the set " + held.ID, waiting: w,
				handled: func(s api.ProvisioningConfigStatus) string { return s.LastHandledAllowDeletes },
			}.sendTo(cmd.Context(), opened, config, out)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "Do not ask")
	w.bind(cmd)
	return cmd
}

// maxShown is how many held removals are named.
const maxShown = 20

// showHeld names who would be disabled or deleted, to whoever may know.
func showHeld(ctx context.Context, c *connection, config string, out io.Writer) {
	var list query.RemovalList
	a, err := c.asker()
	if err == nil {
		err = a.get(ctx, config, "removals", nil, &list)
	}
	if err != nil {
		fmt.Fprintf(out, "Who they are cannot be shown: %s\n", err)
		return
	}
	shown := 0
	for _, r := range list.Items {
		switch {
		case !r.Held:
			continue
		case shown < maxShown:
			why := orElse(reasons[r.Reason], r.Reason)
			fmt.Fprintf(out, "  %s %s %s: %s\n", r.Action, r.Kind, printable(orElse(r.Name, string(r.ID))), why)
		}
		shown++
	}
	if shown > maxShown {
		fmt.Fprintf(out, "  and %d more; see kubectl entrain logs %s --action stageddelete\n", shown-maxShown, config)
	}
}

// ask asks for a yes; anything else is a no.
func ask(in io.Reader, out io.Writer, question string) (bool, error) {
	fmt.Fprintf(out, "%s [y/N] ", question)
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes", nil
}

// refused reports whether the release was taken up and refused because another set is held by now.
func refused(s api.ProvisioningConfigStatus, id string, result *error) bool {
	if h := s.HeldDeletions; h != nil && h.ID != id {
		*result = fmt.Errorf("nothing was released: the held removals are now the set %s; look at them again", h.ID)
		return true
	}
	return false
}
