from . import file, line

# isort: split
from . import account_journal, booking, connection, correction, owners, proposals
