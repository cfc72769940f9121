from . import endpoint
