.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

help: ## Show these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: $(STAMP) ## Make the virtual environment and install what the gateway needs

$(STAMP): requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(STAMP)

export JIMENG_DEMO_BEGUN := $(shell date +%s)
demo: setup ## Try it: sandbox upstream and SQLite, nothing to configure
	@$(BIN)/python manage.py demo

run: setup ## Serve on HOST:PORT, against the real Jimeng
	@$(BIN)/python manage.py prepare
	@$(BIN)/gunicorn jimeng_site.asgi:application

test: $(DEV_STAMP) ## Run all tests
	$(BIN)/pytest

check: $(DEV_STAMP) ## What CI runs: lint, types, import contracts, migrations, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/pytest

bench: $(DEV_STAMP) ## Measure overhead, upstream calls, CPU and memory against the sandbox
	$(BIN)/python -m bench

.PHONY: help setup demo run test check bench
