# `make` alone explains itself: the text after ## is what help prints.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Without bytecode on disk every start takes 5 s instead of 1.5 s. Compiling all packages beforehand
# costs 10 to 14 s; letting Python write what it imports costs 0.5 s once.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
UV := .venv/uv/bin/uv
PACKAGES := routing rota_adapter app migrations tests
RUNTIME := .venv/runtime.stamp
TEST := .venv/test.stamp
LOCK := $(UV) pip compile -q --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-annotate --no-header $(UPGRADE)

.PHONY: help demo run test fast check bench fuzz soak rolling mutants fix planner tracing db lock assets screens clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUNTIME) ## everything set up, then the service and the phone lab with made-up people; Ctrl-C stops it
	@$(BIN)/beredskap demo

run: $(RUNTIME) ## web and clock as in the Procfile, settings from the environment
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/beredskap run

test: $(TEST) ## the whole suite; says what it skipped and why (ARGS="-k rest" narrows it)
	@$(BIN)/python -m pytest -n 2 -rs $(ARGS)

fast: $(TEST) ## only the tests of the rules: routing and rota_adapter
	@$(BIN)/python -m pytest -q $(wildcard tests/routing tests/rota_adapter) $(ARGS)

check: $(TEST) ## format, lint, import rules, types: the fastest first
	$(BIN)/ruff format --check $(wildcard $(PACKAGES))
	$(BIN)/ruff check $(wildcard $(PACKAGES))
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

bench: $(TEST) ## measure what a caller waits for
	@$(BIN)/python -m tests.bench $(ARGS)
	@$(BIN)/python -m tests.bench.lookups

fuzz: $(TEST) ## anything at all for every parser, webhook and page, some ten minutes (TIMES=50; says how much)
	@FUZZ=$(or $(TIMES),50) $(BIN)/python -m pytest -q -n 0 -p no:cacheprovider \
		tests/faults/test_fuzz_parsers.py tests/faults/test_fuzz_webhooks.py \
		tests/app/console/test_junk.py -k "test_fuzz or no_junk_breaks" $(ARGS)

soak: $(TEST) ## faults: a death at each step of each story, and evenings in every weather (half an hour)
	@$(BIN)/python -m tests.faults $(ARGS)

rolling: $(TEST) ## hundreds of calls while the processes that answer are restarted one by one (ten minutes)
	@$(BIN)/python -m tests.faults.rolling $(ARGS)

mutants: $(TEST) ## which small change to a rule of rest no test sees (ARGS="--only routing/rest.py")
	@$(BIN)/python -m tests.mutants $(ARGS)

fix: $(TEST) ## format, and mend what ruff can mend by itself
	$(BIN)/ruff check --fix $(wildcard $(PACKAGES))
	$(BIN)/ruff format $(wildcard $(PACKAGES))

planner: $(RUNTIME) requirements-planner.lock ## add what `beredskap rota generate` needs
	$(call install,install,requirements-planner.lock)

tracing: $(RUNTIME) requirements-tracing.lock ## add what sends traces, for OTEL_EXPORTER_OTLP_ENDPOINT
	$(call install,install,requirements-tracing.lock)

db: $(RUNTIME) ## create or migrate the database of DATABASE_URL
	@$(BIN)/beredskap init

lock: $(UV) ## write the lock files anew (UPGRADE=--upgrade takes newer releases)
	$(LOCK) --extra build pyproject.toml -o requirements.lock
	$(LOCK) --extra build --extra planner -c requirements.lock pyproject.toml -o requirements-planner.lock
	$(LOCK) --extra build --extra tracing -c requirements-planner.lock pyproject.toml -o requirements-tracing.lock
	$(LOCK) --extra build --extra planner --extra tracing --extra test -c requirements-planner.lock \
		-c requirements-tracing.lock pyproject.toml -o requirements-test.lock
	echo uv | $(LOCK) - -o requirements-uv.lock

# What is borrowed from npm is kept in the repository with its licence, so that nobody needs Node to run it.
VENDOR := app/static/vendor
assets: ## copy the pages' borrowed files anew from npm (after a change in app/static/vendor/package.json)
	@work=$$(mktemp -d) && cp $(VENDOR)/package.json $(VENDOR)/package-lock.json $$work && cd $$work && \
		npm ci --no-audit --no-fund --ignore-scripts && cd $(CURDIR) && \
		cp $$work/node_modules/htmx.org/dist/htmx.min.js $(VENDOR)/htmx.min.js && \
		cp $$work/node_modules/htmx.org/LICENSE $(VENDOR)/htmx.LICENSE && \
		cp $$work/node_modules/chart.js/dist/chart.umd.min.js $(VENDOR)/chart.umd.js && \
		cp $$work/node_modules/chart.js/LICENSE.md $(VENDOR)/chart.LICENSE && \
		cp $$work/node_modules/axe-core/axe.min.js tests/browser/axe.min.js && \
		cp $$work/node_modules/axe-core/LICENSE tests/browser/axe.LICENSE && \
		sed -i '/^\/\/# sourceMappingURL=/d' $(VENDOR)/*.js && rm -rf $$work

screens: $(TEST) ## pictures of each page at 390 and 1280 px, in docs/screens (made-up people; needs Chromium)
	@$(BIN)/python -m tests.browser.screens $(ARGS)

clean: ## remove what make made; the database in var/ stays
	rm -rf .venv build ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .coverage .coverage.*
	find $(wildcard $(PACKAGES)) -name __pycache__ -prune -exec rm -rf {} +

# uv installs everything in 3 s where pip takes more than 60 s. It comes from the package index like
# the rest and has a folder of its own, so that synchronising the environment cannot remove it.
$(UV): requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Beredskap needs Python 3.11 or newer, and $(PYTHON) is not; name one with PYTHON=…" >&2; exit 1; }
	@echo "Making the virtual environment .venv …"
	@$(PYTHON) -m venv .venv
	@rm -rf .venv/uv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-compile --only-binary :all: \
		--require-hashes --target .venv/uv -r requirements-uv.lock
	@touch $@

# $(call install,uv's command,lock file). Where uv finds no way (a mirror that only pip is told of),
# pip installs the same files under the same hashes, only more slowly.
define install
	@echo "Installing $(2) …"
	@$(UV) pip $(1) -q --python $(BIN)/python --require-hashes $(if $(filter install,$(1)),--no-deps -r) $(2) \
		|| $(BIN)/python -m pip install -q --no-deps --no-compile --require-hashes -r $(2)
	@$(UV) pip install -q --python $(BIN)/python --offline --no-deps --no-build-isolation -e . \
		|| $(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
endef

# The test environment holds the runtime one, so it serves for both; `install` removes nothing,
# and `make demo` between two runs of `make test` therefore changes nothing.
$(RUNTIME): $(UV) requirements.lock pyproject.toml
	$(call install,install,requirements.lock)
	@touch $@

$(TEST): $(UV) requirements-test.lock pyproject.toml
	$(call install,sync,requirements-test.lock)
	@touch $(RUNTIME) $@
