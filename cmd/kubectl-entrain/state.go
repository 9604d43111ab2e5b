package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/entrain-dev/entrain/controllers/query"
)

func stateCommand(c *connection) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Take the state of a ProvisioningConfig out of the operator, or put it in",
		Long: `The state is what the operator remembers: who is linked to which account, what was sent, what failed, where to read on. An
export holds names and attributes of people; keep it as you keep a backup. It fits every store, so that it also moves from
SQLite to PostgreSQL.`,
	}
	cmd.AddCommand(exportCommand(c), importCommand(c))
	return cmd
}

func exportCommand(c *connection) *cobra.Command {
	var file string
	var withLog bool
	cmd := &cobra.Command{
		Use:               "export CONFIG",
		Short:             "Write the state of a ProvisioningConfig to a file",
		Example:           `  kubectl entrain state export genesys-cloud -n identity --log -f genesys-cloud.ndjson`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := c.asker()
			if err != nil {
				return err
			}
			export := func(out io.Writer) error {
				buffered := bufio.NewWriter(out)
				lines := json.NewEncoder(buffered)
				params := url.Values{}
				if withLog {
					params.Set("log", "true")
				}
				err := a.stream(cmd.Context(), args[0], "state", params, nil, func(e query.Event) (bool, error) { return e.Done, lines.Encode(e) })
				return errors.Join(err, buffered.Flush())
			}
			if file == "-" {
				return export(cmd.OutOrStdout())
			}
			return writeFile(file, export)
		},
	}
	cmd.Flags().StringVarP(&file, "filename", "f", "-", "File to write; - for standard output")
	cmd.Flags().BoolVar(&withLog, "log", false, "With the provisioning log")
	return cmd
}

// writeFile writes a file that only the owner may read. It is there when it is complete, and not before.
func writeFile(name string, content func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	err = errors.Join(content(file), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

func importCommand(c *connection) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "import CONFIG",
		Short: "Put an exported state into a ProvisioningConfig",
		Long: `Put an exported state into a ProvisioningConfig that is Paused and has no state yet. Everything is taken in, or nothing. The
API server gives an import one minute, which is enough for some 100,000 people.`,
		Example:           `  kubectl entrain state import genesys-cloud -n identity -f genesys-cloud.ndjson`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: c.completeConfigs,
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := c.asker()
			if err != nil {
				return err
			}
			in := cmd.InOrStdin()
			if file != "-" {
				opened, err := os.Open(file)
				if err != nil {
					return err
				}
				defer func() { _ = opened.Close() }()
				in = opened
			}
			answer, err := a.do(cmd.Context(), http.MethodPut, a.path("", args[0], "state"), nil, in)
			if err != nil {
				return err
			}
			defer answer.Close()
			var done struct {
				Rows int64 `json:"rows"`
			}
			if err := json.NewDecoder(answer).Decode(&done); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Imported %s.\n", count(done.Rows, "row"))
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "filename", "f", "-", "File to read; - for standard input")
	return cmd
}
