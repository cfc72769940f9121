# Mixins come before the models that inherit from them.
from . import (
    payment_terminal_conformance_steps,
    payment_terminal_network_access,
    payment_terminal_network_actions,
    payment_terminal_network_debt,
    payment_terminal_network_figures,
    payment_terminal_network_payment,
    payment_terminal_network_self_test,
    payment_terminal_network_service,
    payment_terminal_network_watch,
    payment_terminal_transaction_assignment,
    payment_terminal_transaction_matching,
    payment_terminal_transaction_queue,
    payment_terminal_transaction_reversal,
)

# isort: split
from . import (
    payment_terminal_transaction_booking,
)

# isort: split
from . import (
    account_move,
    account_move_line,
    account_partial_reconcile,
    payment_terminal_account,
    payment_terminal_address,
    payment_terminal_conformance,
    payment_terminal_network,
    payment_terminal_network_booking,
    payment_terminal_request,
    payment_terminal_transaction,
    res_company,
    res_config_settings,
    res_partner,
)
