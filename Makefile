# Each target does its own set-up; `make run` and `make test` are all a new machine needs.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PY := .venv/bin/python
PYTEST := $(PY) -m pytest
ENV ?= local
# What waits much, and last what changes a plane for good: on planes of their own, beside the other tests.
APART := $(addprefix tests/e2e/test_, flags.py preview.py migration.py rotation.py)
export PYTHONPATH := $(CURDIR):$(CURDIR)/layers/core/python
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1

.PHONY: $(shell grep -oE '^[a-z0-9-]+:' $(firstword $(MAKEFILE_LIST)) | tr -d ':')

help: ## What each target does
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | column -t -s "$$(printf '\t')"

.venv/.ready: requirements.lock requirements-uv.lock
	@command -v python3 >/dev/null || { echo "python3 (3.11 or newer) is needed"; exit 2; }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed"; exit 2; }
	@test -x $(PY) || python3 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@.venv/bin/uv pip sync --quiet --python $(PY) --require-hashes requirements-uv.lock requirements.lock
	@touch $@

setup: .venv/.ready ## Create .venv from the lock file

run: setup ## Deploy locally, send real webhooks through the loop, verify the ledger; the plane stays up
	@./writ run

stop: setup ## Stop the local plane; its state is kept
	@./writ down

status: setup ## How the local plane stands
	@./writ status

test: check generated policies unit ## Everything CI runs
	@echo "infrastructure, integration and e2e: side by side, for the last one waits much; each is told when it ends"
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target infrastructure e2e integration

check: setup ## Lint, format, types, which way dependencies point, and workflows
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports
	@.venv/bin/zizmor --quiet --offline --no-progress --strict-collection --persona pedantic .github .pre-commit-hooks.yaml

generated: setup ## Whether generated files are up to date
	@./writ generate --check

policies: setup ## The policies' own tests
	@./writ policy test
	@./writ policy test .gates/policies

gates: setup ## The gates over this repository
	@./writ gate run

# Their many small files are kept in memory where there is room: a disk takes longer over them than the tests do.
unit: setup ## Unit, property and contract tests (no network)
	@if test -w /dev/shm && test "$$(df -Pk /dev/shm | awk 'END { print $$4 }')" -gt 1000000; then \
		export PYTEST_DEBUG_TEMPROOT=/dev/shm; fi; \
	$(PYTEST) -n 2 --dist worksteal tests/unit tests/property tests/contract

infrastructure: setup ## Tests over the synthesized templates
	@$(PYTEST) tests/infrastructure

integration: setup ## Adapters against AWS in memory
	@$(PYTEST) -n 2 --dist worksteal tests/integration

e2e: setup ## The deployed plane, driven from outside
	@mkdir -p .writ; WRIT_E2E=e2e-apart $(PYTEST) $(APART) > .writ/apart.log 2>&1 & apart=$$!; status=0; \
	$(PYTEST) tests/e2e $(APART:%=--ignore=%) || status=$$?; \
	wait $$apart || status=$$?; cat .writ/apart.log; exit $$status

chaos: setup ## Long seeded schedules of faults, then a plane whose workers are killed (WRIT_CHAOS_SCHEDULES, WRIT_KILLS)
	@WRIT_SEARCH=1 WRIT_CHAOS_SCHEDULES="$${WRIT_CHAOS_SCHEDULES:-3000}" $(PYTEST) -n 2 -k chaos tests/unit tests/property
	@$(PYTEST) tests/chaos

search: setup ## Properties tried on examples that no run has seen before (WRIT_EXAMPLES)
	@WRIT_SEARCH=1 WRIT_EXAMPLES="$${WRIT_EXAMPLES:-500}" $(PYTEST) -n 2 --dist worksteal tests/unit tests/property

test-ledger-chaos: setup ## Faults at every port call of the ledger, judged by an oracle (WRIT_CHAOS_SCHEDULES, SEED)
	@$(PY) -m tests.chaos.ledger $(if $(SEED),--seed $(SEED))

demo-canary: setup ## Four releases rolled out on the local plane, with users; three bad ones are taken back
	@./writ up
	@./writ demo canary

