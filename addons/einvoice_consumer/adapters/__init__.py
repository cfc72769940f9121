from . import finvoice, transport_folder
