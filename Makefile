# One line each; what needs more stands in scripts/.
.DEFAULT_GOAL := help
.PHONY: help build test race fuzz bench soak lint generate corpus mutate

FUZZTIME ?= 1m
SOAKTIME ?= 2h
LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(firstword $(MAKEFILE_LIST))

build: ## build bin/weft
	go build -o bin/weft ./cmd/weft

test: ## run everything that must hold: formatting, vet, generated files, all tests with the race detector
	scripts/test

race: ## run the packages' tests with the race detector, nothing else
	scripts/install-missing && CGO_ENABLED=1 go test -race ./...

fuzz: ## run every fuzz target for FUZZTIME (default 1m)
	FUZZTIME=$(FUZZTIME) scripts/fuzz

bench: ## run the packages' benchmarks, then Weft beside the floor (bench/README.md)
	go test -run='^$$' -bench=. -benchmem ./... && bench/run.sh

soak: ## run the tests that take long (build tag soak), each package for at most SOAKTIME (default 2h)
	go test -tags soak -count=1 -timeout $(SOAKTIME) ./...

lint: ## run golangci-lint (its first run compiles it: a minute or two)
	$(LINT) && cd bench && $(LINT)

corpus: ## rewrite what other composers say about schema/compose/corpus, and load Weft's supergraphs in theirs (needs node)
	scripts/corpus

mutate: ## name the rules of composition that no test holds: takes them away one by one (some ten minutes)
	go run ./scripts/mutate -kinds report -tests ./schema/compose,./schema/compose/corpus,./schema/link ./schema/compose ./schema/link

generate: ## regenerate what is generated from schemas and structs
	go generate ./...
