from . import debts, dialects, loopback
