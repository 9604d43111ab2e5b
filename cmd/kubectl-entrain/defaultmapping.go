package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
	"github.com/entrain-dev/entrain/internal/plan"
)

func defaultMappingCommand() *cobra.Command {
	var group bool
	cmd := &cobra.Command{
		Use:   "default-mapping [PROFILE]",
		Short: "Print the mapping that is used where a config names none; needs no cluster",
		Example: `  # Begin a mapping of your own with the default one
  kubectl entrain default-mapping GenesysCloud > mapping.yaml`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: []string{string(api.SCIMProfileGenesysCloud), string(api.SCIMProfileGeneric), string(api.SCIMProfileEntraCompatible)},
		RunE: func(cmd *cobra.Command, args []string) error {
			application := api.SCIMProfileGenesysCloud
			if len(args) > 0 {
				application = api.SCIMProfile(args[0])
			}
			kind := api.ObjectTypeUser
			if group {
				kind = api.ObjectTypeGroup
			}
			m, err := plan.DefaultMapping(application, kind)
			if err != nil {
				return err
			}
			text, err := yaml.Marshal(m)
			if err != nil {
				return err
			}
			// Fields that only the server fills are no part of what one writes.
			_, err = fmt.Fprint(cmd.OutOrStdout(), strings.Replace(string(text), "  creationTimestamp: null\n", "", 1))
			return err
		},
	}
	cmd.Flags().BoolVar(&group, "group", false, "Print the mapping of groups")
	return cmd
}
