#!/usr/bin/env bash
# Fuzzes every target for a time or a count each: hack/fuzz.sh 1m, hack/fuzz.sh 1000x [PACKAGE ...]
set -euo pipefail
cd "$(dirname "$0")/.."
budget=${1:?how long or how often: 1m, 1000x}
shift
if [ $# -eq 0 ]; then
  mapfile -t packages < <(grep -rlE '^func Fuzz' --include='*_test.go' internal | xargs -n1 dirname | sort -u)
  set -- "${packages[@]/#/./}"
fi
for package in "$@"; do
  for target in $(cat "$package"/*_test.go | grep -oE '^func Fuzz[A-Za-z0-9_]+' | awk '{print $2}'); do
    printf '%s %s: ' "$package" "$target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$budget" -fuzzminimizetime 10x "$package" | tail -1
  done
done
