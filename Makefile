# Everything a person types while living with or working on the server. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# extra arguments, for example: make test ARGS="tests/library -x"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run demo test test-long lint bench clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed  ## start the server at http://localhost:8090
	$(BIN)/mediaserver serve $(ARGS)

demo: $(VENV)/.installed  ## write a small library of generated films to try things with
	$(BIN)/mediaserver demo $(ARGS)

test: $(VENV)/.installed-test  ## run the tests (minutes)
	$(BIN)/python -m pytest $(ARGS)

test-long: $(VENV)/.installed-test  ## run the long tests too (many minutes)
	$(BIN)/python -m pytest -m long $(ARGS)

lint: $(VENV)/.installed-dev  ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-test  ## measure against the goals; ONLY=P1,P4 measures some
	$(BIN)/python -m tests.bench $(ONLY)

clean:  ## remove the virtual environment and caches; media/ stays as it is
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis

# each stamp is renewed when pyproject.toml changes, and only then
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "Python's venv module is missing (Debian, Ubuntu: apt install python3-venv)"; exit 1; }

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-test
