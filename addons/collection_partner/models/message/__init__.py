from . import message

# isort: split
from . import inbox, outbox
