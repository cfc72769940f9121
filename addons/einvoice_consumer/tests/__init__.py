from . import (
    test_access,
    test_agreement,
    test_direct_payment,
    test_document,
    test_exchange,
    test_existing,
    test_invoice,
    test_parked,
    test_remote_api,
    test_send,
    test_tours,
    test_translations,
)
