from . import (
    receivables_facts,
    receivables_queue,
    receivables_readiness,
    receivables_responsible,
    receivables_state,
    res_company,
    res_config_settings,
)

# isort: split
from . import (
    account_move,
    account_move_send,
    ir_actions_report,
    receivables_change,
    receivables_connection,
    receivables_connection_inbox,
    receivables_connection_watch,
    receivables_exchange,
    receivables_queue_jobs,
)
