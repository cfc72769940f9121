"""Odoo's command line as a program with a path of its own.

A server that reloads starts itself anew as `python <this path> ...`, which is not
possible for one that was started with `python -m odoo`.
"""

import gc
import sys

from odoo.cli import main  # type: ignore[import-not-found]

if __name__ == "__main__":
    # A password here is its user's name; 600,000 rounds of hashing protect nothing and
    # are a tenth of what a test run works.
    from odoo.addons.base.models import res_users  # type: ignore[import-not-found]

    res_users.MIN_ROUNDS = 1_000
    # Looking for garbage among what never is any was another tenth.
    gc.set_threshold(100_000, 50, 1_000)
    for option in sys.argv:
        if option.startswith("--test-tags="):
            import quick_tests  # type: ignore[import-not-found]

            quick_tests.prepare(option)
    main()
