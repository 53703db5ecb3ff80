.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
# Clients of other people, for the contract tests: they agree neither with our packages nor with each other.
CLIENTS := .venv-contract/.installed .venv-litellm/.installed tests/contract/sdk/node_modules/.installed

help: ## Show these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

setup: $(STAMP) ## Make the virtual environment and install what the gateway needs

$(STAMP): requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt requirements.txt requirements-s3.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(STAMP)

.venv-%/.installed: requirements-%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

tests/contract/sdk/node_modules/.installed: tests/contract/sdk/package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent --prefix $(<D) && touch $@; \
		else echo "No npm here: the tests with Node.js will be skipped."; fi

clients: $(CLIENTS) ## Install what the contract tests run: two Python environments, Node.js packages

export JIMENG_DEMO_BEGUN := $(shell date +%s)
demo: setup ## Try it: sandbox upstream and SQLite, nothing to configure
	@$(BIN)/python manage.py demo

run: setup ## Serve on HOST:PORT, against the real Jimeng
	@$(BIN)/python manage.py prepare
	@$(BIN)/gunicorn jimeng_site.asgi:application

test: $(DEV_STAMP) $(CLIENTS) ## Run all tests
	$(BIN)/pytest -n auto --dist loadfile

contract: $(DEV_STAMP) $(CLIENTS) ## Run the contract tests only: real clients against a live server
	$(BIN)/pytest -n auto --dist loadfile tests/contract

check: $(DEV_STAMP) $(CLIENTS) ## What CI runs: lint, types, import contracts, migrations, tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/pytest -n auto --dist loadfile

bench: $(DEV_STAMP) ## Measure overhead, upstream calls, CPU and memory against the sandbox
	$(BIN)/python -m bench

bench-week: $(DEV_STAMP) ## Simulate a week of a pool, beside random choice of the login
	$(BIN)/python -m bench.week

bench-pages: $(DEV_STAMP) ## Measure the admin's pages with 10,000 and 1,000,000 generations
	$(BIN)/python -m bench.pages

bench-history: $(DEV_STAMP) ## Measure the history, its filters and its search with 10,000 and 1,000,000 generations
	$(BIN)/python -m bench.history

screenshots: $(DEV_STAMP) ## Draw the pictures of the pages for the README anew, in Chromium
	$(BIN)/python -m tests.browser.screenshots

.PHONY: help setup clients demo run test contract check bench bench-week bench-pages bench-history screenshots
