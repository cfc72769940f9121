from . import (
    account_move_reversal,
    account_move_send_wizard,
    einvoice_allocate_wizard,
    einvoice_due_date_wizard,
    einvoice_existing_wizard,
    einvoice_import_wizard,
    einvoice_notification_identifier,
    einvoice_notification_wizard,
    einvoice_notification_wizard_terms,
    einvoice_proposal_wizard,
    einvoice_reject_wizard,
)
