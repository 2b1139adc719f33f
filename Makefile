# One door for every command. `make help` lists them. `make demo` needs nothing but Rust and Python; the others also Node and a C and C++ compiler.

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
DIST_VENV := target/dist/tools
DIST_STAMP := $(DIST_VENV)/.tools
NODE_TOOLS_STAMP := node/node_modules/.tools
NODE_STAMP := node/node_modules/.build
PEERS := target/bench/peers
PEERS_STAMP := $(PEERS)/.tools
FRAMEWORKS_STAMP := node/test/frameworks/node_modules/.tools
SUPPLY := tests/assurance/supply
SUPPLY_STAMP := target/tools/python/.tools
CORE_SOURCES := Cargo.toml Cargo.lock $(shell find core -type f)
WHEEL_SOURCES := $(CORE_SOURCES) python/Cargo.toml python/pyproject.toml \
	$(shell find python/src python/yuno_webhooks -type f -not -name '*.so' -not -name '*.pyc')

TYPED := python/yuno_webhooks python/demo python/tests
RUFF_PATHS := python tests

ASSURANCE := $(addprefix assure-,workflows api supply hmac timing cost memory secrets asan coverage mutants)

.PHONY: help demo test torture torture-python torture-redis torture-node install runtimes dist lint bench bench-peers growth fuzz generate bump assurance clean cargo cc node c-tools tomllib $(ASSURANCE)

help: ## List the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 20

demo: $(WHEEL_STAMP) ## Send signed deliveries over HTTP to a receiver and a worker, kill both on the way, and count what was done
	$(BIN)/python python/demo/run.py

test: c-tools cargo cc $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) ## Run every test, and every shared vector on every language
	rm -rf target/vectors
	cargo test --workspace --locked
	cargo test -p yuno-webhooks --all-features --locked
	$(BIN)/python -m pytest -n 4 --dist worksteal --import-mode=importlib -p no:cacheprovider python/tests $(SUPPLY)
	cd node && npm test && npm run test:frameworks
	$(BIN)/python tests/oracle/check.py
	$(BIN)/python tests/vector_counts.py

torture: $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) ## Kill the inbox's processes and servers hundreds of times, and send it fifty thousand deliveries; about 25 minutes
	$(MAKE) --jobs=3 --output-sync=target torture-python torture-redis torture-node
	YUNO_NO_SKIP=1 YUNO_LOAD=50000 timeout 1500 $(BIN)/python -m pytest --import-mode=importlib -p no:cacheprovider -s python/tests/inbox/test_load.py

# Beside each other, since what kills and starts processes waits most of the time.
torture-python torture-redis torture-node: export YUNO_NO_SKIP = 1
torture-python torture-redis torture-node: export YUNO_KILLS = 300
torture-python:
	timeout 1500 $(BIN)/python -m pytest --import-mode=importlib -p no:cacheprovider -s python/tests/inbox/test_kills.py -k "not redis"

torture-redis:
	timeout 1500 $(BIN)/python -m pytest --import-mode=importlib -p no:cacheprovider -s python/tests/inbox/test_kills.py -k redis
	cd node && timeout 1500 node --test --test-name-pattern=killed test/inbox.redis.test.mjs

torture-node:
	cd node && timeout 1500 node --test test/inbox.kill.test.mjs

runtimes: $(NODE_STAMP) ## Run the tests of the Node package on the other releases of Node that it is for
	cd node && npm run test:runtimes

dist: cargo $(DIST_STAMP) $(NODE_STAMP) ## Build the packages, and test them from empty environments: Python on every one that is here
	$(DIST_VENV)/bin/python python/tests/dist/publish_check.py
	cd node && npm run dist

install: cargo ## Build and install the C and C++ library: PREFIX=/usr/local, and DESTDIR, LIBDIR, INCLUDEDIR
	cargo build --release --locked -p yuno-webhooks-c
	PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" LIBDIR="$(LIBDIR)" INCLUDEDIR="$(INCLUDEDIR)" sh c/packaging/install.sh "$${CARGO_TARGET_DIR:-target}/release"

