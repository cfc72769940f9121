from . import (
    account_payment_register,
    collection_action_wizard,
    collection_bank_wizard,
    collection_import_wizard,
    collection_onboarding_wizard,
    collection_outcome_wizard,
    collection_transfer_wizard,
)
