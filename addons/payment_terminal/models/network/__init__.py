# The model itself comes before the files that extend it.
from . import network

# isort: split
from . import access, booking, figures, live, readiness, snapshot, watch
