from . import document, inbox, outbox
