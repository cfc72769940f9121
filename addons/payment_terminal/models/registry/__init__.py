from . import (
    comparison,
    day,
    fees,
    line,
    mapping,
    month,
    network,
    reading,
    registry,
    source,
)
