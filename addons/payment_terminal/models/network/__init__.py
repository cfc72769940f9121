# The model itself comes before the files that extend it.
from . import network

# isort: split
from . import (
    access,
    booking,
    claim_payments,
    debt_taking,
    debts,
    figures,
    live,
    readiness,
    snapshot,
    watch,
)