demo-gates: setup ## Bad changes that the gates block, each with its rule and remedy, and their repaired twins; needs no plane
	@./writ demo gates

demo-preview: setup ## The life of a preview on the local plane: built, seeded, called, updated, extended, expired, swept
	@./writ up
	@./writ demo preview

demo-sdk: setup ## The client of the API, released on the local plane, got back, verified, installed, and calling it
	@./writ up
	@./writ demo sdk

test-rollout-chaos: setup ## Faults at every port call of rollouts and rollbacks, judged by an oracle (WRIT_CHAOS_SCHEDULES, SEED)
	@$(PY) -m tests.chaos.rollout $(if $(SEED),--seed $(SEED))

test-migration-chaos: setup ## Faults at every port call of migrations, and writers beside them, judged by an oracle (WRIT_CHAOS_SCHEDULES, SEED)
	@$(PY) -m tests.chaos.migration $(if $(SEED),--seed $(SEED))

test-ledger-bytes: setup ## Every byte of what the ledger reads, edited; proofs for every pair of sizes up to 512
	@WRIT_MUTATIONS=all WRIT_MERKLE_SIZE=512 WRIT_PACK_FLIPS=8 WRIT_EXAMPLES=2000 $(PYTEST) -n 2 \
		tests/property/ledger/test_untrusted_bytes.py tests/property/ledger/test_merkle_pairs.py \
		tests/property/ledger/test_canonical.py tests/property/ledger/test_pack.py

bench: setup ## The design's budgets as JSON, against a baseline of the same run
	@$(PY) -m tests.bench

bench-ledger: setup ## The ledger under load as JSON: rates, latency, list price, growth, an audit of a million entries
	@test "$${WRIT_BENCH_PLANE:-100}" = 0 || ./writ up >&2
	@$(PY) -m tests.bench.load

bench-judge: setup ## What the canary's judge misses and imagines, against two other rules, as JSON (WRIT_JUDGE_RUNS, WRIT_JUDGE_SEED)
	@$(PY) -m tests.bench.judge

bench-releases: setup ## Bumps of real releases predicted from their commits, and why not, as JSON (WRIT_RELEASES)
	@$(PY) -m tests.bench.releases

bench-pii: setup ## How fast and how right the detectors of personal data and secrets are, as JSON (WRIT_PII_TEXTS, WRIT_PII_MADE)
	@$(PY) -m tests.bench.pii

bench-gates: setup ## How long the gates take over this repository, and a lookup of advisories, as JSON (WRIT_GATES_ADVISORIES)
	@$(PY) -m tests.bench.gates

simulate-burn: setup ## False pages and detection times of burn-rate rules, simulated, as JSON (WRIT_BURN_MONTHS, WRIT_BURN_INCIDENTS)
	@$(PY) -m tests.bench.burn

tamper-matrix: setup ## What our verifier and the stock Sigstore clients say of every edit of a bundle
	@$(PY) -m tests.tampering

synth: setup ## The templates of ENV (local, dev, staging, prod), without AWS
	@./writ synth $(ENV)

deploy: setup ## Deploy ENV with the AWS credentials of this shell: make deploy ENV=dev
	@./writ deploy $(ENV)

new-bot: setup ## A new bot's folder: make new-bot NAME=probe
	@test -n "$(NAME)" || { echo "say which: make new-bot NAME=probe"; exit 2; }
	@./writ new-bot "$(NAME)"

docs: setup ## The docs site, into site/
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet
	@echo "site/index.html"

generate: setup ## Write the generated files anew
	@./writ generate

fmt: setup ## Format, and fix what the linter can
	@$(PY) -m ruff check --fix --quiet .
	@$(PY) -m ruff format --quiet .

test-localstack: setup ## The e2e tests against a running LocalStack
	@WRIT_AWS_ENDPOINT="$${WRIT_AWS_ENDPOINT:-http://127.0.0.1:4566}" $(PYTEST) tests/e2e

clean: ## Stop the plane, and remove what the targets made
	@if test -x $(PY); then ./writ down >/dev/null || true; fi
	@rm -rf .venv .writ cdk.out node_modules site .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
