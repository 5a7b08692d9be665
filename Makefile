# Each target does its own set-up; `make run` and `make test` are all a new machine needs.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PY := .venv/bin/python
export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/core/python
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1

.PHONY: help setup check unit test clean

help: ## What each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

.venv/.ready: requirements.lock requirements-uv.lock
	@command -v python3 >/dev/null || { echo "python3 (3.11 or newer) is needed"; exit 2; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 2; }
	@test -x $(PY) || python3 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@.venv/bin/uv pip sync --quiet --python $(PY) --require-hashes requirements-uv.lock requirements.lock
	@touch $@

setup: .venv/.ready ## Create .venv from the lock file

check: setup ## Lint and types
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

unit: setup ## Unit, property and contract tests (no network)
	@$(PY) -m pytest tests/unit tests/property tests/contract

test: check unit ## Everything CI runs

clean: ## Remove what the targets made
	@rm -rf .venv .writ cdk.out node_modules .mypy_cache .pytest_cache .ruff_cache
