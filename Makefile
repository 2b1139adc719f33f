# One door for every command. `make help` lists them; `make demo` and `make test` need nothing but Rust and Python.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Logs are read more often than watched.
export CARGO_TERM_PROGRESS_WHEN ?= never
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONDONTWRITEBYTECODE := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

# The stamps lie in the environment that they describe, so that removing it removes them too.
BUILD_STAMP := $(VENV)/.build
TOOLS_STAMP := $(VENV)/.tools
WHEEL_STAMP := $(VENV)/.wheel
WHEEL_SOURCES := Cargo.toml $(wildcard Cargo.lock) core/Cargo.toml $(wildcard python/Cargo.toml python/pyproject.toml) \
	$(shell find core/src python/src python/yuno_webhooks -type f -not -name '*.so' -not -name '*.pyc' 2>/dev/null)

TYPED := python/yuno_webhooks python/demo python/tests
RUFF_PATHS := python tests

.PHONY: help demo test lint generate clean cargo

help: ## List the commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

demo: $(WHEEL_STAMP) ## Send signed deliveries over HTTP to a receiver on this machine and count what it kept
	$(BIN)/python python/demo/run.py

test: cargo $(TOOLS_STAMP) $(WHEEL_STAMP) ## Run every test: core, documentation, shared vectors, Python package
	rm -rf target/vectors
	cargo test --workspace --locked
	cargo test -p yuno-webhooks --all-features --locked
	$(BIN)/python -m pytest --import-mode=importlib -p no:cacheprovider python/tests
	$(BIN)/python tests/oracle/check.py
	$(BIN)/python tests/vector_counts.py

lint: cargo $(TOOLS_STAMP) $(WHEEL_STAMP) ## Check format, lints, types, stubs, documentation and generated files
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --all-features --locked
	$(BIN)/ruff check --no-cache $(RUFF_PATHS)
	$(BIN)/ruff format --no-cache --check $(RUFF_PATHS)
	$(BIN)/mypy --strict $(TYPED)
	$(BIN)/pyright $(TYPED)
	$(BIN)/python -m mypy.stubtest yuno_webhooks
	cargo run -p yuno-webhooks-tests --locked --bin generate -- --check
	@if command -v cargo-deny >/dev/null; then cargo deny --locked check bans licenses sources; \
	else echo "cargo-deny is not installed: dependencies not checked against deny.toml"; fi

generate: cargo ## Write the generated files again
	cargo run -p yuno-webhooks-tests --locked --bin generate

clean: ## Remove everything that the other commands made
	rm -rf target $(VENV) .mypy_cache .pytest_cache .ruff_cache
	find core python tests \( -name __pycache__ -o -name '*.so' \) -prune -exec rm -rf {} +

cargo:
	@command -v cargo >/dev/null || { \
	  echo "cargo is missing. Install Rust 1.88 or newer, with clippy and rustfmt: rustup does, or your system's packages." >&2; exit 1; }

$(BUILD_STAMP): python/requirements-build.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing. Install Python 3.10 or newer, or set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "$(PYTHON) is too old. Install Python 3.10 or newer, or set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --requirement $<
	@touch $@

$(TOOLS_STAMP): python/requirements-dev.txt $(BUILD_STAMP)
	$(BIN)/python -m pip install --quiet --requirement $<
	@touch $@

$(WHEEL_STAMP): $(BUILD_STAMP) $(WHEEL_SOURCES) | cargo
	rm -f target/wheels/*.whl
	$(BIN)/maturin build --release --locked --out target/wheels --manifest-path python/Cargo.toml
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps --no-index target/wheels/*.whl
	@touch $@
