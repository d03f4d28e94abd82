# "make help" explains every target. On a bare Debian or Ubuntu, make, Go and root (or sudo) are enough.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test bench build fmt lint fuzz cross clean setup check-fmt vet unit

# The systems that scrubjayd is built for. All of them without cgo: one file, no libraries to install.
TARGETS := linux/amd64 linux/arm64 windows/amd64 darwin/arm64

# Fuzzing tries each target for FUZZTIME seconds, but all of them together for about FUZZTOTAL.
FUZZTIME  := 5
FUZZTOTAL := 150

# Tools are pinned in a module of their own, so that they never choose the program's dependencies.
TOOL := go tool -modfile=.tools/go.mod

# Where git is missing, or does not trust the folder, go build cannot stamp the revision and must not try.
ifneq ($(shell git rev-parse --verify HEAD >/dev/null 2>&1 && echo stamped),stamped)
export GOFLAGS := $(GOFLAGS) -buildvcs=false
endif

help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Make previews of a few small videos and a contact sheet of each to look at
	@packaging/setup.sh go ffmpeg
	@$(MAKE) --no-print-directory build
	@go run ./internal/demo

test: setup check-fmt vet lint unit fuzz cross ## Check everything: format, vet, lint, tests with -race, short fuzzing, builds
	@echo "All is well."

bench: ## Measure Scrubjay against the usual way (needs about 15 GB; SCRUBJAY_BENCH=short for a quick look)
	@packaging/setup.sh go ffmpeg
	@$(MAKE) --no-print-directory build
	@go run ./internal/bench

build: ## Build bin/scrubjayd
	@CGO_ENABLED=0 go build -trimpath -o bin/ ./cmd/scrubjayd

fmt: ## Format the code and bring it to today's Go
	@go fix ./...
	@$(TOOL) gofumpt -w .

lint: ## Look for mistakes with golangci-lint; .golangci.yml says why each linter is there
	@echo "== lint"
	@$(TOOL) golangci-lint run ./...

fuzz: ## Give every parser a few seconds of made-up input
	@echo "== fuzz" && mkdir -p build
	@set -e; \
	targets=$$(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal | sed 's/func //' | sort); \
	count=$$(echo "$$targets" | wc -l); \
	each=$$(($(FUZZTOTAL) / count)); \
	if [ $$each -gt $(FUZZTIME) ]; then each=$(FUZZTIME); fi; \
	if [ $$each -lt 1 ]; then each=1; fi; \
	for target in $$targets; do \
		echo "$$(dirname "$${target%%:*}") $${target#*:} $${each}s"; \
		go test -run='^$$' -fuzz="^$${target#*:}\$$" -fuzztime=$${each}s -fuzzminimizetime=1s \
			"./$$(dirname "$${target%%:*}")" >build/fuzz.log 2>&1 || { cat build/fuzz.log; exit 1; }; \
	done

cross: ## Build scrubjayd for every system it runs on
	@echo "== build"
	@set -e; for target in $(TARGETS); do \
		echo "scrubjayd $$target"; \
		CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} go build -trimpath -o build/cross/$$target/ ./cmd/scrubjayd; \
	done

clean: ## Remove what was built, the demo's and the benchmark's videos included
	@rm -rf bin build

# The steps of "make test" that are of little use alone.

setup:
	@packaging/setup.sh go ffmpeg compiler
	@mkdir -p build

check-fmt:
	@echo "== format"
	@unformatted=$$($(TOOL) gofumpt -l .) && \
	if [ -n "$$unformatted" ]; then echo "$$unformatted"; echo 'Run "make fmt".'; exit 1; fi

# The other systems are vetted too: it is the only look at their files, tests included, that this machine can take.
vet:
	@echo "== vet"
	@go vet ./...
	@CGO_ENABLED=0 GOOS=windows go vet ./...
	@CGO_ENABLED=0 GOOS=darwin go vet ./...

unit:
	@echo "== test"
	@CGO_ENABLED=1 go test -race -shuffle=on ./...
