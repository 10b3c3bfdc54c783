# `make` builds .venv, so that .venv/bin/surefoot is the command. `make demo` shows what it does.

PYTHON := .venv/bin/python
STAMP := .venv/.surefoot-stamp

.PHONY: venv machine demo test lint bench powercut docs lock clean

venv: machine $(STAMP)

machine:
	@tools/prepare-machine

$(STAMP): pyproject.toml requirements/dev.txt tools/choose-python | machine
	@test -x $(PYTHON) || "$$(tools/choose-python)" -m venv .venv
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: venv
	@.venv/bin/surefoot demo

# Two cores are what the project is built for; the third worker fills in while others wait.
test: venv
	@$(PYTHON) -m pytest -n 3 $(TESTS)

lint: venv
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy --strict src
	@.venv/bin/lint-imports --no-logo
	@$(PYTHON) tools/generate_docs.py --check

bench: venv
	@set -e; for script in bench/bench_*.py; do echo "== $$script"; $(PYTHON) "$$script"; done

# Two hundred random power cuts; make powercut CUTS=20 SEED=7 for others.
powercut: venv
	@$(PYTHON) -m surefoot.lab.powercut $(if $(CUTS),--cuts $(CUTS)) $(if $(SEED),--seed $(SEED))

# The reference pages that come from tables in the code; `make lint` fails when one is stale.
docs: venv
	@$(PYTHON) tools/generate_docs.py

# Needs uv. The files name no index: pip takes the one that the machine is set up for.
LOCK := uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock"
lock:
	@$(LOCK) -o requirements/base.txt
	@$(LOCK) --extra hub -c requirements/base.txt -o requirements/hub.txt
	@$(LOCK) --extra hub --group dev -c requirements/hub.txt -o requirements/dev.txt

clean:
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find src tests bench tools -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
