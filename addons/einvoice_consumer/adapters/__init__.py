from . import finvoice
