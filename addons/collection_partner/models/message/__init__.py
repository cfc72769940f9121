from . import message

# isort: split
from . import files, inbox, outbox
