from . import document, inbox, outbox, outcome, progress, way, withdrawal
