from . import agreement, allocation, candidate, changes, existing, matching, orders
