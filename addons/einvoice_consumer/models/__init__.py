from . import (
    account_move,
    account_move_send,
    einvoice_agreement,
    einvoice_agreement_candidate,
    einvoice_channel,
    einvoice_document,
    einvoice_intermediator,
    einvoice_reason,
    res_config_settings,
    res_partner,
)
