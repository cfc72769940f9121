from . import agency

# isort: split
from . import agreement, automatic, connection, exchange, figures, opening, settings
