from . import (
    base_partner_merge,
    payment_terminal_assign,
    payment_terminal_file_assign,
    payment_terminal_issue,
)
