# pathlift. Every line does all of its set-up; `make` alone lists them.
#
#   PYTHON     the interpreter .venv is made from (default: python3; 3.11 or newer)
#   VENV       where the environment lies (default: .venv)
#   TEST_ARGS  passed on to pytest, as in: make test TEST_ARGS='tests/inference -x'

PYTHON ?= python3
VENV ?= .venv
TEST_ARGS ?=
MUTATE_ARGS ?=
BENCH_ARGS ?=
DEMO ?= pathlift-demo
OLDEST_DUCKDB ?= 1.5.5
SPARK_VERSION ?= 4.3.0

BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
OLDEST := $(VENV)-oldest-duckdb
SPARK := $(VENV)-spark
# Names every test above five seconds, so that a slow one is seen the day it comes.
PYTEST_ARGS := --durations=0 --durations-min=5

.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-oldest-duckdb test-spark lint format lock wheel bench calibrate mutate detect docs clean python runtime dev

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' Makefile

demo: $(RUNTIME) ## simulate the worked example, analyse it, write the report, say where it is
	@$(BIN)/pathlift demo $(DEMO)

test: $(DEV) ## the whole suite with doctests; TEST_ARGS=... goes to pytest
	$(BIN)/pytest $(PYTEST_ARGS) $(TEST_ARGS)

test-long: $(DEV) ## the suite with 1,000 examples a property, drawn anew each time
	HYPOTHESIS_PROFILE=long $(BIN)/pytest $(PYTEST_ARGS) $(TEST_ARGS)

test-oldest-duckdb: $(OLDEST)/.dev-installed ## the tests that talk to DuckDB, on the oldest release we support
	$(OLDEST)/bin/python -c 'import duckdb; print("DuckDB", duckdb.__version__)'
	$(OLDEST)/bin/pytest $(PYTEST_ARGS) -m engine $(TEST_ARGS)

test-spark: $(DEV) ## the tests of Spark on Apache Spark itself, where Java is; else they are skipped, and it says so
	@if command -v java >/dev/null; then \
	    $(MAKE) --no-print-directory $(SPARK)/.spark-installed && \
	    PATHLIFT_SPARK_SUBMIT="$(abspath $(SPARK))/bin/spark-submit" $(BIN)/pytest $(PYTEST_ARGS) -m spark $(TEST_ARGS); \
	else echo "SKIPPED: Apache Spark needs Java (17 or newer), and there is none on the path"; fi

calibrate: $(RUNTIME) ## measure what the methods claim, more than twenty minutes on two busy cores: analysis/calibration.md
	$(BIN)/pathlift calibrate --format md --out analysis

lint: $(DEV) ## ruff, formatting, mypy strict, import contracts: all of them, then fail if one did
	@failed=0; \
	for check in 'ruff check' 'ruff format --check' 'mypy' 'lint-imports --no-logo'; do \
	    echo "$(BIN)/$$check"; $(BIN)/$$check || failed=1; \
	done; \
	exit $$failed

format: $(DEV) ## let ruff write what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: ## write both lock files anew, keeping what still fits; LOCK_ARGS=--upgrade takes the newest
	@uv --version >/dev/null 2>&1 || { echo "make lock needs uv; any environment will do: pip install uv" >&2; exit 1; }
	uv pip compile pyproject.toml --extra dev -o requirements-dev.lock $(UV_LOCK) $(LOCK_ARGS)
	uv pip compile pyproject.toml -c requirements-dev.lock -o requirements.lock $(UV_LOCK) $(LOCK_ARGS)

# One lock for Python 3.11 and newer on every system; hashes, and no address of any server.
UV_LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

wheel: $(DEV) ## the wheel, built through the sdist, into dist/
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist

