from . import settlement

# isort: split
from . import line

# isort: split
from . import bank, booking, entry, intake
