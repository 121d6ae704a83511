# A thin front: everything is in scripts/dealer. `make help` lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run odoo shell test test-core lint bench stop clean python

DEALER = python3 scripts/dealer

# Through the environment, so that quotes in them reach the program unharmed.
export ADDON ARGS DB JOB T

help:
	@echo 'make run                     the demonstration dealership on http://127.0.0.1:8069'
	@echo 'make test [ADDON=] [T=]      all tests; one add-on; one class, method, tag or path'
	@echo 'make test-core               core tests of repair, sale_stock and stock_account with our add-ons'
	@echo 'make lint                    the linters, on all files'
	@echo 'make bench [JOB=J3]          measured against core, in one run'
	@echo 'make bench JOB=month         a random month of 5,000 repair orders, then the invariants (MONTH=, SEED=)'
	@echo 'make odoo ARGS="..."         the project'"'"'s Odoo with its configuration'
	@echo 'make shell DB=dealer         the Odoo shell; reads standard input'
	@echo 'make stop                    stop the database server'
	@echo 'make clean                   delete all that was built (downloads are kept)'

python:
	@command -v python3 >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get install -y -q python3; } \
	  || { echo 'ERROR: python3 is missing: apt-get install python3'; exit 1; }

run: python
	@$(DEALER) run

odoo: python
	@$(DEALER) odoo -- "$$ARGS"

shell: python
	@$(DEALER) shell $${DB:+"$$DB"}

test: python
	@$(DEALER) test --addon="$$ADDON" --only="$$T"

test-core: python
	@$(DEALER) test-core

lint: python
	@$(DEALER) lint

bench: python
	@$(DEALER) bench $${JOB:+"$$JOB"}

stop: python
	@$(DEALER) stop

clean: python
	@$(DEALER) clean
