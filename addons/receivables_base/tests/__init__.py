from . import test_adapter, test_exchange, test_queue, test_responsible, test_sentence
