from . import eligibility

# isort: split
from . import sentences
