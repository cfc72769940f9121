from . import account_journal, account_move, layout, layout_checks, part
