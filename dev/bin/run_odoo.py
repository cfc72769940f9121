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
    if any(option.startswith("--test-tags") for option in sys.argv):
        # Before tests that open pages Odoo compiles all that any page might load, its
        # own unit tests among it, for half a minute. What ours load is in the templates
        # (dev/odoo_scripts/assets.py), the rest is compiled when it is asked for.
        from odoo.tests.suite import OdooSuite  # type: ignore[import-not-found]

        OdooSuite.has_http_case = lambda _suite: False
    main()
