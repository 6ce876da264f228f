# The targets create and reuse .venv by themselves, from uv if it is on the PATH, else from venv and pip.
# A change of any pyproject.toml, of constraints.txt or of the plugins there are installs again.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
CHECKS := check-ruff check-format check-imports check-pyright check-mypy docs check-house
.PHONY: help run test check docs bench test-all clean constraints venv FORCE $(CHECKS)
MAKEFLAGS += --no-print-directory
SHELL := bash
.SHELLFLAGS := -euo pipefail -c

# Tests start more than a thousand processes; without compiled modules each of them would compile all anew.
unexport PYTHONDONTWRITEBYTECODE

# make test VENV=.venv-other PYTHON=python3.12 ARGS="-k stage -x"
VENV ?= .venv
PYTHON ?=
ONLY ?=
ARGS ?=
VERSIONS := 3.11 3.12 3.13
# Tests wait more than they compute; where some are chosen by ARGS, one process is less to read.
PROCESSES ?= $(if $(ARGS),0,logical)
# Make of macOS is from 2006, and cannot keep outputs apart.
AT_ONCE = $(if $(filter output-sync,$(.FEATURES)),--jobs=2 --output-sync=target)

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PROJECTS := pyproject.toml $(wildcard plugins/*/pyproject.toml)
SOURCES := src $(wildcard plugins/*/src)
EXAMPLES := $(wildcard examples/*/)
say = @printf '\n\033[1m── %s\033[0m\n' "$(1)"

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo '  ARGS="…" goes to pytest; PYTHON=… and VENV=… choose another Python and another environment.'

# An environment that was copied or moved with its tree is installed again: its paths are those of the old place.
ifneq ($(shell cat $(INSTALLED) 2>/dev/null),$(CURDIR))
$(INSTALLED): FORCE
endif
$(INSTALLED): $(PROJECTS) constraints.txt plugins .ci/install.py
	@python=$$(.ci/python $(PYTHON)); "$$python" .ci/install.py $(VENV) constraints.txt $(ONLY)
	@echo "$(CURDIR)" > $@

venv: $(INSTALLED) ## create .venv or bring it up to date

run: $(INSTALLED) ## serve examples/orders on 127.0.0.1:8080, with messages in the process or on RabbitMQ
	@at=http://127.0.0.1:$${ORDERS_HTTP_PORT:-8080}; \
	echo "Serving examples/orders on $$at; Ctrl-C stops it. Try:"; \
	echo; \
	echo "  curl $$at/"; \
	echo "  curl $$at/orders --json '{\"item\": \"tea\", \"quantity\": 2}'"; \
	echo "  curl $$at/orders"; \
	echo "  curl -X POST $$at/orders/1/payment"; \
	echo "  curl $$at/bills                          # a message let them be written"; \
	echo "  curl $$at/orders --json '{\"item\": \"gold\", \"quantity\": 90}'"; \
	echo "  curl $$at/bills/failed                   # dead letters"; \
	echo "  curl -X POST $$at/bills/failed/again     # replays them"; \
	echo "  curl $$at/readyz"; \
	echo; \
	echo "Messages stay in this process; with ORDERS_MESSAGING_URL=amqp://guest:guest@127.0.0.1 they go to RabbitMQ."; \
	echo
	@exec $(BIN)/rostra run examples/orders -c examples/orders/config.toml --env-prefix ORDERS

test: $(INSTALLED) ## run all tests: the core's, the plugins', the examples'
	@timeout --kill-after=10 300 .ci/debian rabbitmq-server || true
	@$(BIN)/python -m pytest --numprocesses $(PROCESSES) --maxprocesses 4 --dist worksteal $(ARGS)

# Several at once, each with its output in one piece.
check: $(INSTALLED) ## everything but the tests: lint, types, imports, docs, public names
	@$(MAKE) $(AT_ONCE) --keep-going $(CHECKS)
	$(call say,all checks passed)

check-ruff: $(INSTALLED)
	$(call say,ruff check)
	@$(BIN)/ruff check

check-format: $(INSTALLED)
	$(call say,ruff format --check)
	@$(BIN)/ruff format --check

# Each example is a world of its own: two may have modules of one name.
check-mypy: $(INSTALLED)
	$(call say,mypy --strict)
	@$(BIN)/mypy $(SOURCES) $(wildcard tests/typing plugins/*/tests/typing)
	@for example in $(EXAMPLES); do $(BIN)/mypy "$$example"; done

check-pyright: $(INSTALLED)
	$(call say,pyright)
	@$(BIN)/pyright

check-imports: $(INSTALLED)
	$(call say,import contracts)
	@$(BIN)/lint-imports --no-logo

check-house: $(INSTALLED)
	$(call say,house rules)
	@$(BIN)/python -m pytest -q tests/test_house*.py

docs: $(INSTALLED) ## build the documentation into docs/_build/html; a warning is an error
	$(call say,docs)
	@$(BIN)/python -m sphinx -q --fail-on-warning --keep-going docs docs/_build/html
	@echo 'docs/_build/html/index.html'

# In an environment of its own: what the checks need (rich, say) would be imported by what is measured.
bench: ## print ratios to hand-written code and to peers
	@$(MAKE) venv VENV=.venv-bench ONLY=bench
	@.venv-bench/bin/python .ci/peers.py .venv-bench
	@for file in $(filter-out %/measure.py %/answering.py,$(wildcard benchmarks/*.py)); do printf '\n── %s\n' "$$file"; .venv-bench/bin/python "$$file"; done

test-all: ## run all tests on each of the supported Pythons that is at hand
	@failed=; tried=; \
	for version in $(VERSIONS); do \
		if python=$$(.ci/python $$version 2>/dev/null); then \
			printf '\n\033[1m── Python %s: %s\033[0m\n' "$$version" "$$python"; \
			tried="$$tried $$version"; \
			$(MAKE) test VENV=.venv-$$version PYTHON="$$python" || failed="$$failed $$version"; \
		else \
			printf '\n── Python %s is not at hand\n' "$$version"; \
		fi; \
	done; \
	printf '\ntested on:%s; failed on:%s\n' "$${tried:- none}" "$${failed:- none}"; \
	[ -n "$$tried" ] && [ -z "$$failed" ]

# The oldest supported Python decides, because what it can install the newer ones can as well.
constraints: ## refresh constraints.txt with the newest versions that fit together
	@rm -rf .venv-constraints
	@python=$$(.ci/python $(firstword $(VERSIONS))); "$$python" .ci/install.py .venv-constraints
	@.venv-constraints/bin/python .ci/freeze.py > .venv-constraints/constraints.txt
	@mv .venv-constraints/constraints.txt constraints.txt
	@rm -rf .venv-constraints
	@echo 'constraints.txt is new; make test-all check shows whether it is good'

clean: ## remove environments, caches and what was built
	@rm -rf .venv .venv-* docs/_build docs/_plugins build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
