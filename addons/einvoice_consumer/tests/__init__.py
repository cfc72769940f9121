from . import test_access
from . import test_agreement
from . import test_document
from . import test_invoice
from . import test_remote_api
from . import test_send
from . import test_tours
