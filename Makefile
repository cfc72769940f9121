# The two commands are `make run` and `make test`; the work is done in dev/.
PYTHON ?= python3
MAKE_PY = $(PYTHON) dev/make.py

.PHONY: help run test lint module system bench clean

help:
	@$(MAKE_PY) --help

# PORT, DATABASE, BANK_PORT: given here or in the environment
run:
	@$(MAKE_PY) run $(if $(PORT),--port=$(PORT)) $(if $(DATABASE),--database=$(DATABASE)) \
		$(if $(BANK_PORT),--bank-port=$(BANK_PORT))

test lint module system bench clean:
	@$(MAKE_PY) $@
