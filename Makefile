# Each of these sets up what it needs, in .venv:
# make demo       the whole tutorial; the results are in demo/
# make check      style, types and the fast tests, in about a minute
# make test       style, types and all tests
# make test-long  all tests with every combination and many examples, and what they cover
# make runtime wasm   Python and the engine for browsers, which a page without a server runs on
# make bench      times glassnet and its peers; make sanitize hunts for memory errors in the engine

PYTHON ?= python3
# Frameworks that the parity tests compare with; empty for none: make test FRAMEWORKS=
FRAMEWORKS ?= "tensorflow-cpu; python_version < '3.14' and platform_machine == 'x86_64'" jax

BIN := .venv/bin
# Pins the build's own requirements too, which pip's option -c would not.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Installs a package of Debian's, as root or with sudo.
apt-get = { sudo=$$(test $$(id -u) = 0 || echo sudo -n); \
	$$sudo apt-get update -qq && $$sudo apt-get install -qq -y $(1) > /dev/null; }

.PHONY: demo check test test-long lint style types page-lint page-test runtime wasm sanitize bench browser node \
	compiler clean

demo: .venv/package
	$(BIN)/glassnet demo --out demo

# tests/conftest.py says which tests are in which lane.
check: lint
	$(BIN)/pytest -m unit

# What runs in a browser is tested in Node; where no registry is reached, that is said and left out.
test: lint browser page-test
	-@$(MAKE) --silent runtime wasm
	$(BIN)/pytest

test-long: lint browser page-test
	-@$(MAKE) --silent runtime wasm
	$(BIN)/pytest --long --cov=glassnet --cov-branch --cov-report=term

lint: .venv/test  # side by side, as the types of Python and JavaScript take longest
	@$(MAKE) --no-print-directory --jobs --output-sync style types page-lint

style:
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/clang-format --dry-run -Werror src/glassnet/engines/native/*.[ch]pp

types:
	$(BIN)/mypy

# The page's JavaScript: its style and types, which npm brings the tools for, and its logic. Where
# npm does not reach its registry that is said and left out, but never in CI.
PAGE := tests/playground/javascript
page-lint: $(PAGE)/node_modules
	@! test -d $< || { cd $(PAGE) && npm run --silent lint && npm run --silent types; }

$(PAGE)/node_modules: $(PAGE)/package-lock.json | node
	@npm ci --prefix $(PAGE) --silent --no-audit --no-fund && touch $@ || \
	{ rm -rf $@; test -z "$$CI" && echo "npm reaches no registry: the page's JavaScript is not checked."; }

page-test: node
	@! command -v node > /dev/null || { cd $(PAGE) && node --import ./browser.js --test; }

# Python for browsers (Pyodide, numpy), from npm and PyPI, as the package's lock names it.
runtime: .venv/package node
	@$(BIN)/python tests/fetch_runtime.py build/runtime

# The engine for browsers, which `glassnet publish` puts beside the page.
WASM := src/glassnet/engines/native.wasm
wasm: $(WASM)

$(WASM): $(wildcard src/glassnet/engines/native/*) | .venv/package
	$(BIN)/pip install --quiet ziglang
	$(BIN)/python src/glassnet/engines/native/build_wasm.py $@

# The engine's tests under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer.
sanitize: .venv/test
	$(BIN)/pip install --quiet cmake ninja
	tests/sanitize.sh address
	tests/sanitize.sh thread

# glassnet and its peers on the same work in one run; writes build/benchmarks.
bench: .venv/test
	$(BIN)/python -m benchmarks

SOURCES := pyproject.toml constraints.txt $(wildcard src/glassnet/engines/native/*)

.venv/package: $(SOURCES) | compiler
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/test: $(SOURCES) | compiler
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable ".[dev]" $(FRAMEWORKS)
	@touch .venv/package $@

# Without a compiler the package installs all the same and runs on numpy.
compiler:
	@command -v c++ > /dev/null || $(call apt-get,g++) || \
	echo "No C++ compiler is installed and none could be: glassnet will run on numpy."

# The film and the pages are tested in a real browser; where it cannot be installed, those tests
# are skipped and say so.
browser:
	@command -v chromium > /dev/null || command -v google-chrome > /dev/null || \
	$(call apt-get,chromium) || \
	echo "Chromium is not installed and could not be: the tests that need it will be skipped."

# Exported JavaScript is run, too.
node:
	@command -v node > /dev/null || $(call apt-get,nodejs npm) || \
	echo "Node is not installed and could not be: the test of JavaScript will be skipped."

clean:
	rm -rf .venv build dist demo $(WASM)
