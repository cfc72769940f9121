# The model itself comes before the files that extend it.
from . import run

# isort: split
from . import steps
