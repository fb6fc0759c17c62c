# make run: set everything up and open the app.  make test: set everything up and run the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: run test test-fast lint bench bench-live setup setup-dev clean

run: setup
	$(BIN)/python app.py $(ARGS)

test: setup-dev lint
	$(BIN)/python -m pytest $(ARGS)

test-fast: setup-dev
	$(BIN)/python -m pytest -m "not slow and not browser" $(ARGS)

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m liveness bench $(ARGS)

bench-live: setup-dev
	$(BIN)/python -m liveness bench-live $(ARGS)

bench-evaluate: setup
	$(BIN)/python tools/measure_evaluation.py $(ARGS)

setup: $(VENV)/.installed
setup-dev: $(VENV)/.installed-dev

$(VENV)/.venv:
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) was not found: install Python 3.10 to 3.13, or name one with make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 10) <= v <= (3, 13) else f"Python 3.10 to 3.13 is needed, {sys.executable} is {v[0]}.{v[1]}: name another with make PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo "Python's venv module is missing (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.venv requirements.txt pyproject.toml
	@echo "installing into $(VENV): several minutes and about 6 GB the first time, most of it torch"
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
