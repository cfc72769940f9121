from . import contents, line, lock, move, reminder, transfer
