# Entrain. `make` alone prints what there is.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

BIN := $(CURDIR)/bin
export PATH := $(BIN):$(BIN)/k8s:$(PATH)

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
IMAGE ?= ghcr.io/entrain-dev/entrain:$(VERSION)

# Tools, pinned; each is built once into bin/ under a name that carries its version.
CONTROLLER_GEN_VERSION := v0.23.0
GOLANGCI_LINT_VERSION := v2.15.0
ENVTEST_KUBERNETES := 1.37.x
CONTROLLER_GEN := $(BIN)/controller-gen-$(CONTROLLER_GEN_VERSION)
GOLANGCI_LINT := $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION)

##@ First steps

.PHONY: help
help: ## Print this help.
	@awk 'BEGIN {FS = ":.*##"; print "Usage: make TARGET"} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-zA-Z0-9_-]+:.*?##/ {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
DEMO_EXIT ?=
demo: controlplane ## Show Entrain at work: a control plane, a simulated tenant, a simulated Genesys Cloud. Ctrl-C ends it; DEMO_EXIT=1 ends by itself.
	@go build -o $(BIN)/entrain ./cmd/entrain
	@go build -o $(BIN)/entrain-sim ./cmd/entrain-sim
	@go build -o $(BIN)/kubectl-entrain ./cmd/kubectl-entrain
	@go build -o $(BIN)/entrain-demo ./hack/demo
	@assets="$$(hack/controlplane/assets.sh)"; exec env KUBEBUILDER_ASSETS="$$assets" DEMO_EXIT="$(DEMO_EXIT)" $(BIN)/entrain-demo $(DEMOFLAGS)

.PHONY: recordings
recordings: ## Play the demo's story and draw what kubectl entrain printed into docs/recordings.
	@rm -f docs/recordings/*.svg; mkdir -p docs/recordings
	@$(MAKE) demo DEMO_EXIT=1 DEMOFLAGS=--recordings=docs/recordings

.PHONY: test
test: controlplane ## Run all tests that need no cluster of yours.
	@assets="$$(hack/controlplane/assets.sh)"; KUBEBUILDER_ASSETS="$$assets" go test -timeout 30m $(TESTFLAGS) ./...
	@hack/fuzz.sh 2000x ./internal/expr

##@ Development

.PHONY: build
build: ## Build the programs into bin/.
	go build -o $(BIN)/entrain ./cmd/entrain
	go build -o $(BIN)/entrain-sim ./cmd/entrain-sim
	go build -o $(BIN)/kubectl-entrain ./cmd/kubectl-entrain

.PHONY: run
run: install ## Run the operator on this machine against the current kubeconfig.
	@mkdir -p dist
	go run ./cmd/entrain --leader-elect=false --store=$(CURDIR)/dist/state.db

.PHONY: generate
generate: $(CONTROLLER_GEN) ## Generate deepcopy functions, CRDs and the function reference.
	$(CONTROLLER_GEN) object:headerFile=hack/boilerplate.go.txt paths=./api/...
	$(CONTROLLER_GEN) crd paths=./api/... output:crd:dir=config/crd/bases
	mkdir -p charts/entrain/crds && cp config/crd/bases/*.yaml charts/entrain/crds/
	go run ./internal/expr/exprdoc > docs/expressions.md

.PHONY: verify
verify: generate ## Check that everything generated is up to date and go.mod is tidy.
	go mod tidy
	@git diff --exit-code -- api config charts docs go.mod go.sum || { echo "Generated files differ from their source: run make generate and commit."; exit 1; }

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Run golangci-lint, the import table of docs/architecture.md included.
	$(GOLANGCI_LINT) run ./...

.PHONY: race
race: controlplane ## Run the tests with the race detector.
	@assets="$$(hack/controlplane/assets.sh)"; KUBEBUILDER_ASSETS="$$assets" FAULT_FEW=1 go test -race -timeout 60m ./...

# How many histories and kills; a fresh SEED each time finds more than the same again.
MODEL_HISTORIES ?= 5000
CRASH_KILLS ?= 2000
SEED ?= 1
.PHONY: soak
soak: ## Thousands of random histories, every failure at every call, 2,000 kills (about a quarter of an hour).
	MODEL_HISTORIES=$(MODEL_HISTORIES) MODEL_FIRST=$(SEED) go test -count=1 -v -timeout 240m ./test/model
	go test -count=1 -v -timeout 120m ./test/fault
	CRASH_KILLS=$(CRASH_KILLS) CRASH_SEED=$(SEED) go test -count=1 -v -timeout 120m ./test/crash

FUZZTIME ?= 1m
.PHONY: fuzz
fuzz: ## Fuzz each target for FUZZTIME (1m).
	hack/fuzz.sh $(FUZZTIME)

.PHONY: bench-expr
bench-expr: ## Compare the expression language with cel-go on equal expressions.
	go run ./internal/expr/bench

.PHONY: bench
bench: ## Measure requests, rate, speed and memory against their goals (6 minutes; docs/performance.md).
	go run ./test/perf $(BENCHFLAGS)

.PHONY: bench-full
bench-full: ## The same with 100,000 people and 1,000,000 memberships (about an hour).
	go run ./test/perf -full $(BENCHFLAGS)

.PHONY: controlplane
controlplane: ## Find or build etcd, kube-apiserver, kubectl and helm (first time: minutes).
	@hack/controlplane/assets.sh --ensure >/dev/null

##@ Into a cluster

.PHONY: install
install: controlplane ## Install the CRDs into the cluster of the current kubeconfig.
	kubectl apply --server-side -k config/crd

.PHONY: uninstall
uninstall: controlplane ## Remove the CRDs, and with them every ProvisioningConfig. People in the target stay.
	kubectl delete --ignore-not-found -k config/crd

.PHONY: docker-build
docker-build: ## Build the operator's image.
	docker build --build-arg VERSION=$(VERSION) -t $(IMAGE) .

.PHONY: krew
krew: ## Build the kubectl plugin for all platforms and its krew manifest into dist/: make krew VERSION=v0.1.0.
	go run ./hack/krew --version=$(VERSION) --dist=dist

.PHONY: deploy
deploy: controlplane ## Install the operator into the cluster of the current kubeconfig by kustomize.
	kubectl apply --server-side -k config/default

.PHONY: undeploy
undeploy: controlplane ## Remove the operator.
	kubectl delete --ignore-not-found -k config/default

$(CONTROLLER_GEN):
	@mkdir -p $(BIN); echo "Building controller-gen $(CONTROLLER_GEN_VERSION)"
	@GOBIN=$(BIN) go install sigs.k8s.io/controller-tools/cmd/controller-gen@$(CONTROLLER_GEN_VERSION) && mv $(BIN)/controller-gen $@

$(GOLANGCI_LINT):
	@mkdir -p $(BIN); echo "Building golangci-lint $(GOLANGCI_LINT_VERSION), about 3 minutes the first time"
	@GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION) && mv $(BIN)/golangci-lint $@
