package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	api "github.com/entrain-dev/entrain/api/v1alpha1"
)

// connection is how the plugin finds the API server: as kubectl does, by kubeconfig and flags.
type connection struct {
	rules     *clientcmd.ClientConfigLoadingRules
	overrides clientcmd.ConfigOverrides
}

func newConnection() *connection {
	return &connection{rules: clientcmd.NewDefaultClientConfigLoadingRules()}
}

// bind adds the flags of kubectl. The name of a kubeconfig user has none, because --user names a person here.
func (c *connection) bind(flags *pflag.FlagSet) {
	flags.StringVar(&c.rules.ExplicitPath, "kubeconfig", "", "Path to the kubeconfig file")
	names := clientcmd.RecommendedConfigOverrideFlags("")
	names.ContextOverrideFlags.AuthInfoName.LongName = ""
	clientcmd.BindOverrideFlags(&c.overrides, flags, names)
}

func (c *connection) loader() clientcmd.ClientConfig {
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(c.rules, &c.overrides)
}

func (c *connection) config() (*rest.Config, error) {
	config, err := c.loader().ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w", err)
	}
	config.UserAgent = "kubectl-entrain/" + version
	return config, nil
}

func (c *connection) namespace() (string, error) {
	ns, _, err := c.loader().Namespace()
	return ns, err
}

// open connects to the API server; it sends nothing yet but what the client needs to know.
func (c *connection) open() (client.WithWatch, string, error) {
	config, err := c.config()
	if err != nil {
		return nil, "", err
	}
	ns, err := c.namespace()
	if err != nil {
		return nil, "", err
	}
	scheme := runtime.NewScheme()
	utilruntime.Must(api.AddToScheme(scheme))
	opened, err := client.NewWithWatch(config, client.Options{Scheme: scheme})
	return opened, ns, err
}

// find reads a ProvisioningConfig.
func find(ctx context.Context, c client.Client, ns, name string) (*api.ProvisioningConfig, error) {
	config := &api.ProvisioningConfig{}
	err := c.Get(ctx, client.ObjectKey{Namespace: ns, Name: name}, config)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("there is no ProvisioningConfig %q in the namespace %q; name another namespace with -n", name, ns)
	}
	return config, err
}

// completeConfigs completes the names of ProvisioningConfigs.
func (c *connection) completeConfigs(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	opened, ns, err := c.open()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var list api.ProvisioningConfigList
	if err := opened.List(cmd.Context(), &list, client.InNamespace(ns)); err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