bench: $(DEV) ## the measured claims of the README; BENCH=file runs one, BENCH_ARGS=... are its sizes
	@set -e; for file in $(or $(BENCH),$(wildcard benchmarks/*.py)); do echo "== $$file"; $(BIN)/python "$$file" $(BENCH_ARGS); done

mutate: $(DEV) ## drawn mutants of inference/ against its tests, 30 minutes at most; MUTATE_ARGS=... goes to it
	nice -n 10 $(BIN)/python tests/mutation/run.py $(MUTATE_ARGS)

detect: $(DEV) ## how often every check finds its fault, and fails sound data; DETECT_ARGS=--write puts the table into analysis/CHECKS.md
	PYTHONPATH=. nice -n 10 $(BIN)/python tests/detection/measure.py $(DETECT_ARGS)

docs: $(DEV) ## the documentation as a site, into build/docs; fails at a broken link
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build
	@echo "open build/docs/index.html"

clean: ## remove what the lines above wrote, but not the environments
	rm -rf build dist mutants pathlift-demo .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find analysis tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------

runtime: $(RUNTIME)
dev: $(DEV)

VERSION := import sys; print("%d.%d" % sys.version_info[:2])

# Runs first, and every time: a too old interpreter ends here with one sentence.
python:
	@command -v "$(PYTHON)" >/dev/null || { \
	    echo "pathlift needs Python 3.11 or newer, and '$(PYTHON)' is not on the path. Name yours: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "pathlift needs Python 3.11 or newer; '$(PYTHON)' is $$("$(PYTHON)" -c 'import platform; print(platform.python_version())'). Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
ifneq ($(origin PYTHON),file)
	@test ! -x $(BIN)/python || test "$$($(BIN)/python -c '$(VERSION)')" = "$$("$(PYTHON)" -c '$(VERSION)')" || { \
	    echo "$(VENV) holds Python $$($(BIN)/python -c '$(VERSION)'), not that of '$(PYTHON)'. Give it another place: make $(MAKECMDGOALS) PYTHON=$(PYTHON) VENV=.venv-other" >&2; exit 1; }
endif

# Debian keeps `ensurepip` in a package of its own, and `-m venv` fails half-way without it.
define make_environment
@if uv --version >/dev/null 2>&1; then \
    uv venv --quiet --allow-existing --python "$$("$(PYTHON)" -c 'import sys; print(sys.executable)')" $(@D); \
elif "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
    "$(PYTHON)" -m venv $(@D); \
else \
    echo "Python's venv part is missing. On Debian and Ubuntu:" >&2; \
    echo "    apt install $$("$(PYTHON)" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; \
    exit 1; \
fi
endef

# uv where it is on the path, else the environment's own pip (which an environment of uv lacks).
define install
if uv --version >/dev/null 2>&1; then uv pip install --quiet --compile-bytecode --python $(@D)/bin/python $(1); \
else \
    $(@D)/bin/python -m pip --version >/dev/null 2>&1 || $(@D)/bin/python -m ensurepip >/dev/null; \
    $(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(1); \
fi
endef

$(VENV)/pyvenv.cfg $(OLDEST)/pyvenv.cfg $(SPARK)/pyvenv.cfg: | python
	$(make_environment)

$(RUNTIME): pyproject.toml requirements.lock | python $(VENV)/pyvenv.cfg
	@echo "setting up $(@D), about a minute the first time: what pathlift runs on, as locked in requirements.lock"
	@$(call install,--require-hashes -r requirements.lock)
	@$(call install,--no-deps -e .)
	@touch $@

$(DEV): pyproject.toml requirements-dev.lock | python $(VENV)/pyvenv.cfg
	@echo "setting up $(@D), about a minute the first time: the same with the developers' tools, as locked in requirements-dev.lock"
	@$(call install,--require-hashes -r requirements-dev.lock)
	@$(call install,--no-deps -e .)
	@touch $@ $(RUNTIME)

$(OLDEST)/.dev-installed: pyproject.toml requirements-dev.lock Makefile | python $(OLDEST)/pyvenv.cfg
	@echo "setting up $(@D): the developers' environment with DuckDB $(OLDEST_DUCKDB)"
	@$(call install,--require-hashes -r requirements-dev.lock)
	@$(call install,--no-deps -e . duckdb==$(OLDEST_DUCKDB))
	@touch $@

# The server alone, half a gigabyte; the tests talk to it with the client of the developers' environment.
$(SPARK)/.spark-installed: Makefile | python $(SPARK)/pyvenv.cfg
	@echo "setting up $(@D): Apache Spark $(SPARK_VERSION)"
	@$(call install,pyspark==$(SPARK_VERSION))
	@touch $@
