# What people and CI run. `make help` lists the targets; variables in brackets may be set on the command line.

GO      ?= go
PKG     ?= ./...
RUN     ?= .
BENCH   ?= .
COUNT   ?= 1
FUZZ    ?= .
FUZZTIME ?= 1m
DATA    := $(or $(SWITCHYARD_DATA),data)
COMMIT  := $(shell git rev-parse --short=7 HEAD 2>/dev/null || echo unknown)
# Where the source of this build is published: what `smp-server init --source-code` writes when it is given no URI.
SOURCE  ?=
# One set of flags for all that is compiled, so that programs, tests and tools share what the build cache has.
export GOFLAGS := $(if $(filter -trimpath,$(GOFLAGS)),$(GOFLAGS),$(strip $(GOFLAGS) -trimpath))
LDFLAGS := -X main.commit=$(COMMIT) -X main.sourceURI=$(SOURCE)

# The commit is set above; without git, or in a checkout of another user's, Go could not find it out.
BUILD   := $(GO) build -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/

.DEFAULT_GOAL := help
.PHONY: help go build run test race race-short torture modelcheck simulate mutants bench-machine fuzz timing man static image packages operate bogo interop web lint tools clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What make itself cannot install.
go:
	@command -v $(GO) >/dev/null || { echo 'make: Go is missing; install 1.26 or later from https://go.dev/dl, or name it with GO=PROGRAM' >&2; exit 1; }

build: go ## build every program into bin/
	$(BUILD) ./cmd/...

run: go ## start an SMP router on port 5223 and an XFTP router on 5443, set up in ./data or $SWITCHYARD_DATA
	$(BUILD) ./cmd/smp-server ./cmd/xftp-server
	@.ci/routers '$(DATA)'

# Tests that run whole routers take the programs that make build has made, instead of building them once more.
TEST := SWITCHYARD_PROGRAMS=$(CURDIR)/bin $(GO) test -timeout 30m

test: build tools interop ## run all tests [PKG=./wal/ RUN=regex COUNT=1]
	$(TEST) -vet=off -count=$(COUNT) -run '$(RUN)' $(PKG)
	$(if $(WHOLE),@$(MAKE) --no-print-directory simulate SEEDS=1000)

# Simulations have a build of their own, which only runs of all tests make.
WHOLE = $(and $(filter ./...,$(PKG)),$(filter .,$(RUN)))

# The race detector has every process sleep for a second before it exits, in which others may still race; the tests start
# hundreds of processes.
RACE := GORACE=atexit_sleep_ms=50 $(TEST) -race

race: build tools interop ## run all tests with the race detector [PKG RUN COUNT]
	$(RACE) -count=$(COUNT) -run '$(RUN)' $(PKG)
	$(if $(WHOLE),@$(MAKE) --no-print-directory simulate SEEDS=100 LOOSE=1)

# Without the house rules, which read files, kernels, TLS and the pages in a browser, whose packages have no goroutines, what operators
# install, and the programs: what they do is in packages that are raced, and make race has them, too.
race-short: build tools interop ## the same with -short, as CI does [PKG RUN COUNT]
	$(RACE) -short -count=$(COUNT) -run '$(RUN)' $(filter-out %/tidy %/xftp/web %/internal/bundle %/linkpages switchyard/cmd/% switchyard/box switchyard/box/% switchyard/tls switchyard/tls/% switchyard/ops switchyard/ops/%,$(shell $(GO) list $(PKG)))

modelcheck: ## run the router and a model of SMP side by side [SEEDS=100 STEPS=2000]
	$(GO) test -count=1 -timeout 0 ./shard -run '^Test(Service)?Model$$' -model.seeds $(or $(SEEDS),100) -model.steps $(or $(STEPS),2000)

simulate: ## run shards, loops and store step by step, in orders that seeds choose [SEEDS=10000 FIRST=1 FAULTS=1 LOOSE=1]
	@$(GO) run ./internal/simulate/weave $(if $(FAULTS),-faults shard/testdata/faults) -- -timeout 0 $(if $(LOOSE),-race) ./shard \
		-run '^TestSimulation$$' -args -simulate.seeds $(or $(SEEDS),10000) -simulate.first $(or $(FIRST),1) $(if $(LOOSE),-simulate.loose)

