# `make demo` and `make test` need Python 3.11 or newer, make and a package index; nothing else.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test lint types floors check sample clean help

help:            ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "strangler needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(STAMP)   ## the main job, end to end, on the sample monolith
	@$(BIN)/strangler demo

test: $(STAMP)   ## the tests of strangler and of the sample monolith
	$(BIN)/python sample_monolith/manage.py test --verbosity 1
	$(BIN)/python -m pytest

lint: $(STAMP)   ## style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)  ## mypy, strict
	$(BIN)/mypy
	MYPYPATH=sample_monolith/extracted/billing $(BIN)/mypy --explicit-package-bases sample_monolith/extracted/billing

floors: $(STAMP) ## who may import whom
	$(BIN)/lint-imports

check: lint types floors test  ## everything that needs no server

sample: $(STAMP) ## run the sample monolith alone
	$(BIN)/python sample_monolith/run.py

clean:           ## forget the environment
	rm -rf $(VENV)
