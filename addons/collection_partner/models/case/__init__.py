from . import case, event

# isort: split
from . import (
    actions,
    afterwards,
    approval,
    cause,
    closing,
    difference,
    documents,
    files,
    following,
    law,
    matter,
    money,
    payer,
    privacy,
    request,
    settled,
    standing,
    transfer,
)
