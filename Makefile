# Two commands are enough in a fresh clone: `make demo` and `make test`. Each sets up .venv on its first run.
PYTHON ?= python3
WORKERS ?= auto
ARGS ?=

# Tests write much and keep nothing: in memory where there is room, since the disks of build machines are slow.
ROOM := $(shell df -Pk /dev/shm 2>/dev/null | awk '$$6 == "/dev/shm" && $$4 > 6000000 {print $$6}')
SCRATCH := $(if $(ROOM),TMPDIR=$(ROOM))

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo test lint coverage bench growth chaos schema image pins clean

help:
	@echo "make demo      the main job on sample data and an embedded CalDAV server (ARGS=--once: exit after the story)"
	@echo "make test      all tests"
	@echo "make lint      style, types and the import rule"
	@echo "make coverage  tests with branch coverage; core and ics must reach 95 %"
	@echo "make bench     requests and CPU per idle calendar and per published event, beside a bare HTTP loop"
	@echo "make growth    what lists, status, metrics and reports cost over a million appointments (ARGS=--share=0.1: a tenth)"
	@echo "make chaos     three workers over 200 calendars, one killed and one cut off from the database for 30 seconds"
	@echo "make schema    every border case of every value that the API takes"
	@echo "make image     the container's image, built by the Dockerfile's steps and run; as root, with mmdebstrap and iproute2"
	@echo "make pins      write constraints.txt from what is installed now"
	@echo "make clean     remove .venv and everything that is built"

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "syncd needs Python 3.11 or newer. Name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
		|| { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)
	$(BIN)/syncd demo $(ARGS)

test: $(READY)
	$(SCRATCH) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --junitxml=build/test-results.xml $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: $(READY)
	$(SCRATCH) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=json:build/coverage.json $(ARGS)
	$(BIN)/python .ci/branches.py build/coverage.json 95 syncd/core syncd/ics

bench: $(READY)
	$(BIN)/python -m tests.bench $(ARGS)

growth: $(READY)
	$(BIN)/python -m tests.growth $(ARGS)

chaos: $(READY)
	CHAOS_CALENDARS=200 CHAOS_SECONDS=30 $(BIN)/python -m pytest --pyargs tests.work.test_many_workers --timeout=900 $(ARGS)

schema: $(READY)
	SCHEMA_EXAMPLES=8 $(BIN)/python -m pytest tests/api/test_schema.py $(ARGS)

image: $(READY)
	$(BIN)/python -m pytest tests/deploy/image.py -n 0 $(ARGS)

pins: $(READY)
	@{ sed -n 1p constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | grep -v '^#'; } > constraints.new
	@mv constraints.new constraints.txt && touch $(READY)

clean:
	rm -rf $(VENV) build dist htmlcov .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
