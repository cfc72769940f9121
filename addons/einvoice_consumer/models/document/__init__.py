from . import document, inbox, outbox, outcome, way, withdrawal
