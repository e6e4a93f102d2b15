# `make` alone lists the commands. CONTRIBUTING.md says when to use which.
#
# Every command first makes sure that `.venv` holds exactly what requirements.lock says. The first time takes about half
# a minute, later nothing is done. Another Python: `make env PYTHON=python3.13`.

PYTHON ?= python3
VENV   := .venv
ARGS   ?=

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-builtin-rules

# The Python that builds .venv is looked up outside .venv, even when .venv is activated in the calling shell.
OUTER_PATH := $(subst $(CURDIR)/$(VENV)/bin:,,$(PATH))
# Everything else runs inside .venv, by PATH: nbgrader, for one, calls `alembic` by its bare name.
export PATH := $(CURDIR)/$(VENV)/bin:$(OUTER_PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
unexport PYTHONHOME PYTHONPATH

.DEFAULT_GOAL := help
.PHONY: help env system demo lab check test test-all lint format hooks lock upgrade wheel clean

help:  ## List these commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

env: $(VENV)/.ours-installed  ## Make the environment in .venv (the other commands do it when needed)

demo: env  ## Run the whole loop with a sample cohort and write a report to demo/
	hrlab demo --out demo $(ARGS)

lab: env  ## Open the lab in the browser
	hrlab lab $(ARGS)

check: env  ## Run every lesson and lab notebook from top to bottom
	hrlab check $(ARGS)

# Whole files go to a process for each core: a file's tests share what is expensive to set up. For one process: ARGS="-n0".
PARALLEL := -n logical --maxprocesses 4 --dist loadfile

test: env system  ## Run all tests but the slow ones; one of them: make test ARGS="-k tone"
	pytest -m "not slow" $(PARALLEL) $(ARGS)

test-all: env system  ## Run all tests, the slow ones too
	pytest $(PARALLEL) $(ARGS)

# nbstripout's options are the same in .pre-commit-config.yaml.
lint: env  ## Check style, formatting, types, imports between packages, and that notebooks hold no outputs
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	git ls-files -z -co --exclude-standard '*.ipynb' | xargs -0r nbstripout --verify --keep-id

format: env  ## Mend what can be mended by machine: formatting, import order, notebook outputs
	ruff check --fix .
	ruff format .
	git ls-files -z -co --exclude-standard '*.ipynb' | xargs -0r nbstripout --keep-id

hooks: env  ## Let git run the quick checks at each commit
	pre-commit install

lock: env  ## After a change of dependencies in pyproject.toml: renew requirements.lock, changing no more than needed
	$(LOCK)

upgrade: env  ## Renew requirements.lock with the newest versions that pyproject.toml allows
	$(LOCK) --upgrade

wheel: env  ## Build the wheel in dist/ (the libraries, data and lessons; not the labs, which hold the answers)
	hatchling build -t wheel

clean:  ## Remove the environment and everything else that can be made again
	rm -rf $(VENV) dist demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# One lock for Linux, macOS and Windows and for each Python from 3.11 on. It names no package index, so that it works
# with a mirror, too; the hashes say that the files are the right ones. docs/decisions/0001-environment.md has the reasons.
LOCK := uv pip compile pyproject.toml --quiet --extra dev --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" --output-file requirements.lock

PIP := pip install --quiet --disable-pip-version-check

# --- The environment, in two steps, each with a stamp that is written only when the step has succeeded ---------------

# pip fetches uv, uv the rest: in half a minute, where pip alone takes two. Both take only files whose hash the lock names. Where uv can't
# (no build for this machine, or a package index that only pip's settings know), pip does all. Modules are compiled now,
# since some machines (PYTHONDONTWRITEBYTECODE) never keep what they compile: every start would take three times as long.
$(VENV)/.lock-installed: requirements.lock
	@export PATH="$(OUTER_PATH)"; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "hr-it-lab needs Python 3.11 or newer, and '$(PYTHON)' is not. Install one (Debian: apt-get install python3" \
	       "python3-venv), or name one that you have: make env PYTHON=/path/to/python3.12" >&2; exit 2; }; \
	$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "'$(PYTHON)' cannot make virtual environments. Debian keeps that in a package of its own:" \
	       "apt-get install python3-venv" >&2; exit 2; }; \
	echo "Making the environment in $(VENV) from requirements.lock. This takes half a minute to two minutes."; \
	$(PYTHON) -m venv --clear $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.lock; \
	if $(PIP) --require-hashes -r $(VENV)/uv.lock \
	  && uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock; then :; else \
	  echo "uv could not, see above; pip is slower and may know another way. Please wait."; \
	  $(PIP) --require-hashes -r requirements.lock; \
	fi
	@touch $@

# `-e`: the code is used where it lies, so an edit needs no new installation.
$(VENV)/.ours-installed: $(VENV)/.lock-installed pyproject.toml
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# --- What tests need besides Python packages --------------------------------------------------------------------------

# bubblewrap walls in learners' code (grading refuses without it), Chromium opens the pages, PostgreSQL is the other
# gradebook. They are installed where that takes no question (root, or sudo without a password); elsewhere the tests
# that need them are skipped and say so. `hrlab doctor` says what works.
system:  ## Install the Debian packages that are missing: bubblewrap, Chromium, PostgreSQL (`make test` does it)
	@missing=(); \
	command -v bwrap >/dev/null || missing+=(bubblewrap); \
	command -v chromium >/dev/null || missing+=(chromium); \
	compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql); \
	if (($${#missing[@]} == 0)); then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=""; else sudo="sudo -n"; fi; \
	if command -v apt-get >/dev/null && $$sudo true 2>/dev/null \
	  && $$sudo apt-get update -qq && $$sudo apt-get install -qq -y --no-install-recommends "$${missing[@]}"; then exit 0; fi; \
	echo "!! Missing, and could not be installed: $${missing[*]}. Tests that need them will be SKIPPED, and without" \
	     "bubblewrap nothing is graded. By hand: apt-get install $${missing[*]}" >&2
