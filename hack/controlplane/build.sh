#!/usr/bin/env bash
# Builds etcd, kube-apiserver, kubectl and helm from the modules pinned in go.mod into bin/k8s.
# Usage: build.sh [PROGRAM ...]     (no PROGRAM: all four)
set -euo pipefail
cd "$(dirname "$0")"
out=${CONTROLPLANE_BIN:-$PWD/../../bin/k8s}
mkdir -p "$out"

kube=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
minor=${kube#v1.}; minor=${minor%%.*}
# kubectl and helm refuse to talk to a server whose version they cannot parse; a plain `go build` would leave it empty.
version="-X k8s.io/component-base/version.gitVersion=$kube -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$minor -X k8s.io/component-base/version.gitTreeState=clean"
helm="-X helm.sh/helm/v4/internal/version.version=$(go list -m -f '{{.Version}}' helm.sh/helm/v4)"

declare -A package=(
  [etcd]=go.etcd.io/etcd/server/v3
  [kube-apiserver]=k8s.io/kubernetes/cmd/kube-apiserver
  [kubectl]=k8s.io/kubernetes/cmd/kubectl
  [helm]=helm.sh/helm/v4/cmd/helm
)
[ $# -gt 0 ] || set -- etcd kube-apiserver kubectl helm

stamp=$(cat go.mod build.sh | sha256sum | cut -c1-16)
todo=()
for p in "$@"; do
  [ -x "$out/$p" ] && [ "$(cat "$out/.$p.stamp" 2>/dev/null)" = "$stamp" ] || todo+=("$p")
done
[ ${#todo[@]} -gt 0 ] || exit 0

echo "Building ${todo[*]} (Kubernetes $kube) from source into bin/k8s."
echo "The first time this compiles some 2,000 packages: about 10 minutes on two cores. Go's build cache keeps them, later runs take seconds."
for p in "${todo[@]}"; do
  started=$SECONDS
  printf '  %-15s' "$p"
  ldflags="-s -w $version"
  [ "$p" = helm ] && ldflags="-s -w $helm"
  CGO_ENABLED=0 go build -trimpath -ldflags "$ldflags" -o "$out/.$p.new" "${package[$p]}"
  mv "$out/.$p.new" "$out/$p"
  echo "$stamp" > "$out/.$p.stamp"
  echo "built in $((SECONDS - started)) s"
done
