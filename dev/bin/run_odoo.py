"""Odoo's command line as a program with a path of its own.

A server that reloads starts itself anew as `python <this path> ...`, which is not
possible for one that was started with `python -m odoo`.
"""

from odoo.cli import main  # type: ignore[import-not-found]

if __name__ == "__main__":
    main()
