# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# Everything that a person or a CI job runs. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# One target at a time: each of them uses the cores that there are.
.NOTPARALLEL:

PYTHON ?= $(shell tools/find-python)
VENV := $(CURDIR)/.venv
# Environment of `demo`, `rehearse`, `simulator` and `simulator-env`: dev, staging or prod.
ENV ?= dev
# Anything: `demo` keeps everything running at its end, until Ctrl-C.
KEEP ?=
# What `rehearse` deploys: applications (commas between them), and the tag of a sample image.
APPLICATION ?= monay-backend-common
TAG ?= 1.1.0
# Address of `simulator`.
PORT ?= 5557
# Test processes; `auto` takes one a core.
JOBS ?= 2
# More arguments for ansible-test sanity, for example: make sanity SANITY='--test validate-modules'
SANITY ?=
# More arguments for pytest, for example: make unit ARGS='-k tags -x'; of `rehearse` for ansible-playbook
ARGS ?=
PYTEST := python -m pytest
# A file keeps to one process, for its simulator; the long files (connection, playbooks) come first.
PYTEST_PARALLEL := $(PYTEST) -n $(JOBS) --dist loadfile --no-loadscope-reorder
# pytest's status 5: ARGS selects no test of one of the two parts.
A_PART = $(if $(ARGS),sh -c '"$$@" || test $$? -eq 5' sh)

export PATH := $(VENV)/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE :=

##@ Use

.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {gsub(/\$$\$$/, "$$", $$2); printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo

.PHONY: venv
venv: ## Install the pinned tools into .venv, once for each change of the lock
	@tools/make-venv "$(PYTHON)" "$(VENV)"

.PHONY: system-packages
system-packages: ## Install the browser that some tests use, where apt can and may
	@tools/system-packages

.PHONY: demo
demo: venv ## Build phases 1 to 3 of dev on simulated AWS, with traffic; KEEP=1 keeps it running (ENV=staging|prod)
	@python -m tools.demo --environment "$(ENV)" $(if $(KEEP),--keep)

.PHONY: rehearse
rehearse: venv ## Deploy on simulated AWS first, with the timeline (APPLICATION=monay-admin TAG=1.1.0 ARGS='-e …')
	@python -m tools.rehearse --environment "$(ENV)" --limit "$(APPLICATION)" --tag "$(TAG)" -- $(ARGS)

.PHONY: simulator
simulator: venv ## Run the simulator in the foreground (PORT=5557)
	@exec python -m simulator serve --port "$(PORT)"

.PHONY: simulator-env
simulator-env: venv ## Print what points a shell at it: eval "$$(make -s simulator-env)" (ENV=dev)
	@target=$$(python -m tools.environment "$(ENV)"); python -m simulator env --port "$(PORT)" $$target

##@ Test

.PHONY: test
test: lint docs sanity tests molecule ## All gates

.PHONY: lint
lint: venv ## ruff, mypy, yamllint, ansible-lint, changelog
	ruff check .
	ruff format --check .
	mypy -p ansible_collections.monay.platform.plugins -p simulator -p tools -p bench -p tests.support
	yamllint --strict .
	ansible-lint --offline
	antsibull-changelog lint

# Without the roles: antsibull-docs wants literal defaults, and theirs come from the inventory. ansible-lint checks the
# form of their argument specs, tests/unit/test_repository.py compares them with defaults/main.yml.
.PHONY: docs
docs: venv ## Check the documentation of the plugins as the documentation site would
	rm -rf .cache/docs && mkdir -p .cache/docs
	cp -r galaxy.yml README.md meta plugins .cache/docs
	antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self .cache/docs

.PHONY: format
format: venv ## Format and mend what ruff can
	ruff check --fix .
	ruff format .

.PHONY: sanity
sanity: venv ## ansible-test sanity, on a copy of the tracked files
	python -m tools.sanity $(SANITY)

.PHONY: tests
tests: venv system-packages ## All of pytest: the five targets below
	$(A_PART) $(PYTEST_PARALLEL) $(ARGS) -m "not alone" tests
	$(A_PART) $(PYTEST) $(ARGS) -m alone tests

.PHONY: unit
unit: venv ## Decisions, modules, roles, inventories and the repository itself
	$(PYTEST_PARALLEL) $(ARGS) tests/unit

.PHONY: test-simulator
test-simulator: venv ## The simulator against botocore's shapes
	$(A_PART) $(PYTEST_PARALLEL) $(ARGS) -m "not alone" tests/simulator
	$(A_PART) $(PYTEST) $(ARGS) -m alone tests/simulator

.PHONY: test-connection
test-connection: venv ## The connection plugin: same results, no secret on disk, no process left
	$(PYTEST_PARALLEL) $(ARGS) tests/connection

.PHONY: integration
integration: venv system-packages ## Whole playbooks against the simulator: twice, checked, killed, with faults
	$(PYTEST_PARALLEL) $(ARGS) tests/playbooks

.PHONY: packaging
packaging: venv ## Build, install and use the collection; an AWX checkout
	$(PYTEST) $(ARGS) tests/packaging

.PHONY: molecule
molecule: venv ## Phase 1 of dev from create to destroy, with ansible-native molecule
	port=$$(python -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'); \
	cd extensions && env -u AWS_PROFILE -u AWS_SESSION_TOKEN SIMULATOR_PORT="$$port" molecule test

##@ Measure

.PHONY: bench
bench: venv ## Time all phases of dev and prod on the simulator: from empty, no change, one edit, destroy
	PYTHONPATH=collections:. python -m bench.phases $(ARGS)

.PHONY: bench-connection
bench-connection: venv ## Time the connection plugin against Ansible's own
	PYTHONPATH=collections:. python -m bench.connection

.PHONY: bench-static-site
bench-static-site: venv ## Time publishing 5,000 files against aws s3 sync
	PYTHONPATH=collections:. python -m bench.static_site $(ARGS)

.PHONY: bench-front-door
bench-front-door: venv ## Requests a second through the simulator's load balancer
	PYTHONPATH=collections:. python -m bench.front_door

.PHONY: bench-rollout
bench-rollout: venv ## Time a blue/green rollout against the least that its simulated stages take
	PYTHONPATH=collections:. python -m bench.rollout $(ARGS)

##@ Maintain

.PHONY: lock
lock: ## Pin the packages of requirements/*.in for each Python that there is
	@for minor in 3.11 3.12 3.13; do \
		if "python$$minor" -c '' 2>/dev/null; then "python$$minor" tools/lock.py; \
		else echo "requirements/lock-$$minor.txt: left as it is, no python$$minor on PATH"; fi; \
	done

.PHONY: action-groups
action-groups: venv ## Write meta/runtime.yml from plugins/modules
	python -m tools.action_groups

.PHONY: inventory-docs
inventory-docs: venv ## Write the tables of docs/inventory.md from the roles' argument specs
	python -m tools.inventory_docs

.PHONY: build
build: venv ## Build the tarball of the collection into .cache/build
	ansible-galaxy collection build --force --output-path .cache/build

.PHONY: clean
clean: ## Remove .venv, caches and build results
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .ansible tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
