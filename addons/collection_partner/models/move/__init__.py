from . import (
    contents,
    law,
    line,
    lock,
    matching,
    move,
    portal,
    reminder,
    routing,
    transfer,
)
