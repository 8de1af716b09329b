# Everything happens in .venv, made when it is first needed and again when pyproject.toml changes,
# and from scratch where its Python is gone or is not the PYTHON that was asked for.
PYTHON ?= python3
BIN := .venv/bin
ASKED := $(if $(filter file,$(origin PYTHON)),$(BIN)/python,$(PYTHON))
VERSION := -c 'import sys; print(sys.version)'
STALE := $(shell has=$$($(BIN)/python $(VERSION) 2>/dev/null) && \
	[ "$$has" = "$$($(ASKED) $(VERSION))" ] || echo stale)

.PHONY: help demo test lint types generate notebooks lab site bench clean stale

help:            ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 12

demo: .venv/.ready    ## the whole story: a graph, backpropagation by hand, iris, digits
	@$(BIN)/mlp demo

test: .venv/.ready    ## run the tests
	@$(BIN)/python -m pytest -n auto --dist worksteal

lint: .venv/.lint     ## check style with ruff
	@$(BIN)/ruff check .

types: .venv/.lint    ## check types with mypy --strict
	@$(BIN)/mypy

generate: .venv/.ready ## write what follows from the code: reference, pictures, stub, figures
	@$(BIN)/python docs/generate.py

notebooks: .venv/.notebook ## run the notebooks, and store what they show
	@$(BIN)/python notebooks/refresh.py

lab: .venv/.notebook  ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

site: .venv/.site     ## build the documents, the reference and the notebooks as a site: out/site
	@$(BIN)/python docs/site/build.py
	@echo "out/site/index.html: $$(du -sh out/site | cut -f1), to be opened as it is"

bench: .venv/.bench   ## measure against the peers
	@$(BIN)/python -m benchmarks | tee benchmarks/RESULTS.md
	@$(BIN)/python docs/generate.py

clean:           ## remove what was set up or made
	rm -rf .venv out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.ready: pyproject.toml $(STALE)
	@$(PYTHON) -c 'import sys; sys.exit("This needs Python 3.11 or later: make PYTHON=python3.12 ..." \
		if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv (once, about a minute) ..."
	@$(PYTHON) -m venv $(if $(STALE),--clear) .venv || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; false; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

.venv/.%: .venv/.ready
	@echo "Adding to it: $* (once, a minute or two) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@
