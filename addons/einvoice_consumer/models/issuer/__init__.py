from . import channel, document, issuer_agreement
