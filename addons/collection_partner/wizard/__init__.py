from . import (
    collection_action_wizard,
    collection_onboarding_wizard,
    collection_outcome_wizard,
    collection_transfer_wizard,
)
