from . import (
    account_move,
    account_move_send,
    einvoice_agreement,
    einvoice_agreement_candidate,
    einvoice_agreement_order,
    einvoice_channel,
    einvoice_document,
    einvoice_document_exchange,
    einvoice_intermediator,
    einvoice_reason,
    res_config_settings,
    res_partner,
)
