# `make` alone lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := .demo
BENCH := build/bench
# Each test file stays on one worker, so its module fixtures are built once; tests/conftest.py decides the order. One
# worker more than processors, because many tests wait for a played server.
WORKERS := $(shell expr 1 + $$(getconf _NPROCESSORS_ONLN))
PARALLEL ?= --numprocesses=$(WORKERS) --dist=loadfile --no-loadscope-reorder
ARGS ?=
# ARGS may select tests of one kind only: pytest then ends the other run with status 5.
NONE_SELECTED = $(if $(ARGS),|| [ $$? -eq 5 ])

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-system test-asterisk test-peers first-fax export-fire chaos fuzz storm lint format currencies freeze released docs pictures bench soak clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

venv: $(READY) ## create the virtual environment in .venv

# Installed again only when the requirements change.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "faxstore needs Python 3.11 or newer, and $(PYTHON) is older. Choose another: make PYTHON=python3.12" >&2; \
		exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || { \
		echo "cannot create a virtual environment (Debian: apt install python3-venv)" >&2; exit 2; }
	@echo "installing into $(VENV) (first time only) ..."
	@$(BIN)/pip --disable-pip-version-check install --quiet -c constraints.txt -e '.[embedded,html,parquet,arrow,sign,dev]'
	@touch $@

demo: $(READY) ## watch faxstore at work on recorded faxes; needs no setup (ARGS=--year: a generated year)
	@$(BIN)/faxstore --data-dir $(DEMO) demo $(ARGS)

test: $(READY) ## run the tests on the embedded Postgres (ARGS="-k name" selects some)
	$(BIN)/pytest $(PARALLEL) -m "not alone" $(ARGS) $(NONE_SELECTED)
	$(BIN)/pytest -m alone $(ARGS) $(NONE_SELECTED)

fuzz: $(READY) ## feed a million mutated messages to the reader (ARGS="--messages N --seed N")
	$(BIN)/python -m tests.trials.fuzz $(ARGS)

# Repeated is what Postgres decides: schema, views, plans, functions, rights, locks, migrations, and the statements that
# faxstore composes. Not repeated are tests without a database, tests that have servers of their own, and tests of
# processes, sockets, files and played servers, which are the same on any Postgres; and, because they take minutes,
# recordings, whose rows the tests of tests/sql have too.
NO_SYSTEM_DATABASE := tests/ami tests/api tests/capacity tests/capture tests/commands tests/cookbook tests/demo \
	tests/deploy tests/docs tests/doctor tests/faults tests/ingest tests/reader tests/recordings tests/report \
	tests/sessions tests/settings tests/spool tests/system tests/trials $(wildcard tests/test_*.py) \
	tests/billing/test_ledger_kills.py tests/export/test_interrupted.py

test-system: $(READY) ## run the database tests on this machine's Postgres
	FAXSTORE_TEST_SERVER=system $(BIN)/pytest $(PARALLEL) $(NO_SYSTEM_DATABASE:%=--ignore=%) $(ARGS)

test-asterisk: $(READY) ## send real faxes through real Asterisk 22 and 16 (Debian; downloads them once)
	$(BIN)/pytest tests/asterisk $(ARGS)

test-peers: $(READY) ## try HylaFAX, Spark, PgBouncer, Prometheus and others with faxstore (Debian; downloads them once)
	$(BIN)/pytest tests/peers $(ARGS)

first-fax: $(READY) ## follow the guide for Debian on a fresh Debian until a fax is billed (root, Debian; downloads once)
	$(BIN)/python -m tests.asterisk.first_fax $(ARGS)

export-fire: $(READY) ## kill the billing exporter 200 times and compare the books (ARGS="--kills N --seed N")
	$(BIN)/python -m tests.trials.billing_kills $(ARGS)

chaos: $(READY) ## break everything for 15 minutes and compare the books (ARGS="--seed N")
	$(BIN)/python -m tests.trials.chaos $(ARGS)

storm: $(READY) ## run 300 concurrent faxes on a real Asterisk 22 for 10 minutes (ARGS="--faxes 50 --minutes 1")
	$(BIN)/python -m tests.trials.storm $(ARGS)

lint: $(READY) ## check style, types and the order of the rooms
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY) ## format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

currencies: $(READY) ## write the currencies of fax.rate from the list of ISO 4217
	$(BIN)/python -m tests.kit.iso_4217

# Until 0.1.0 is released, revision 0001 follows the schema. Afterwards each change is a revision of its own.
freeze: $(READY) ## write migrations/sql and the catalog that verify compares with, from faxstore/sql
	$(BIN)/python -c 'from faxstore import sql; print(sql.schema(), end="")' > migrations/sql/0001_up.sql
	cp faxstore/sql/rights/roles.sql migrations/sql/roles.sql
	$(BIN)/python -m faxstore.verify.freeze

# Part of a release. tests/migrations/test_released.py migrates each of these databases.
released: $(READY) ## write the database of this release to tests/released
	$(BIN)/python -m tests.kit.released

docs: $(READY) ## regenerate the reference pages and the answers in the cookbook
	$(BIN)/python -m docs.reference.generate

pictures: $(READY) ## draw the pictures of the documentation from generated faxes
	$(BIN)/python -m docs.pictures.generate

bench: $(READY) ## measure; prints rows for docs/performance.md, and writes some as JSON
	$(BIN)/pip --disable-pip-version-check install --quiet -c constraints.txt -e '.[bench]'
	mkdir -p $(BENCH)
	$(BIN)/python -m benchmarks.append_rate --json $(BENCH)/append_rate.json
	$(BIN)/python -m benchmarks.import_rate
	$(BIN)/python -m benchmarks.poll_cost --json $(BENCH)/poll_cost.json
	$(BIN)/python -m benchmarks.capacity --json $(BENCH)/capacity.json
	$(BIN)/python -m benchmarks.capacity --servers 50 --sessions 100 --workers 2 --json $(BENCH)/capacity_50.json
	$(BIN)/python -m benchmarks.flood
	$(BIN)/python -m benchmarks.scrape
	$(BIN)/python -m benchmarks.follow_latency
	$(BIN)/python -m benchmarks.readers
	$(BIN)/python -m benchmarks.totals_rate --rows 300000
	$(BIN)/python -m benchmarks.packs --rows 300000
	$(BIN)/python -m benchmarks.coverage
	rm -rf $(BENCH)/million
	$(BIN)/python -m benchmarks.fill --rows 1000000 --folder $(BENCH)/million
	$(BIN)/python -m benchmarks.dashboards $(BENCH)/million
	$(BIN)/python -m benchmarks.questions --seconds 1 $(BENCH)/million --json $(BENCH)/questions.json
	$(BIN)/python -m benchmarks.fax_cost --folder $(BENCH)/million
	$(BIN)/python -m benchmarks.html_report --folder $(BENCH)/million
	$(BIN)/python -m benchmarks.archive --folder $(BENCH)/million --month 2025-03
	rm -rf $(BENCH)/million
	$(BIN)/python -m benchmarks.spool_latency --json $(BENCH)/spool_latency.json

soak: $(READY) ## measure whether ingest's memory grows over 10 million observations (ARGS="--observations 300000")
	$(BIN)/python -m tests.trials.soak $(ARGS)

clean: ## delete what make created
	rm -rf $(VENV) $(DEMO) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find faxstore migrations tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +
