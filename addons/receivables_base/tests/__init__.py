from . import (
    test_access_log,
    test_adapter,
    test_connection,
    test_exchange,
    test_printing,
    test_queue,
    test_remote,
    test_responsible,
    test_sentence,
    test_translations,
)
