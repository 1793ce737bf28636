# Two commands matter: `make run` and `make test`. `make help` lists the rest.
SHELL := bash
.DEFAULT_GOAL := help
export DEMO ?= 1

PYTHON := .venv/bin/python
RUN := .venv/run.stamp
DEV := .venv/dev.stamp
BENCH := .bench-venv/bench.stamp
ENVOY := .venv/envoy.stamp
PIP := $(PYTHON) -m pip --quiet --disable-pip-version-check install --require-hashes --only-binary :all:

.PHONY: help run dev test test-typescript test-envoy fuzz faults bench bench-proxy growth lint types check contracts shell messages lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(PYTHON):
	python3 -m venv .venv

$(RUN): requirements.txt | $(PYTHON)
	$(PIP) -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUN)
	$(PIP) -r requirements.txt -r requirements-dev.txt
	@touch $@

$(ENVOY): tests/server/requirements-envoy.txt $(DEV)
	$(PIP) -r $<
	@touch $@

$(BENCH): bench/requirements.txt
	python3 -m venv .bench-venv
	.bench-venv/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes --only-binary :all: -r $<
	@touch $@

run: $(RUN)  ## serve the console, with a demo organisation the first time, on http://127.0.0.1:8000
	@$(PYTHON) manage.py prepare
	@$(PYTHON) manage.py welcome
	@exec .venv/bin/gunicorn -c python:console.gunicorn_conf

dev: $(RUN)  ## the same with Django's own server: reloads, shows errors, has /styleguide/; ticks too
	@DEBUG=1 $(PYTHON) manage.py prepare
	@DEBUG=1 $(PYTHON) manage.py runserver $${HOST:-127.0.0.1}:$${PORT:-8000}

test: $(DEV)  ## everything: lint, types, contracts, checks, tests on SQLite and on PostgreSQL, in a browser too
	@$(PYTHON) -m tests.run

test-typescript: $(DEV)  ## Datadog's TypeScript client, from npm, against a server of its own
	@$(PYTHON) -m tests.clients.typescript

test-envoy: $(ENVOY)  ## nginx, Caddy and Envoy, from PyPI, by the configurations in docs/gateways
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(PYTHON) -m pytest -q tests/server/test_gateways.py

fuzz: $(DEV)  ## the API against its description, 200 times each operation, on both engines (about 15 minutes)
	@$(PYTHON) -m tests.run fuzz

bench: $(DEV) $(BENCH)  ## how fast /verify answers, beside what else could; ROUNDS=3 SECONDS=5 ENGINE=postgresql (10 minutes)
	@$(PYTHON) -m bench

bench-proxy: $(DEV)  ## what the intake and the authenticated proxy cost beside nginx, to the same upstream (2 minutes)
	@$(PYTHON) -m bench.proxy

growth: $(DEV)  ## what a million keys and ten million uses cost /verify and the usage page, on both engines (20 minutes)
	@$(PYTHON) -m bench.growth

faults: $(DEV)  ## the hot path while processes, databases, disks and channels fail, on both engines (about 4 minutes)
	@$(PYTHON) -m tests.faults

lint: $(DEV)  ## style and traps
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: $(DEV)  ## mypy, strict on the domain
	.venv/bin/mypy

contracts: $(DEV)  ## imports only go down
	.venv/bin/lint-imports

check: $(DEV)  ## Django's checks and missing migrations
	$(PYTHON) -m tests.run checks

shell: $(RUN)  ## a Python shell with the models at hand
	@$(PYTHON) manage.py shell

messages: $(DEV)  ## update the message catalogues from the code and templates
	$(PYTHON) manage.py messages

lock: $(DEV)  ## pin requirements*.in with hashes
	.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements.in -o requirements.txt
	.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 bench/requirements.in -o bench/requirements.txt
	.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 tests/server/requirements-envoy.in -o tests/server/requirements-envoy.txt

clean:  ## forget the environment (not the data)
	rm -rf .venv .bench-venv bench/better-auth/node_modules tests/browser_sdks/node_modules
