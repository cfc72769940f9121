from . import finvoice, finvoice_errors, transport_folder
