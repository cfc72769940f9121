from . import agreement, allocation, candidate, orders
