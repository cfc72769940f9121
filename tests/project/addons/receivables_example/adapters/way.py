from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.adapters import Line, Way

_lt = LazyTranslate(__name__)


class Drawer(Line):
    """Files in the memory of this server, by connection."""

    drawers = {}

    def __init__(self, number):
        super().__init__()
        self.files = self.drawers.setdefault(number, {})

    def send(self, name, content):
        self.files[name] = content

    def request(self, method, path, **options):
        self.files[path] = options.get("data", b"")
        return len(self.files)


class InADrawer(Way):
    name = "example_drawer"
    label = _lt("In a drawer")
    carries_files = True

    def get_missing(self, connection):
        return []

    def open(self, connection):
        return Drawer(connection.id)
