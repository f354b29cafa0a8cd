SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c

FUZZTIME ?= 60s
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
ACTIONLINT := go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

.DEFAULT_GOAL := help
.PHONY: help build sbom run test tools vet lint alloc unit adapt sdk manifests torture bench bench-sdk fuzz cover clean image clean-image test-image

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/caddy: static, no cgo.
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/caddy ./cmd/caddy

# A release's SBOMs are CycloneDX (.goreleaser.yaml); this one is what Go itself writes into the program.
sbom: build ## List the modules and versions in bin/caddy, with checksums, in bin/caddy.sbom.txt.
	go version -m bin/caddy > bin/caddy.sbom.txt

run: build ## Build bin/caddy and run it with Caddyfile.example.
	bin/caddy run --config Caddyfile.example

# One after the other, cheapest first, so that the first failure is the last thing printed.
test: ## Everything CI checks: vet, build, Caddyfile.example, lint, allocations, tests with -race, no skips.
	@for step in tools vet build adapt lint alloc sdk manifests unit; do echo "== $$step"; $(MAKE) --no-print-directory $$step; done

# What the README's commands and the providers' own SDKs need, and the browser of e2e/browser: tests run them all.
tools:
	@for tool in curl openssl node npm strace chromium; do \
		command -v $$tool >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -qqy $${tool/node/nodejs}; } || \
			{ echo "$$tool is missing: install it, or run make test as root on Debian" >&2; exit 1; }; \
	done

# The tag image has the tests of test-image, which needs Docker to run them.
vet:
	go vet -tags image ./...

lint: ## Run golangci-lint, and actionlint on the workflows, at pinned versions.
	$(GOLANGCI) run
	$(ACTIONLINT) -shellcheck= -pyflakes=

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

# What docker calls the image, its architecture (of this machine unless asked for), its version.
IMAGE    ?= caddy-webhook-gateway
ARCH     ?= $(shell go env GOHOSTARCH)
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null || echo unknown)

bin/image/linux-%/caddy:
	CGO_ENABLED=0 GOOS=linux GOARCH=$* go build -trimpath -buildvcs=false -ldflags '-s -w -X github.com/caddyserver/caddy/v2.CustomVersion=$(VERSION)' -o bin/linux-$*/caddy ./cmd/caddy
	install -D bin/linux-$*/caddy $@

# The folder bin/image has all that the image is made of, so that nothing is fetched while it is built.
# Only BuildKit builds for another architecture than this machine's.
image: clean-image bin/image/linux-$(ARCH)/caddy ## Build the container image, for this machine or ARCH=arm64.
	install -d -m 0750 bin/image/owned/data
	install -m 0644 deploy/Caddyfile /etc/ssl/certs/ca-certificates.crt bin/image
	docker build --network none --platform linux/$(ARCH) --build-arg TARGETARCH=$(ARCH) --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
		-t $(IMAGE) -f deploy/Dockerfile bin/image

clean-image:
	rm -rf bin/image

test-image: image ## Run the image beside an application, kill it, and count what is lost. Needs Docker with Compose 2.
	IMAGE=$(IMAGE) go test -tags image -count=1 -timeout=10m -v ./e2e/image

torture: ## Cut the store's power 2000 times, kill the gateway at least 500 times, and count what is lost. Takes long.
	go test -race -count=1 -timeout=60m -v -run 'TestPowerCut$$' ./gateway/sqlite -powercuts=2000
	TORTURE_KILLS=500 go test -race -count=1 -timeout=90m -v ./e2e/torture

bench: ## Load plain Caddy and the gateway side by side, then run the benchmarks.
	go run ./bench
	go test -run '^$$' -bench . -benchmem ./verify ./ratelimit ./gateway ./gateway/activity

# A module of its own, for the dependencies.
sdk:
	cd bench/sdk && go vet ./... && go test ./...

# What users copy from deploy, read by Kubernetes' types, kustomize, Compose and systemd. A module of its own, too.
manifests: build
	cd deploy/check && go vet ./... && go test -count=1 ./...

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
