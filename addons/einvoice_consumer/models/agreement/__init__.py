from . import agreement, allocation, candidate, existing, orders
