from . import case, event

# isort: split
from . import actions, closing, documents, following, request, standing, transfer
