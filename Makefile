# Everything a developer types. POSIX make and shell; on Windows: pip install -e .[dev], then the commands below.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: setup tools demo test soak lint format bench docs lab clean

setup: $(STAMP)

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: setup        ## the main job against the sandbox, in this terminal
	$(BIN)/python -m jupyter_openapi demo

tools:             ## the programs that the tests drive, from Debian's packages when they are missing
	@tools/need chromium:chromium redis-server:redis-server curl:curl openssl:openssl

test: setup tools  ## the whole suite, under 10 minutes
	$(BIN)/python -m pytest

soak: setup tools  ## the long counts whose tenth runs in `make test`
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[soak]'
	SOAK=1 $(BIN)/python -m pytest --timeout=3600

lint: setup        ## style, types, floors of the house, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/operations.py --check

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup       ## ratios against peers, in one run
	$(BIN)/python -m benchmarks

docs: setup        ## the documentation, in docs/_build/html; a warning is an error
	$(BIN)/sphinx-build -W --keep-going -q docs docs/_build/html

lab: setup         ## JupyterLab on the first notebook
	$(BIN)/jupyter lab notebooks/01-quickstart.ipynb

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
