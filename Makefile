# make demo   sets everything up and runs the whole tutorial; the results are in demo/
# make test   sets everything up, then checks style, types and all tests

PYTHON ?= python3
# Frameworks that the parity tests compare with; empty for none: make test FRAMEWORKS=
FRAMEWORKS ?= "tensorflow-cpu; python_version < '3.14' and platform_machine == 'x86_64'" jax

BIN := .venv/bin
# Pins the build's own requirements too, which pip's option -c would not.
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint browser clean

demo: .venv/package
	$(BIN)/glassnet demo --out demo

test: lint browser
	$(BIN)/pytest

lint: .venv/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

.venv/package: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable .
	@touch $@

.venv/test: .venv/package
	$(BIN)/pip install --quiet --editable ".[dev]" $(FRAMEWORKS)
	@touch $@

# The film and the pages are tested in a real browser; where it cannot be installed, those tests
# are skipped and say so.
browser:
	@command -v chromium > /dev/null || command -v google-chrome > /dev/null || \
	{ sudo=$$(test $$(id -u) = 0 || echo sudo -n); \
	  $$sudo apt-get update -qq && $$sudo apt-get install -qq -y chromium > /dev/null; } || \
	echo "Chromium is not installed and could not be: the tests that need it will be skipped."

clean:
	rm -rf .venv build dist demo
