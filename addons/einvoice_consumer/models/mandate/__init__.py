from . import (
    account_move,
    account_move_send,
    channel,
    claim,
    claim_file,
    document,
    mandate,
)
