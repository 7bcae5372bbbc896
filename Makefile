# dialog-graph: one command serves, one command tests. `make help` lists them.
#
# Needs python3 (3.11 to 3.14) with its venv module; everything else is installed into .venv from the two lock
# files. The set-up steps are stamps, so a second run does nothing. A stamp is removed before its step and touched
# after it, so a run that was killed anywhere is made good by the next one. All set-up happens under a lock: two
# makes at once in a fresh clone take turns. Options of a program: make serve ARGS="--port 9000".

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ARGS ?=

# The environment is made by us alone, whatever the user's shell says.
export PIP_USER := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PYTHONNOUSERSITE := 1
unexport PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_ROOT

SERVE := .venv/.serve
TEST := .venv/.test
OWNER := .venv/.made-for
WEB := src/dialog_graph/web
PAGES := $(WEB)/static/index.html
PAGE_SOURCES := $(wildcard $(WEB)/*.html $(WEB)/src/* $(WEB)/vite.config.* $(WEB)/package.json $(WEB)/.npmrc) \
	$(WEB)/package-lock.json $(WEB)/build.py $(wildcard schema/operations/*.graphql schema/operations/*/*.graphql)
INSTALL := .venv/bin/python -m pip install --quiet --progress-bar off

# Folder and Python of this clone: an environment made for others (moved clone, new Python) is made anew. The
# interpreter is asked for the one it was made from, as `python3` may be the one of .venv itself.
BASE = $(shell $(PYTHON) -c 'import sys; print(getattr(sys, "_base_executable", "") or sys.executable)' 2>/dev/null)
IDENTITY = { pwd -P; '$(BASE)' -c 'import sys; print(*sys.version_info[:2])'; }

define LOCKED
@exec 9>.make.lock; \
if command -v flock >/dev/null && ! flock -n 9; then \
	echo "another make is setting up this folder: waiting for it"; flock 9; \
fi; \
if test -e $(OWNER) && test "$$($(IDENTITY) 2>/dev/null)" != "$$(cat $(OWNER))"; then \
	echo "the environment was made for another folder or Python: making it anew"; rm -f $(SERVE) $(TEST); \
fi;
endef

.PHONY: help serve test bench chaos .venv pages

help:
	@echo 'make serve   everything on http://127.0.0.1:8000 (sets up what is missing; ARGS="--port 9000")'
	@echo 'make test    all that has to be green: style, types, layers, tests'
	@echo 'make bench   the benchmarks, with their table'
	@echo 'make chaos   the fault runs (ARGS="--minutes 10 --seed 1")'
	@echo 'make .venv   only the environment for development'

serve:
	$(LOCKED) $(MAKE) -s $(SERVE) && { $(MAKE) -s pages || echo "the pages could not be built: serving without them"; }
	@echo "[3/3] server"
	@exec .venv/bin/python -m dialog_graph serve $(ARGS)

test:
	$(LOCKED) $(MAKE) -s $(TEST) && $(MAKE) -s pages
	@echo "[3/3] tests"
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/pyright
	.venv/bin/lint-imports --no-cache --no-logo
	@exec .venv/bin/python -m pytest -n auto $(ARGS)

bench:
	$(LOCKED) $(MAKE) -s $(TEST)
	@exec .venv/bin/python -m tests.benchmarks $(ARGS)

chaos:
	$(LOCKED) $(MAKE) -s $(TEST)
	@exec .venv/bin/python -m tests.chaos $(ARGS)

.venv:
	$(LOCKED) $(MAKE) -s $(TEST)

pages: $(PAGES)

# Below: set-up steps, only ever run under the lock.

$(SERVE): requirements.lock pyproject.toml hatch_build.py
	@command -v '$(PYTHON)' >/dev/null || { echo "expected Python 3.11 to 3.14, but there is no '$(PYTHON)'"; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || { \
		echo "expected Python 3.11 to 3.14, but '$(PYTHON)' is $$('$(PYTHON)' -V 2>&1); another: make PYTHON=python3.13 …"; \
		exit 1; }
	@'$(BASE)' -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "expected Python's venv module, but it is missing: apt-get install python3-venv"; exit 1; }
	@echo "[1/3] environment: packages into .venv ($$('$(BASE)' -V), the first time takes about half a minute)"
	@test -e $@ || '$(BASE)' -m venv --clear .venv
	@rm -f $@
	@$(INSTALL) --require-hashes --only-binary :all: -r requirements.lock
	@DIALOG_GRAPH_SKIP_WEB=1 $(INSTALL) --no-deps --no-build-isolation --no-index -e .
	@$(IDENTITY) > $(OWNER)
	@touch $@

$(TEST): $(SERVE) requirements-dev.lock
	@rm -f $@
	@echo "[1/3] environment: development tools"
	@$(INSTALL) --require-hashes --only-binary :all: -r requirements-dev.lock
	@touch $@

$(PAGES): $(PAGE_SOURCES) | $(SERVE)
	@echo "[2/3] pages"
	@.venv/bin/python -m dialog_graph.web.build
