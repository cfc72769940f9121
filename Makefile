# The two commands are `make run` and `make test`; the work is done in dev/.
# PORT, DATABASE, BANK_PORT, AGENCY_PORT, KIOSK_PORT and OPERATOR_PORT reach it through the
# environment.
PYTHON ?= python3

.PHONY: help run test lint module system bench docs clean

help run test lint module system bench docs clean:
	@$(PYTHON) dev/make.py $@
