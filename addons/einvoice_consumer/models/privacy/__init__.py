from . import agreement, candidate, document, partner, retention
