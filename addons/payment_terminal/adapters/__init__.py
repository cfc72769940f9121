from . import dialects, loopback
