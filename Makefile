# The project's commands. `make gate` is what has to pass before a commit;
# .ci/run is the same and more, on a bare machine.

GO       ?= go
FUZZTIME ?= 60s
IMAGE    ?= photoedge
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LINT     := $(GO) tool -modfile=.ci/tools/go.mod golangci-lint

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/photoedge, static and stamped with the version
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/photoedge ./cmd/photoedge

.PHONY: test
test: ## Run all tests, shuffled, with the race detector; count allocations without it
	$(GO) test -race -shuffle=on -timeout 15m ./...
	$(GO) test -run 'Allocates|Unpopular' ./...

.PHONY: lint
lint: ## Run the linter (.golangci.yml)
	$(LINT) run ./...

.PHONY: fmt
fmt: ## Format the code
	$(LINT) fmt

.PHONY: fmt-check
fmt-check: ## Show what fmt would change, and fail if that is something
	$(LINT) fmt --diff

.PHONY: vet
vet: ## Run go vet
	$(GO) vet ./...

.PHONY: vuln
vuln: ## Look for known vulnerabilities, if the database answers
	.ci/vuln

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME each
	FUZZTIME=$(FUZZTIME) FUZZ_BUDGET=$${FUZZ_BUDGET:-86400} .ci/fuzz

.PHONY: bench
bench: ## Run the micro-benchmarks (for load tests: go run ./bench)
	$(GO) test -run '^$$' -bench . -benchmem ./...

.PHONY: gate
gate: fmt-check lint vet vuln test ## Everything that has to pass before a commit

.PHONY: docker
docker: ## Build the container image
	docker build --build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) -t $(IMAGE):$(VERSION) .

.PHONY: demo
demo: ## Run an edge with two S3 regions, all in one process
	$(GO) run ./cmd/photoedge demo

.PHONY: drill
drill: ## Run the demo's failure drill and check what it promises
	$(GO) run ./cmd/photoedge demo --drill
