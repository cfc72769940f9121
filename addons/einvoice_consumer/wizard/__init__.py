from . import einvoice_due_date_wizard
from . import einvoice_import_wizard
from . import einvoice_reject_wizard
