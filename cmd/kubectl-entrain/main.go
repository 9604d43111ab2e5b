// Command kubectl-entrain is a kubectl plugin: kubectl entrain.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// version is set by the linker.
var version = "dev"

func main() {
	if err := root().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kubectl-entrain",
		Short: "Look into Entrain and try what you write for it",
		Long: "Entrain provisions people and groups of an Entra tenant into SCIM applications.\n" +
			"This plugin tries expressions and mappings before they are applied.",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl entrain"},
	}
	cmd.AddCommand(evalCommand())
	return cmd
}
