from . import file, line

# isort: split
from . import (
    account_journal,
    bank_statement,
    booking,
    connection,
    correction,
    journals,
    owners,
    proposals,
)
