from . import debt_list, line, sending
