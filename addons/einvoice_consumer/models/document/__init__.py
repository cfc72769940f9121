from . import document, inbox, outbox, outcome, withdrawal
