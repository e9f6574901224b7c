# Paydesk's commands. Each sets up by itself what it needs, says in a line what it installs, and
# skips what is done. The work is in scripts/, one small program per step.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup setup-tests demo test unit e2e api-fuzz bench chaos site fmt lint sqlx

# Queries are compiled against .sqlx/, also where DATABASE_URL names a server for running.
# To compile against that server instead: make SQLX_OFFLINE=false …
export SQLX_OFFLINE ?= true

# The browser side is compiled apart (scripts/site): with the native crates it would share features.
NATIVE := --workspace --exclude frontend --locked
STAMPS := target/.stamps
SITE_SOURCES := $(shell find app frontend style server/crates/domain tools/bundle scripts/site \
	-type f -not -name '*.snap' 2>/dev/null) Cargo.lock Cargo.toml package-lock.json

help: ## what can be made
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 16

demo: setup site ## a shop, its customers, its processor and its books, on this machine
	@echo "  compiling the service"
	@cargo build $(NATIVE) --bins
	@target/debug/paydesk demo

test: setup-tests site lint unit e2e ## every check there is

bench: setup site ## the benchmark, on a release build
	@echo "  compiling the service for speed"
	@cargo build $(NATIVE) --bins --release
	@target/release/paydesk bench --whole

chaos: setup-tests site ## the long runs: kills, storms, partitions, a dying Postgres
	@echo "  compiling what will be killed"
	@scripts/chaos

unit: setup-tests site ## the tests of all crates, on a scratch Postgres
	@echo "  compiling and running the tests"
	@scripts/with-postgres cargo test $(NATIVE)

e2e: setup-tests site ## the journeys in a browser, with and without JavaScript
	@echo "  compiling the service"
	@cargo build $(NATIVE) --bins
	@scripts/e2e

api-fuzz: setup site ## generated calls over the whole API: no 5xx, nothing that is not described
	@echo "  compiling the service"
	@cargo build $(NATIVE) --bins
	@scripts/schemathesis

lint: ## formatting, clippy, shellcheck
	@scripts/lint

fmt: ## formats the code
	@cargo fmt --all

sqlx: setup ## writes .sqlx/ anew, after a query or a migration has changed
	@scripts/sqlx-prepare

site: setup $(STAMPS)/site ## the browser side: wasm, style sheet, static files

setup:
	@scripts/setup

setup-tests:
	@scripts/setup --tests

$(STAMPS)/site: $(SITE_SOURCES) | setup
	@scripts/site
	@mkdir -p $(STAMPS) && touch $@