lint: cargo $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) ## Check format, lints, types, stubs, documentation and generated files
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --all-features --locked
	$(BIN)/ruff check --no-cache $(RUFF_PATHS)
	$(BIN)/ruff format --no-cache --check $(RUFF_PATHS)
	$(BIN)/mypy --strict $(TYPED)
	$(BIN)/pyright $(TYPED)
	$(BIN)/python -m mypy.stubtest yuno_webhooks._core
	$(BIN)/python python/tests/stub_docs.py --check
	cargo run -p yuno-webhooks-tests --locked --bin generate -- --check
	cargo fetch --locked --manifest-path tests/fuzz/Cargo.toml
	$(BIN)/python tests/bench/peers_page.py --check
	cargo test -p yuno-webhooks-c --locked --test header the_committed_header
	cd node && npm run lint
	@if command -v cargo-deny >/dev/null; then cargo deny --locked check bans licenses sources; \
	else echo "cargo-deny is not installed: dependencies not checked against deny.toml"; fi

bench: cargo cc $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) $(FRAMEWORKS_STAMP) ## Compare the speed of every surface with hand-written code, and of servers with an inbox and without
	@command -v wrk >/dev/null || { echo "wrk is missing, which sends requests to servers. On Debian and Ubuntu: apt-get install wrk" >&2; exit 1; }
	cargo build --release --locked -p yuno-webhooks-tests --bin bench
	cargo build --release --locked -p yuno-webhooks-c
	@printf '#include <%s>\n' openssl/sha.h cjson/cJSON.h | $(CC) -E - >/dev/null 2>&1 || { \
	  echo "a header is missing, of OpenSSL or cJSON, which C is compared with. On Debian and Ubuntu: apt-get install libssl-dev libcjson-dev" >&2; exit 1; }
	@mkdir -p target/bench
	$(CC) -O2 -Wall -Wextra -Ic/include tests/bench/bench.c target/release/libyuno_webhooks.a -lcjson -lcrypto -lpthread -ldl -lm -o target/bench/c
	@PREFIX="$(CURDIR)/target/bench/prefix" DESTDIR= LIBDIR= INCLUDEDIR= sh c/packaging/install.sh target/release
	PREFIX="$(CURDIR)/target/bench/prefix" OUT="$(CURDIR)/target/bench/examples" $(BIN)/python tests/bench/run.py target/release/bench target/bench/c \
	  "$(BIN)/python tests/bench/bench_python.py" "node tests/bench/bench_node.cjs"
	$(BIN)/python tests/bench/bench_python_host.py
	$(BIN)/python tests/bench/bench_inbox.py
	$(BIN)/python tests/bench/bench_http.py
	$(BIN)/python tests/bench/bench_loop.py
	cd node && npm run bench

