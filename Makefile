# Two commands do all the set-up: make demo, make test.
PYTHON ?= python3
EXTRAS ?= dev
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo dataset tools test test-all check bench docs clean setup browser

# What is installed: the extras of pyproject.toml that EXTRAS names (`make EXTRAS=dev,local test`), each choice once.
setup: $(VENV)/.ready-$(EXTRAS)

$(VENV)/.ready-%: pyproject.toml scripts/bootstrap.sh scripts/constraints.txt
	@scripts/bootstrap.sh
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 13); sys.exit(0 if ok else "lift-sys needs Python 3.11 to 3.13, this is %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing lift-sys[$*] into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c scripts/constraints.txt -e '.[$*]'
	@touch $@

browser:
	@scripts/bootstrap.sh browser

demo: setup
	$(BIN)/lift-sys generate --lock demo/demo.lock.json --out build/demo
	$(BIN)/lift-sys show build/demo

# Tasks that a refused draft spoils are made again, not taken.
.DELETE_ON_ERROR:

# Tasks to train on, from seeds that are not the suite's. Drafts with a mutant that no input tells are left out; of seeds 2 to 5
# there are none, of seed 6 three.
TASKS := $(foreach seed,2 3 4 5,build/training_tasks/$(seed).jsonl)

build/training_tasks/%.jsonl: $(wildcard lift_sys/testing/*.py lift_sys/testing/templates/*.py) | setup
	$(BIN)/lift-sys tests generate --training --seed $* --count 840 --allow-refused 8 --out $@

tools: setup
	$(BIN)/python scripts/install_tools.py training_data/synthetic_v1.lock.json

# Stopped anywhere, the same command goes on; what is rebuilt is held against the committed manifests.
dataset: tools $(TASKS)
	$(BIN)/lift-sys generate --lock training_data/synthetic_v1.lock.json --out build/synthetic_v1 --cache build/cache
	$(BIN)/lift-sys publish build/synthetic_v1 --to training_data --name synthetic_v1
	$(BIN)/lift-sys prepare build/synthetic_v1 $(TASKS:%=--suite-tasks %) --out training_data --same --no-check

test: setup browser
	$(BIN)/python -m pytest -q -n auto -m 'not slow'

test-all: $(VENV)/.ready-all browser
	$(BIN)/python -m pytest -q -n auto

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python scripts/check_layers.py
	$(BIN)/python scripts/check_docs.py
	$(BIN)/python -m lift_sys.records.schema --check

bench: setup
	$(BIN)/python -m bench

docs: setup
	$(BIN)/python -m lift_sys.records.schema
	$(BIN)/python scripts/make_prompt_examples.py
	$(BIN)/python scripts/check_docs.py

clean:
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
