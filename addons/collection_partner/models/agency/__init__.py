from . import agency

# isort: split
from . import (
    accounts,
    agreement,
    approval,
    automatic,
    company,
    connection,
    debtor,
    exchange,
    figures,
    files,
    opening,
    privacy,
    settings,
)