mutants: ## change a package in one place at a time, and tell what no test notices [PKG=./shard SAMPLE=200 SEED=1 ONLY SKIP=regex WORKERS=1]
	@nice -n 10 $(GO) run ./internal/mutants -sample $(or $(SAMPLE),0) -seed $(or $(SEED),1) -workers $(or $(WORKERS),1) \
		$(if $(ONLY),-only '$(ONLY)') $(if $(SKIP),-skip '$(SKIP)') $(filter-out ./...,$(PKG))

torture: build ## break things until a budget of time is spent, from seeds that none had before [BUDGET=1h ONLY=crash,power]
	@bin/torture --dir $(DATA)/torture --budget $(or $(BUDGET),1h) $(if $(ONLY),--only $(ONLY))

bench-machine: tools ## measure what this machine can do: the resource sketch of BENCHMARKS.md
	@$(GO) run ./cmd/bench-machine --dir $(or $(SWITCHYARD_DATA),.)

fuzz: ## run every fuzz target for a minute, one a core at a time [PKG FUZZ=regex FUZZTIME=1m]
	@.ci/fuzz $(FUZZTIME) '$(FUZZ)' $(PKG)

timing: ## measure whether time tells a secret, by Welch's t-test: minutes, on a machine with nothing else to do
	$(GO) test -tags timing -count=1 -run '^TestTiming' -v ./box ./shard ./engine

bogo: ## run BoringSSL's TLS test runner against package tls, from a checkout of BoringSSL [RUNNER=dir]
	@test -n "$(RUNNER)" || { echo 'bogo: give RUNNER=DIR, a checkout of BoringSSL' >&2; exit 1; }
	@$(GO) run ./tls/internal/bogoshim run $(RUNNER)

# What npm has installed, by the directories of its package.json.
NPM := smp/client/interop server/site/page xftp/web/page
INSTALLED := $(NPM:%=%/node_modules/.package-lock.json)

interop: $(INSTALLED) ## install what tests need of npm: an independent client, and what the pages are made of

$(INSTALLED): %/node_modules/.package-lock.json: %/package-lock.json
	@.ci/install node npm
	npm ci --prefix $* --no-audit --no-fund --loglevel=error

web: interop ## make the scripts of the routers' pages anew, after a change of server/site/page or xftp/web/page
	$(GO) run ./internal/bundle/make
	$(GO) test -run '^TestTypes$$' ./internal/bundle

man: build ## write manual pages of all programs into bin/man
	@rm -rf bin/man
	@for p in smp-server xftp-server xftp loadtest; do \
		case $$p in *-server) s=8 ;; *) s=1 ;; esac; \
		env -u SMP_SERVER_CFG_PATH -u SMP_SERVER_LOG_PATH -u XFTP_SERVER_CFG_PATH -u XFTP_SERVER_LOG_PATH \
			SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || date +%s) bin/$$p man bin/man/man$$s || exit 1; \
	done

lint: ## go vet, staticcheck and the house rules
	$(GO) vet ./...
	$(GO) vet -tags simulate ./shard
	$(GO) tool staticcheck ./...
	$(GO) test -count=1 ./tidy

tools: # what the tests call beside Go
	@.ci/install openssl gcc chromium curl nghttp h2load node pg_ctlcluster haproxy nginx prometheus systemd-analyze

# One program without cgo and without symbols, which runs on any Linux of its architecture.
static: go
	CGO_ENABLED=0 GOARCH=$(GOARCH) $(GO) build -buildvcs=false -ldflags '-s -w $(LDFLAGS)' -o $(OUT) ./cmd/$(SERVER)

image: go ## build images of both routers with podman, buildah or docker [ARCHS="amd64 arm64"]
	@ops/image/build $(ARCHS)

packages: build ## make .deb and .rpm of both routers in bin/packages [ARCHS="amd64 arm64" VERSION=0.1.0]
	@GO='$(GO)' ops/packages/build $(or $(VERSION),0.1.0) $(or $(ARCHS),amd64 arm64)

# What shows that an operator can move a router over and run it: golden outputs of the reference, moves, proxies, pages, metrics.
OPERATE := ./cmd/smp-server ./cmd/xftp-server ./engine/counts ./engine/operator ./ops/... ./server/... ./wal/reference/... ./xftp/router

operate: build tools interop ## try what operators do: packages, images, units, proxies, Prometheus, PostgreSQL; minutes
	$(TEST) -count=1 -tags operate ./ops
	$(TEST) -vet=off -count=1 $(OPERATE)

clean: ## remove what make built; ./data stays
	rm -rf bin
	$(GO) clean -testcache

include bench.mk
