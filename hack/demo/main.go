package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

func main() {
	var d demo
	flag.StringVar(&d.dir, "dir", ".demo", "Folder for kubeconfig, state and logs; emptied at the start.")
	flag.StringVar(&d.bin, "bin", "bin", "Folder with entrain and entrain-sim.")
	flag.IntVar(&d.people, "people", 220, "How many people the tenant has.")
	flag.StringVar(&d.recordings, "recordings", "", "Folder for pictures of what kubectl entrain printed; empty means none.")
	flag.Parse()
	d.colours = os.Getenv("NO_COLOR") == "" && terminal(os.Stdout)
	d.exit = os.Getenv("DEMO_EXIT") != "" && os.Getenv("DEMO_EXIT") != "0"
	log.SetLogger(logr.Discard()) // the libraries have nothing to say here
	d.assets = os.Getenv("KUBEBUILDER_ASSETS")
	if d.assets == "" {
		fmt.Fprintln(os.Stderr, "KUBEBUILDER_ASSETS is not set; run the demo with: make demo")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := d.run(ctx); err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			fmt.Println("\nStopped.")
			return
		}
		fmt.Fprintln(os.Stderr, "\nThe demo failed:", err)
		fmt.Fprintln(os.Stderr, "Logs are in", d.dir)
		os.Exit(1)
	}
}

// demo is everything that runs.
type demo struct {
	dir, bin, assets string
	people           int
	exit             bool
	// recordings is where pictures go, "" for nowhere; colours are shown on a terminal.
	recordings string
	colours    bool

	kubeconfig string
	// token is the one that Genesys Cloud accepts.
	token    string
	sim      *simulators
	children []*child
}

// run starts everything, tells the story and leaves all running until ctx ends, unless the demo is to end by itself. Whatever
// was started is stopped in every case.
func (d *demo) run(ctx context.Context) (err error) {
	if err := os.RemoveAll(d.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return err
	}
	if d.dir, err = filepath.Abs(d.dir); err != nil {
		return err
	}
	if d.bin, err = filepath.Abs(d.bin); err != nil {
		return err
	}
	cluster, err := d.startCluster()
	if err != nil {
		return err
	}
	// The operator goes first: an API server waits for its clients when it is stopped.
	defer func() { err = errors.Join(err, cluster.Stop()) }()
	defer func() {
		for i := len(d.children) - 1; i >= 0; i-- {
			err = errors.Join(err, d.children[i].stop())
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.startSimulators(ctx); err != nil {
		return err
	}
	if err := d.startOperator(ctx, cluster.Config); err != nil {
		return err
	}
	if err := d.tell(ctx); err != nil {
		return err
	}
	if d.exit {
		fmt.Println("\nEvery step was verified in the target.")
		return nil
	}
	d.invite()
	<-ctx.Done()
	fmt.Println("\nStopping.")
	return nil
}

// invite says what a visitor can do now.
func (d *demo) invite() {
	rel := d.kubeconfig
	if wd, err := os.Getwd(); err == nil {
		if r, err := filepath.Rel(wd, rel); err == nil {
			rel = r
		}
	}
	fmt.Printf(`
All keeps running. In another terminal:

  export KUBECONFIG=%s PATH=%s:$PATH
  kubectl get provisioningconfigs -n demo -w
  kubectl entrain status genesys-cloud -n demo -w
  kubectl entrain logs genesys-cloud -n demo -f
  curl -s %s/admin/state            # the tenant
  curl -s %s/admin/users | head     # what Genesys Cloud has

Hire somebody and ask for a cycle:

  curl -s -X POST %s/admin/users -d '{"userPrincipalName":"zoe@contoso.com","displayName":"Zoë Beck","accountEnabled":true,"usageLocation":"DE"}'
  kubectl entrain sync genesys-cloud -n demo --wait

Ctrl-C ends it; nothing is left behind but the logs in %s.
`, rel, d.bin+string(os.PathListSeparator)+d.assets, d.sim.GraphURL, d.sim.GenesysURL, d.sim.GraphURL, d.dir)
}
