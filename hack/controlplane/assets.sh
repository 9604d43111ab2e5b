#!/usr/bin/env bash
# Prints the folder that holds etcd, kube-apiserver, kubectl and helm. Looks, in this order, at KUBEBUILDER_ASSETS, at
# bin/k8s, at prebuilt archives through setup-envtest where the network allows, and builds them from source otherwise.
# Messages go to standard error.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
own=$root/bin/k8s

complete() { for p in etcd kube-apiserver kubectl; do [ -x "$1/$p" ] || return 1; done; }

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  complete "$KUBEBUILDER_ASSETS" || { echo "KUBEBUILDER_ASSETS is $KUBEBUILDER_ASSETS, but etcd, kube-apiserver and kubectl are not all there. Unset it to let Entrain find them." >&2; exit 1; }
  [ -x "$KUBEBUILDER_ASSETS/helm" ] || [ -x "$own/helm" ] || "$root/hack/controlplane/build.sh" helm >&2
  echo "$KUBEBUILDER_ASSETS"
  exit 0
fi

# What was built here before is brought up to date, which takes no time when it is.
if compgen -G "$own/.*.stamp" >/dev/null; then
  "$root/hack/controlplane/build.sh" >&2
  echo "$own"
  exit 0
fi

if ! complete "$own"; then
  setup="go run sigs.k8s.io/controller-runtime/tools/setup-envtest@${SETUP_ENVTEST_VERSION:-v0.25.1}"
  if prebuilt=$(timeout 300 $setup use "${ENVTEST_KUBERNETES:-1.37.x}" -p path 2>/dev/null) && complete "$prebuilt"; then
    mkdir -p "$own"
    cp "$prebuilt"/{etcd,kube-apiserver,kubectl} "$own/"
  fi
fi
if ! complete "$own"; then
  "$root/hack/controlplane/build.sh" >&2
elif [ ! -x "$own/helm" ]; then
  "$root/hack/controlplane/build.sh" helm >&2
fi
echo "$own"
