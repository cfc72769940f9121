from .agency import Agency

# isort: split
from . import agency_api, file_exchange, kravia
