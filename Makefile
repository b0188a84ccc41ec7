# What is typed most. Everything runs in .venv, which is made on first use and again after a change
# of the requirements.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check bench bench-quick packages test-packages bench-packages clean

AS_ROOT := $(if $(filter-out 0,$(shell id -u)),sudo )
APT := $(AS_ROOT)apt-get install --yes --no-install-recommends

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/installed .env ## start everything on this machine; Ctrl-C stops it
	@exec $(BIN)/python manage.py quickstart $(ARGS)

test: .venv/installed ## all tests; some of them: make test ARGS="tests/accounts -k phone -x"; with coverage: COVERAGE=1
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(if $(COVERAGE),--cov --cov-branch --cov-report=term:skip-covered --cov-fail-under=95) $(ARGS)

check: .venv/installed ## style, types, arrows between packages, migrations, API document, deployment
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(DEVELOPMENT) $(BIN)/mypy .
	$(BIN)/lint-imports
	$(DEVELOPMENT) $(BIN)/python -m doit_site.mongo.throwaway $(BIN)/python manage.py makemigrations --check --dry-run
	$(DEVELOPMENT) $(BIN)/python manage.py spectacular $(OPENAPI) --file .venv/openapi.json
	diff -u docs/openapi.json .venv/openapi.json
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: .venv/installed .venv-bench/installed ## DoIt against FastAPI, Beanie and bare ASGI: writes docs/performance.*; half an hour
	@exec $(BIN)/python -m tests.benchmarks $(ARGS)

bench-quick: .venv/installed .venv-bench/installed ## the same in 3 minutes, to see where one stands
	@exec $(BIN)/python -m tests.benchmarks --quick $(ARGS)

packages: ## what mongod needs of a Debian or Ubuntu system
	$(APT) libcurl4

test-packages: packages ## what some tests need beyond that: a browser, Redis; they are skipped without
	$(AS_ROOT)apt-get update --quiet
	$(APT) chromium redis-server systemd

bench-packages: packages ## what the benchmarks need beyond that: wrk
	$(AS_ROOT)apt-get update --quiet
	$(APT) wrk

clean: ## remove caches and reports; .venv, .env and .data stay
	rm -rf .coverage .coverage.* htmlcov .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

.venv/installed: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.venv-bench/installed: requirements.txt tests/benchmarks/requirements.txt
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r tests/benchmarks/requirements.txt
	@touch $@

.env:
	@cp .env.example $@

# The checks do not depend on the .env of this machine: what is set here wins.
OPENAPI := --validate --fail-on-warn --format openapi-json
DEVELOPMENT := DEBUG=true
PRODUCTION := DEBUG=false \
	SECRET_KEY=a-key-that-is-only-used-by-make-check-0123456789-abcdefghijk \
	ALLOWED_HOSTS=doit.example PUBLIC_URL=https://doit.example \
	MONGODB_URI='mongodb://db.example/?replicaSet=rs0' \
	EMAIL_URL=smtp://mail.example \
	SMS_BACKEND=twilio TWILIO_ACCOUNT_SID=AC0 TWILIO_AUTH_TOKEN=0 TWILIO_FROM=15550000000
