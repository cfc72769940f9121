from . import contents, line, lock, matching, move, portal, reminder, transfer
