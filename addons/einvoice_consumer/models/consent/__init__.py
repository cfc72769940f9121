from . import (
    account_move,
    account_move_send,
    agreement,
    channel,
    document,
    partner,
    request,
)
