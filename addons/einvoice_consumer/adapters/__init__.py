from . import finvoice
from . import transport_folder
