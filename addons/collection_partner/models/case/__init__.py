from . import case, event

# isort: split
from . import (
    actions,
    closing,
    difference,
    documents,
    files,
    following,
    money,
    payer,
    request,
    settled,
    standing,
    transfer,
)
