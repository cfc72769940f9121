from . import (
    account_move,
    account_move_line,
    account_move_send,
    agreement,
    channel,
    document,
    einvoice_intermediator,
    einvoice_reason,
    einvoice_schema,
    mail_activity,
    res_config_settings,
    res_partner,
)
