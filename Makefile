.DEFAULT_GOAL := help

# Everything here needs Go alone, except `owner-key` and `rotate-key` (your AWS
# credentials).
FUNCTIONS := Dashboard Webhook Poll Ingest Publish Send Project Importer Maintain
BUILDS    := $(FUNCTIONS:%=build-%Function)
BUILD_DIR := .aws-sam/build
FUZZTIME  ?= 30s
SOAKTIME  ?= 10m

# Largest size of a stripped executable in bytes: 20 MB with the validator or
# S3 inside, 12 MB for the others. Size is cold-start time.
LIMIT         := 12000000
LIMIT_BIG     := 20000000
BIG_FUNCTIONS := DashboardFunction ImporterFunction

.PHONY: help run reset test check build bench soak fuzz owner-key rotate-key $(BUILDS)

help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## run everything on this machine (PORT, STATE, CATALOG, SIM=off, PUBLIC_URL)
	go build -o bin/manystall ./infra/local/run
	bin/manystall

reset: ## forget the local state
	rm -rf -- "$${STATE:-.local}"

test: ## run all tests; no network, no Docker
	go test $(TESTFLAGS) ./...

check: ## vet, format, staticcheck, tidy
	go vet ./...
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "run gofmt -w on:"; echo "$$unformatted"; exit 1; }
	go tool staticcheck ./...
	go mod tidy -diff

build: $(BUILDS) ## build every function as `sam build` does and check the sizes
	@failed=; for f in $(FUNCTIONS:%=%Function); do \
		size=$$(wc -c < "$(BUILD_DIR)/$$f/bootstrap"); \
		limit=$(LIMIT); \
		for big in $(BIG_FUNCTIONS); do test "$$f" != "$$big" || limit=$(LIMIT_BIG); done; \
		printf '%-18s %10d of %d bytes\n' "$$f" "$$size" "$$limit"; \
		test "$$size" -le "$$limit" || { echo "$$f is too big: see what 'go version -m' and 'go list -deps' pull in" >&2; failed=1; }; \
	done; test -z "$$failed"

bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

soak: ## run the long tests for SOAKTIME (10m)
	SOAK=$(SOAKTIME) go test -run Soak -timeout 0 -count 1 ./...

fuzz: ## run every fuzz target for FUZZTIME (30s)
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) "$$package"; \
		done; \
	done

owner-key: ## make the first API key of a deployed stack (STACK=name)
	@test -n "$(STACK)" || { echo "say which stack: make owner-key STACK=manystall" >&2; exit 2; }
	@go run ./infra/local/run owner-key -stack "$(STACK)"

rotate-key: ## replace the API key in MANYSTALL_KEY by a new one (STACK=name)
	@test -n "$(STACK)" || { echo "say which stack: make rotate-key STACK=manystall" >&2; exit 2; }
	@go run ./infra/local/run rotate-key -stack "$(STACK)"

# `sam build` calls these with ARTIFACTS_DIR. A static pattern rule, since make
# does not look for an implicit rule for a phony target: such a target would
# build nothing and succeed.
$(BUILDS): build-%:
	@mkdir -p "$(or $(ARTIFACTS_DIR),$(BUILD_DIR)/$*)"
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -ldflags "-s -w" \
		-o "$(or $(ARTIFACTS_DIR),$(BUILD_DIR)/$*)/bootstrap" \
		./functions/$(shell echo $(*:Function=) | tr A-Z a-z)/bootstrap
