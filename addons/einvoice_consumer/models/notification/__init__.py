from . import (
    account_move,
    agreement,
    channel,
    document,
    notification,
    notification_comparison,
)
