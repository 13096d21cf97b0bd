# Everything a developer types: GNU make and a POSIX shell. On Windows: pip install -c constraints.txt -e .[dev],
# then the commands below.
PYTHON ?= python3
# An interpreter that is named has an environment of its own: make PYTHON=python3.13 test
VENV ?= .venv$(if $(filter-out python3,$(PYTHON)),-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
CORE := $(VENV)/.core
READY := $(VENV)/.ready
UV := $(BIN)/uv
# Development tools of the panels' scripts; nothing of them is shipped.
NODE := node_modules/.package-lock.json
# The files are shared out between processes, those that take longest first: see tests/support/schedule.py.
WORKERS ?= 4
SHARED = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
CORE_SUITE := --ignore=tests/browser --ignore=tests/test_docs.py --ignore=tests/test_binder.py

# The many programs that the tests start begin sooner with compiled modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup tools demo test test-lowest test-latest soak lint format catalogs bench docs docs-samples notebooks lab constraints dist clean

setup: $(READY)    ## the whole development set, at the versions of constraints.txt

# What the demo needs is not compiled ahead, so that it starts sooner.
$(CORE): pyproject.toml constraints.txt
	@tools/environment "$(PYTHON)" "$(VENV)" "" --no-compile
	@touch $@

$(READY): $(CORE)
	@tools/environment "$(PYTHON)" "$(VENV)" dev
	@touch $@

$(UV): $(CORE)
	@tools/environment "$(PYTHON)" "$(VENV)" resolve
	@touch $@

$(NODE): package.json package-lock.json .npmrc
	@tools/need node:nodejs npm:npm
	@echo "Installing the tools that check the panels' scripts"
	@npm ci --silent
	@touch $@

demo: $(CORE)      ## the main job against the sandbox, in this terminal
	$(BIN)/python -m jupyter_openapi demo

tools:             ## the programs that the tests drive, from Debian's packages when they are missing
	@tools/need chromium:chromium redis-server:redis-server curl:curl openssl:openssl

# What fails is run once more, alone, as CPython's own test runner does: a fault fails twice, a busy machine once.
test: setup tools $(NODE) ## the whole suite: 6 to 10 minutes on two processors
	$(BIN)/python -m pytest $(SHARED) || $(BIN)/python -m pytest --last-failed --last-failed-no-failures=none

test-lowest: $(UV) tools ## the core suite on the lowest versions that pyproject.toml declares
	@tools/constraints $(UV) "$(VENV)-lowest/constraints.txt" --python $(BIN)/python --extra test --resolution lowest-direct
	@CONSTRAINTS="$(VENV)-lowest/constraints.txt" tools/environment "$(PYTHON)" "$(VENV)-lowest" test
	OLD_LIBRARIES=1 "$(VENV)-lowest/bin/python" -m pytest $(SHARED) $(CORE_SUITE)

test-latest: $(UV) tools ## the core suite on the newest versions of today
	@tools/constraints $(UV) "$(VENV)-latest/constraints.txt" --python $(BIN)/python --extra test
	@CONSTRAINTS="$(VENV)-latest/constraints.txt" tools/environment "$(PYTHON)" "$(VENV)-latest" test
	"$(VENV)-latest/bin/python" -m pytest $(SHARED) $(CORE_SUITE)

soak: setup tools $(NODE) ## the long counts of which `make test` runs a tenth or less, and the suite at two other dates
	@tools/need cc:build-essential
	@tools/environment "$(PYTHON)" "$(VENV)" soak
	SOAK=1 $(BIN)/python -m pytest --timeout=3600
	tools/clock +200d $(BIN)/python -m pytest $(SHARED) --ignore=tests/browser
	tools/clock 2024-02-29 $(BIN)/python -m pytest $(SHARED) --ignore=tests/browser

lint: setup $(NODE) ## style and types of Python, scripts and styles; layers; generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm run --silent lint
	$(BIN)/python tools/methods.py --check
	npm exec --silent -- pyright --pythonpath $(BIN)/python -p tests/data
	$(BIN)/python docs/operations.py --check
	$(BIN)/python docs/errors.py --check
	$(BIN)/python docs/samples.py --check
	$(BIN)/python tools/catalogs.py --check
	@$(BIN)/python tools/dist.py build/dist

format: setup $(NODE)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	npm run --silent format

catalogs: setup    ## the messages in Chinese: renew the files; `tools/catalogs.py missing` lists what to translate
	$(BIN)/python tools/catalogs.py

bench: setup       ## the table of speed: ratios against peers and floors, in one run
	$(BIN)/python -m benchmarks

docs: setup        ## the documentation, in docs/_build/html, its cells run from a fixed moment; a warning is an error
	@tools/need cc:build-essential
	tools/clock 2026-11-24T02:00:00 $(BIN)/sphinx-build -W --keep-going -q docs docs/_build/html

docs-samples: setup ## README.md with the output of its cells, as it is now
	$(BIN)/python docs/samples.py

notebooks: setup   ## the notebooks with what they show, at a fixed moment
	@tools/need cc:build-essential
	$(BIN)/python tools/notebooks.py

lab: setup         ## JupyterLab on the first notebook
	$(BIN)/jupyter lab notebooks/01-quickstart.ipynb

constraints: $(UV) ## renew constraints.txt: the newest versions, for every Python that is supported
	@tools/constraints $(UV) constraints.txt --universal --python-version 3.11 --all-extras

dist: setup        ## the wheel and the source archive in dist/, checked
	@$(BIN)/python tools/dist.py dist

clean:
	rm -rf .venv .venv-* $(VENV) node_modules build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
