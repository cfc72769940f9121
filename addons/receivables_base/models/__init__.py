from . import (
    receivables_queue,
    receivables_responsible,
    receivables_state,
    res_company,
    res_config_settings,
)

# isort: split
from . import receivables_connection, receivables_connection_watch, receivables_exchange
