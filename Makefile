# TAO Lab. `make lab` to work, `make test` to test; everything goes into .venv, nothing else is touched.
# It takes the newest Python that fits; `make lab PYTHON=/path/to/python` another. All paths are relative: a checkout
# may lie in a folder with blanks in its name, which make cannot handle in a target.
VENV := .venv
BIN := $(VENV)/bin
# tests on all cores, up to four: each process that runs a lab takes half a gigabyte
# xdist gives a new process the group of the one that died, and then waits for ever: so the first death is the end
PARALLEL ?= -n auto --maxprocesses 4 --dist loadgroup --max-worker-restart 0

.DEFAULT_GOAL := help
.PHONY: help lab present dashboards test quick check format labs docs links mutants screenshots clean

help:  ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

$(BIN)/python:
	scripts/system-packages.sh python
	"$$(scripts/find-python.sh)" -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/lab.stamp: pyproject.toml | $(BIN)/python
	@echo "Installing TAO Lab and what it needs into $(VENV) (a few minutes the first time) ..."
	$(BIN)/python -m pip install --quiet --editable '.[models]'
	@echo "Compiling the fast paths, once, and checking the library against the chain's numbers ..."
	$(BIN)/tao-lab verify datasets/vectors/epoch.json
	$(BIN)/python scripts/compile.py
	@touch $@

$(VENV)/dev.stamp: pyproject.toml $(VENV)/lab.stamp
	scripts/system-packages.sh browser sandbox speech
	$(BIN)/python -m pip install --quiet --editable '.[models,dev]'
	@touch $@

# Left out with TAO_LAB_MODEL=none; broken off, the next `make lab` goes on. Never fails the installation.
$(VENV)/model.stamp: $(VENV)/lab.stamp
	$(BIN)/tao-lab models get smollm2 --optional
	@touch $@

lab: $(VENV)/lab.stamp $(VENV)/model.stamp  ## Install everything and open JupyterLab at the labs
	$(BIN)/tao-lab lab

present: $(VENV)/lab.stamp  ## Open the start page of the dashboards, to show them to a class
	$(BIN)/tao-lab present

dashboards: present

test: check  ## Check the code, then run all tests: units, notebooks, browser
	$(BIN)/python -m pytest -q $(PARALLEL)

quick: $(VENV)/dev.stamp  ## Run the fast tests only
	$(BIN)/python -m pytest -q $(PARALLEL) -m "not slow"

check: $(VENV)/dev.stamp  ## Format, lint, types, layers, stripped notebooks, spelling, plain English
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	git ls-files -z '*.ipynb' | xargs -0 -r $(BIN)/nbstripout --keep-id --verify
	git ls-files -z | xargs -0 -r $(BIN)/codespell
	$(BIN)/python scripts/prose.py
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[bdh]*.yml

format: $(VENV)/dev.stamp  ## Format code and strip notebooks
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	git ls-files -z '*.ipynb' | xargs -0 -r $(BIN)/nbstripout --keep-id

labs: $(VENV)/dev.stamp  ## Make the labs' blank cells, checks and solutions from their exercises
	$(BIN)/python scripts/make_labs.py

# EDITION=instructor: labs solved, and every known mistake with its hint; into build/site-instructor
EDITION ?= students
docs: $(VENV)/dev.stamp  ## Build the site of documents, labs and API in build/site (a few minutes the first time)
	PYTHONPATH=scripts $(BIN)/python -m docsite --edition $(EDITION)

links: docs  ## Ask other hosts whether the site's links to them still lead somewhere
	$(BIN)/sphinx-build -q -b linkcheck -c docs build/site-source build/links

mutants: $(VENV)/dev.stamp  ## Change the rules at random and see which changes the quick tests miss (an hour)
	$(BIN)/python scripts/mutants.py measure
	$(BIN)/python scripts/mutants.py run tao_lab/consensus --sample 100
	$(BIN)/python scripts/mutants.py run tao_lab/economy --sample 150
	$(BIN)/python scripts/mutants.py run tao_lab/chain/pallets --sample 250

screenshots: $(VENV)/dev.stamp  ## Make the pictures of the README again
	$(BIN)/python scripts/screenshots.py

clean:  ## Remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
