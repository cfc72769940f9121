from . import agency

# isort: split
from . import (
    accounts,
    agreement,
    automatic,
    connection,
    exchange,
    figures,
    files,
    opening,
    settings,
)
