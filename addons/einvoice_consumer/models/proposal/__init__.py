from . import agreement, channel, document, proposal
