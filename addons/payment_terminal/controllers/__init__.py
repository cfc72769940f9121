from . import endpoint, self_test
