SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c

FUZZTIME ?= 60s
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.DEFAULT_GOAL := help
.PHONY: help build run test tools vet lint alloc unit adapt sdk torture bench bench-sdk fuzz cover clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/caddy: static, no cgo.
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/caddy ./cmd/caddy

run: build ## Build bin/caddy and run it with Caddyfile.example.
	bin/caddy run --config Caddyfile.example

# One after the other, cheapest first, so that the first failure is the last thing printed.
test: ## Everything CI checks: vet, build, Caddyfile.example, lint, allocations, tests with -race, no skips.
	@for step in tools vet build adapt lint alloc sdk unit; do echo "== $$step"; $(MAKE) --no-print-directory $$step; done

# What the README's commands and the providers' own SDKs need, and the browser of e2e/browser: tests run them all.
tools:
	@for tool in curl openssl node npm strace chromium; do \
		command -v $$tool >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -qqy $${tool/node/nodejs}; } || \
			{ echo "$$tool is missing: install it, or run make test as root on Debian" >&2; exit 1; }; \
	done

vet:
	go vet ./...

lint: ## Run golangci-lint at its pinned version.
	$(GOLANGCI) run

adapt: build
	bin/caddy validate --config Caddyfile.example

# Without the race detector, under which sync.Pool forgets at random.
alloc:
	go test -count=1 -run 'Alloc' ./verify ./ratelimit ./gateway ./gateway/activity

# The log is verbose because only then does go test mention skipped tests.
unit:
	@mkdir -p bin
	go test -race -shuffle=on -count=1 -timeout=20m -v ./... 2>&1 | tee bin/test.log | grep --line-buffered -vE '^=== |^ *--- PASS|^PASS$$'
	@if grep -- '--- SKIP' bin/test.log; then echo 'FAIL: the tests above were skipped'; exit 1; fi

torture: ## Kill the gateway at least 500 times, and count what is lost. Takes long.
	TORTURE_KILLS=500 go test -race -count=1 -timeout=90m -v ./e2e/torture

bench: ## Load plain Caddy and the gateway side by side, then run the benchmarks.
	go run ./bench
	go test -run '^$$' -bench . -benchmem ./verify ./ratelimit ./gateway ./gateway/activity

# A module of its own, for the dependencies.
sdk:
	cd bench/sdk && go vet ./... && go test ./...

bench-sdk: ## Verification beside the providers' own Go SDKs.
	cd bench/sdk && go run .

fuzz: ## Run every fuzz target for FUZZTIME (default 60s) each.
	@for pkg in $$(go list ./...); do \
		targets=$$(go test -list '^Fuzz' $$pkg | awk '/^Fuzz/'); \
		for target in $$targets; do \
			echo "== $$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
		done; \
	done

cover: ## Show test coverage by package.
	go test -cover ./...

clean: ## Remove what the build left here.
	rm -rf bin
