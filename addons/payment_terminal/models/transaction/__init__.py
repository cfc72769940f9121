# The model itself comes before the files that extend it.
from . import transaction

# isort: split
from . import assignment, booking, credit, jobs, matching, reversal, told
