from . import message

# isort: split
from . import disclosure, files, inbox, outbox