bench-peers: $(WHEEL_STAMP) $(NODE_STAMP) $(PEERS_STAMP) ## Compare the speed with published packages, and write the README's table and its chart
	$(PEERS)/venv/bin/python -m pip install --quiet --force-reinstall --no-deps --no-index target/wheels/*.whl
	cp tests/bench/peers/receivers.mjs $(PEERS)/node
	$(PEERS)/venv/bin/python tests/bench/bench_peers.py $(PEERS)/node/receivers.mjs

growth: $(TOOLS_STAMP) $(WHEEL_STAMP) ## Fill a Postgres with ten million keys: what each takes, and what accepting costs then; about 10 minutes and 6 GB
	$(BIN)/python tests/bench/growth.py

# HMAC-SHA256 by others: Wycheproof's vectors on every surface, and openssl on the shared ones.
assure-hmac: cargo $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) ## Wycheproof's vectors and openssl on every surface
	cargo build --release --locked -p yuno-webhooks-c
	cargo build --release --locked -p yuno-webhooks-tests --bin macs
	$(BIN)/python tests/assurance/signatures.py

# A million deliveries on every surface, and what each process holds afterwards; about 5 minutes.
assure-memory: cargo cc $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) ## What a million deliveries leave in memory on every surface
	cargo build --release --locked -p yuno-webhooks-c
	cargo build --release --locked -p yuno-webhooks-tests --bin memory
	$(BIN)/python tests/assurance/memory.py

# cargo-fuzz builds libFuzzer itself; neither clang nor a nightly compiler is needed.
fuzz: cargo ## Run every fuzz target for FUZZ_SECONDS (20; the long form is 300), with coverage
	@test -x target/tools/bin/cargo-fuzz || cargo install --quiet --locked --root target/tools cargo-fuzz --version 0.13.2
	$(PYTHON) tests/assurance/fuzz.py

# No body or headers of 2 MiB cost more than four times a plain payment of that size.
assure-cost: cargo ## What the worst bodies and headers of 2 MiB cost
	cargo run --release --quiet --locked -p yuno-webhooks-tests --bin cost

# Which lines no test runs: none of the core, and of the bindings those that are listed with their reasons. About 3 minutes, and the first time more.
assure-coverage: tomllib c-tools cargo cc $(TOOLS_STAMP) $(NODE_STAMP) ## Which lines no test runs
	$(BIN)/python tests/assurance/coverage.py

generate: cargo $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) ## Write the generated files again
	cargo run -p yuno-webhooks-tests --locked --bin generate
	YUNO_WRITE=1 cargo test -p yuno-webhooks-c --locked --test header the_committed_header
	cd node && npm run build
	$(BIN)/python python/tests/stub_docs.py

bump: ## Set the number of the next release wherever it stands: VERSION=x.y.z
	$(PYTHON) $(SUPPLY)/versions.py "$(VERSION)"

assurance: $(ASSURANCE) ## Run all of assure-*: what takes too long for each change, or asks databases on the network

assure-timing: cargo ## Whether the time of a refusal tells what was right
	cargo run --release --locked -p yuno-webhooks-tests --bin timing

# Each change to what verifies and makes keys must be noticed by a test; 15 minutes, and more beside other work.
assure-mutants: tomllib cargo target/tools/bin/cargo-mutants ## Which changes to what verifies and makes keys no test notices
	$(PYTHON) tests/assurance/mutants.py

# What all surfaces print, log and raise while they are tested, searched for secrets, credentials and signatures.
assure-secrets: c-tools cargo cc $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) ## Whether a secret is in anything that the tests make the packages say
	$(BIN)/python tests/assurance/messages.py

# The Rust code of every surface under AddressSanitizer. The sanitizer comes with the Rust compiler.
assure-asan: cargo cc $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) ## The Rust code of every surface under AddressSanitizer
	$(BIN)/python tests/assurance/sanitizers.py

# The last line says what was found, and what could not be asked. With YUNO_NO_SKIP all must have been.
assure-supply: $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) $(SUPPLY_STAMP) target/tools/bin/cargo-deny target/tools/bin/cargo-cyclonedx ## Licences, package contents, lists of parts, and audits of dependencies
	target/tools/bin/cargo-deny --locked check bans licenses sources
	rm -rf target/assure/packages target/package
	cargo package --quiet --locked --allow-dirty --package yuno-webhooks
	$(BIN)/maturin sdist --manifest-path python/Cargo.toml --out target/assure/packages
	cd node && node scripts/pack.mjs ../target/assure/packages
	$(PYTHON) $(SUPPLY)/contents.py target/package/*.crate target/wheels/*.whl target/assure/packages/*
	target/tools/python/bin/python $(SUPPLY)/sbom.py
	$(BIN)/python -m pytest --import-mode=importlib -p no:cacheprovider --quiet $(SUPPLY)/prove_audits.py
	$(PYTHON) $(SUPPLY)/audits.py

assure-workflows: cargo $(WHEEL_STAMP) $(SUPPLY_STAMP) ## The workflows by linters, and the scripts that they call
	@if command -v go >/dev/null; then GOBIN="$(CURDIR)/target/tools/bin" go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 && target/tools/bin/actionlint -no-color; \
	elif [ -n "$${YUNO_NO_SKIP:-}" ]; then echo "Go is missing, which builds actionlint." >&2; exit 1; \
	else echo "not checked: Go is missing, which builds actionlint"; fi
	target/tools/python/bin/zizmor --offline --no-progress .github
	cargo build --release --locked --package yuno-webhooks-c
	rm -rf target/assure/dist
	$(PYTHON) c/packaging/archive.py "$$(rustc -vV | sed -n 's/^host: //p')" "$${CARGO_TARGET_DIR:-target}/release" target/assure/dist
	cp target/wheels/*.whl target/assure/dist
	$(PYTHON) $(SUPPLY)/smoke.py target/assure/dist

assure-api: cargo $(TOOLS_STAMP) $(WHEEL_STAMP) $(NODE_STAMP) target/tools/bin/cargo-semver-checks ## What of the public interfaces has changed since the last record
	$(BIN)/python $(SUPPLY)/api.py

clean: ## Remove everything that the other commands made
	rm -rf target $(VENV) node/dist node/node_modules node/test/runtimes/node_modules node/test/frameworks/node_modules node/*.node node/*.tgz .mypy_cache .pytest_cache .ruff_cache
	find core python tests \( -name __pycache__ -o -name '*.so' \) -prune -exec rm -rf {} +

c-tools:
	@sh c/tests/tools.sh

# What the lists of lines and of changes that no test sees are read by.
tomllib:
	@for python in $(PYTHON) $(wildcard $(BIN)/python); do $$python -c 'import tomllib' 2>/dev/null || { \
	  echo "$$python is too old for this. Install Python 3.11 or newer, or set PYTHON=..., and remove $(VENV) if that is older." >&2; exit 1; }; done

cargo:
	@command -v cargo >/dev/null || { \
	  echo "cargo is missing. Install Rust 1.88 or newer, with clippy and rustfmt: rustup does, or your system's packages." >&2; exit 1; }

cc:
	@command -v $(CC) >/dev/null && command -v $(CXX) >/dev/null || { \
	  echo "a C and a C++ compiler are missing. On Debian and Ubuntu: apt-get install gcc g++" >&2; exit 1; }

node:
	@node -e 'process.exit(+(parseInt(process.versions.node) < 20))' 2>/dev/null && command -v npm >/dev/null || { \
	  echo "Node 20 or newer, with npm, is missing." >&2; exit 1; }

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

$(SUPPLY_STAMP): $(SUPPLY)/requirements.txt
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install --quiet --requirement $<
	@touch $@

# Minutes each, and once.
target/tools/bin/cargo-deny: RELEASE = 0.20.2
target/tools/bin/cargo-cyclonedx: RELEASE = 0.5.9
target/tools/bin/cargo-semver-checks: RELEASE = 0.51.0
target/tools/bin/cargo-mutants: RELEASE = 27.1.0
target/tools/bin/cargo-deny target/tools/bin/cargo-cyclonedx target/tools/bin/cargo-semver-checks target/tools/bin/cargo-mutants: | cargo
	cargo install --quiet --locked --root target/tools --target-dir target/tools/build --version $(RELEASE) $(@F)

$(WHEEL_STAMP): $(BUILD_STAMP) $(WHEEL_SOURCES) | cargo
	rm -f target/wheels/*.whl
	$(BIN)/maturin build --release --locked --out target/wheels --manifest-path python/Cargo.toml
	$(BIN)/python -m pip install --quiet --force-reinstall --no-deps --no-index target/wheels/*.whl
	@touch $@

$(DIST_STAMP): python/requirements-dist.txt
	@mkdir -p target/dist
	$(PYTHON) -m venv --clear $(DIST_VENV)
	$(DIST_VENV)/bin/python -m pip install --quiet --requirement $<
	@touch $@

# Not `npm ci`: it refuses a lock file whose registry lacked the builds of a tool for another platform. Versions and hashes are the lock file's all the same.
$(NODE_TOOLS_STAMP): node/package-lock.json | node
	cd node && npm install --no-save --no-audit --no-fund
	@touch $@

$(FRAMEWORKS_STAMP): node/test/frameworks/package-lock.json | node
	cd node/test/frameworks && npm install --no-save --no-audit --no-fund
	@touch $@

# In an environment of their own, away from the tools of the package.
$(PEERS_STAMP): $(addprefix tests/bench/peers/,requirements.txt package.json package-lock.json .npmrc) | node
	@mkdir -p $(PEERS)/node
	$(PYTHON) -m venv --clear $(PEERS)/venv
	$(PEERS)/venv/bin/python -m pip install --quiet --requirement $<
	cp $(filter-out $<,$(filter tests/%,$^)) $(PEERS)/node
	cd $(PEERS)/node && npm install --no-save --no-audit --no-fund --ignore-scripts
	@touch $@

$(NODE_STAMP): $(NODE_TOOLS_STAMP) $(CORE_SOURCES) README.md node/native.js $(shell find node/src node/lib node/scripts node/*.json -type f) | cargo
	cd node && npm run build
	@touch $@
