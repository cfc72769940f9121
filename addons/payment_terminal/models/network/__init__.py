# The model itself comes before the files that extend it.
from . import network

# isort: split
from . import actions, arrival, booking, figures, live, snapshot, watch
