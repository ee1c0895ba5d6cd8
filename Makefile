# The menu. `make demo` and `make test` install what they need; nothing else is done by hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test test-real test-spark test-vendors check bench bench-detect bench-profile bench-guard bench-ingest soak docs assets install lock clean
help: ## show this menu
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

# --- what everything stands on -----------------------------------------------------------------
$(VENV)/.tools: # uv itself, in an environment of its own
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tocsin needs Python 3.11 or newer: make PYTHON=python3.11")'
	@$(PYTHON) -m venv .tools && .tools/bin/python -m pip install --quiet 'uv>=0.5'
	@.tools/bin/uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && touch $@

$(VENV)/.installed: requirements.lock pyproject.toml packages/client/pyproject.toml | $(VENV)/.tools
	@echo "installing Python packages from requirements.lock"
	@.tools/bin/uv pip sync --quiet --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock
	@.tools/bin/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . -e packages/client
	@touch $@

# Spark weighs 480 MB and needs Java, so it has an environment of its own
.spark/.installed: requirements.spark.lock $(VENV)/.installed
	@echo "installing Python packages from requirements.spark.lock"
	@.tools/bin/uv venv --quiet --allow-existing --python $(PYTHON) .spark
	@.tools/bin/uv pip sync --quiet --python .spark/bin/python --compile-bytecode --require-hashes requirements.spark.lock
	@.tools/bin/uv pip install --quiet --python .spark/bin/python --no-deps --no-build-isolation -e . -e packages/client
	@touch $@

# what actuators are tried against weighs 0.8 GB, and its bounds shall not bind ours
.vendors/.installed: requirements.vendors.lock pyproject.toml | $(VENV)/.tools
	@echo "installing Python packages from requirements.vendors.lock"
	@.tools/bin/uv venv --quiet --allow-existing --python $(PYTHON) .vendors
	@.tools/bin/uv pip sync --quiet --python .vendors/bin/python --compile-bytecode --require-hashes requirements.vendors.lock
	@touch $@

node_modules := frontend/node_modules/.package-lock.json
$(node_modules): frontend/package.json frontend/package-lock.json
	@echo "installing browser assets from frontend/package-lock.json"
	@npm ci --prefix frontend --no-audit --no-fund --silent

src/tocsin/web/static/vendor/.copied: $(node_modules) frontend/build.mjs
	@node frontend/build.mjs && touch $@

install: $(VENV)/.installed src/tocsin/web/static/vendor/.copied ## install into .venv, copy browser assets
assets: src/tocsin/web/static/vendor/.copied ## copy browser assets from the npm packages

# --- the two commands ---------------------------------------------------------------------------
demo: install ## one real incident, end to end (HEADLESS=1: without a person, exit code tells)
	@$(BIN)/tocsin demo $(if $(HEADLESS),--headless) $(if $(SEED),--seed $(SEED))

test: install ## unit, property, contract, web and browser tests
	@lints/chromium.sh
	$(PYTEST) -n 2 --dist loadfile --doctest-modules -m "not real and not soak"
	@if command -v java >/dev/null; then $(MAKE) test-spark; else echo "Spark tests left out: no Java"; fi

# --- the rest -----------------------------------------------------------------------------------
# in the order of the folders: the longest files come first, the many quick ones fill what is left
test-real: install ## the same promises against real servers (PostgreSQL from a package)
	$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder -m real

test-spark: install ## the same counts on a real Spark: a master and two workers (needs Java)
	@command -v java >/dev/null || { echo "Java 17 or newer is needed"; exit 1; }
	@$(MAKE) .spark/.installed
	.spark/bin/python -m pytest -m real tests/engine

test-vendors: install .vendors/.installed ## actuators on a real MLflow, a real OpenFeature provider, published CRD schemas
	MLFLOW=$(CURDIR)/.vendors/bin/mlflow OPENFEATURE_PYTHON=$(CURDIR)/.vendors/bin/python VENDORS=$(CURDIR)/.vendors \
	  $(PYTEST) -p tests.unskipped -m real tests/integrations/test_mlflow.py tests/integrations/test_flagd.py \
	  tests/integrations/kubernetes

check: install ## format, lint, types, imports, project lints, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python -m lints
	$(BIN)/python -m lints.docs --check

bench: install ## measure against the bound; figures go into bench/README.md by hand, with their date
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

bench-profile: install ## what counting costs: against reading, Evidently, the disk; one more hour; the guard
	@for script in profile ingest incremental guard_overhead; do echo "== bench/$$script.py"; \
	  $(BIN)/python bench/$$script.py || exit 1; done

bench-detect: install ## false alarms and power on real flights beside rivals, published tables, NAB, KPIs, cost of a look
	@for script in tables harmless false_alarms power nab kpi estimate evaluate; do echo "== bench/$$script.py"; \
	  $(BIN)/python bench/$$script.py || exit 1; done

bench-guard: install ## what containment costs: the SDK guard, the gateway beside a plain proxy, directives to 200 clients
	@for script in guard_overhead gateway propagation; do echo "== bench/$$script.py"; \
	  $(BIN)/python bench/$$script.py || exit 1; done

bench-ingest: install ## measure ingest over HTTP: durable rows a second, acknowledgements, CPU a row
	$(BIN)/python bench/ingest.py

soak: install ## kill the real server while it pages: SEEDS=50 plans, or SEED=17 alone, told in full
	@$(BIN)/python -m tests.soak $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),50))
	$(if $(SEED),,$(PYTEST) -m soak)

docs: install ## regenerate the generated pages of docs/
	$(BIN)/python -m lints.docs

lock: | $(VENV)/.tools ## resolve dependencies anew into requirements.lock
	@.tools/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 pyproject.toml packages/client/pyproject.toml --extra demo --extra s3 --extra apprise --group dev \
	  --no-emit-package tocsin-client -o requirements.lock
	@.tools/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 pyproject.toml packages/client/pyproject.toml --extra spark --group dev \
	  --constraints requirements.lock --no-emit-package tocsin-client -o requirements.spark.lock
	@.tools/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 --group vendors -o requirements.vendors.lock

clean: ## remove everything that make built
	rm -rf .venv .spark .vendors .tools frontend/node_modules src/tocsin/web/static/vendor
