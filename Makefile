# make demo   sets everything up and runs the whole tutorial; the results are in demo/
# make test   sets everything up, then checks style, types and all tests

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

.PHONY: demo test lint sanitize bench browser compiler clean

demo: .venv/package
	$(BIN)/glassnet demo --out demo

test: lint browser
	$(BIN)/pytest

lint: .venv/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

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

clean:
	rm -rf .venv build dist demo
