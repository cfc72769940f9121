from . import line, registry

# isort: split
from . import (
    comparison,
    day,
    fees,
    mapping,
    missing,
    month,
    network,
    reading,
    source,
)
