# Mixins come before the models that inherit from them.
from . import (
    collection_agency_contract,
    collection_agency_exchange,
    collection_case_actions,
    collection_case_documents,
    collection_case_following,
    collection_case_transfer,
    collection_queue,
)

# isort: split
from . import (
    account_move,
    account_move_line,
    collection_agency,
    collection_case,
    collection_eligibility,
    collection_event,
    collection_message,
    collection_message_exchange,
    collection_reminder,
    collection_rule,
    collection_status,
    res_company,
    res_config_settings,
    res_partner,
    res_users,
)
