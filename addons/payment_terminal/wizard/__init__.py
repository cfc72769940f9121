from . import (
    base_partner_merge,
    payment_terminal_assign,
    payment_terminal_file_assign,
    payment_terminal_issue,
    payment_terminal_payout,
    payment_terminal_registry_import,
)
