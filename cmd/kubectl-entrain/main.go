package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := root()
	cmd.SetIn(os.Stdin)
	cmd.SetOut(os.Stdout)
	cmd.SetErr(os.Stderr)
	os.Exit(exitCode(cmd.ExecuteContext(ctx), os.Stderr)) //nolint:gocritic // the signal handler ends with the process
}

// exitError ends the plugin with a certain code; its message may be empty when everything was said already.
type exitError struct {
	code    int
	message string
}

func (e *exitError) Error() string { return e.message }

// exitCode prints an error and returns the exit code: 0 for none, 1 for a failure, or what the command chose.
func exitCode(err error, errs io.Writer) int {
	var exit *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		if exit.message != "" {
			fmt.Fprintln(errs, exit.message)
		}
		return exit.code
	}
	fmt.Fprintln(errs, "error:", err)
	return 1
}

func root() *cobra.Command {
	c := newConnection()
	cmd := &cobra.Command{
		Use:   "kubectl-entrain",
		Short: "See what Entrain does, what it will do and why, and ask it for something",
		Long: `Entrain provisions people and groups of an Entra tenant into SCIM applications.

See what happens    status, logs, explain
See what will be    plan, eval
Ask for something   provision, sync, restart, allow-deletes
Move what is known  state export, state import`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl entrain"},
	}
	c.bind(cmd.PersistentFlags())
	bindColour(cmd)
	cmd.AddCommand(
		statusCommand(c), provisionCommand(c), syncCommand(c), restartCommand(c), allowDeletesCommand(c),
		logsCommand(c), explainCommand(c), planCommand(c), stateCommand(c), evalCommand(), defaultMappingCommand(),
	)
	return cmd
}
