from . import agreement, allocation, candidate, changes, existing, orders
