# Each of these sets up what it needs, in .venv:
# make demo       the whole tutorial; the results are in demo/
# make check      style, types and the fast tests, in about a minute
# make test       style, types and all tests
# make test-long  all tests with every combination and many examples, and what they cover
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

.PHONY: demo check test test-long lint node-test sanitize bench browser node compiler clean

demo: .venv/package
	$(BIN)/glassnet demo --out demo

# tests/conftest.py says which tests are in which lane.
check: lint
	$(BIN)/pytest -m unit

test: lint browser node-test
	$(BIN)/pytest

test-long: lint browser node-test
	$(BIN)/pytest --long --cov=glassnet --cov-branch --cov-report=term

lint: .venv/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# The logic of the page.
node-test: node

# The engine's tests under AddressSanitizer and UndefinedBehaviorSanitizer; takes some minutes. Tests
# that start compilers or frameworks of their own are left out, and so are the slow ulp sweeps.
SANITIZED := build/sanitized
# Without site (-S) no editable install stands before the tree.
SANITIZED_PYTHON := $(CURDIR)/$(BIN)/python -S
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
sanitize: .venv/test
	$(BIN)/pip install --quiet cmake ninja
	$(BIN)/cmake -G Ninja -S src/glassnet/engines/native -B $(SANITIZED)/engine \
	  -DCMAKE_MAKE_PROGRAM=$(CURDIR)/$(BIN)/ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	  -DCMAKE_CXX_FLAGS="$(SANITIZERS)" -DPython_EXECUTABLE=$(CURDIR)/$(BIN)/python \
	  -Dnanobind_DIR=$$($(BIN)/python -m nanobind --cmake_dir)
	$(BIN)/cmake --build $(SANITIZED)/engine
	rm -rf $(SANITIZED)/tree && mkdir $(SANITIZED)/tree
	cp -r src/glassnet tests pyproject.toml $(SANITIZED)/tree
	cp $(SANITIZED)/engine/_native*.so $(SANITIZED)/tree/glassnet/engines
	cd $(SANITIZED)/tree && \
	  export PYTHONPATH=.:$$($(CURDIR)/$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('platlib'))") && \
	  export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1 && \
	  export LD_PRELOAD="$$(c++ -print-file-name=libasan.so) $$(c++ -print-file-name=libubsan.so) \
	  $$(realpath $$(c++ -print-file-name=libstdc++.so))" && \
	  $(SANITIZED_PYTHON) -c "from glassnet.engines import _native; assert 'sanitized' in _native.__file__" && \
	  $(SANITIZED_PYTHON) -m pytest tests/engines -n 0 -s \
	  -k "not without_a_compiler and not pytorch and not ulp"

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
	@command -v node > /dev/null || $(call apt-get,nodejs) || \
	echo "Node is not installed and could not be: the test of JavaScript will be skipped."

clean:
	rm -rf .venv build dist demo
