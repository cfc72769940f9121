from datetime import datetime, timedelta

from odoo.tests import tagged

from .common import NOW, TODAY
from .service_common import ServiceCommon

# Moscow is two hours behind Almaty: at noon there it is ten o'clock.
MOSCOW = timedelta(hours=3)


@tagged("post_install", "-at_install")
class RegistryCommon(ServiceCommon):
    """A network whose payments of a day are listed in a registry, as QIWI writes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registries = cls.env["payment.terminal.registry"]

    def listed(self, payment, **changes):
        """A payment as the network lists it."""
        values = {
            "txn_id": payment.txn_id,
            "at": payment.paid_at,
            "account": payment.account_number,
            "amount": f"{payment.amount:.2f}",
            **changes,
        }
        return self.line(**values)

    def line(self, txn_id, amount, account=None, at=NOW):
        moment = at + MOSCOW
        return (
            f"{txn_id}\t{moment:%d.%m.%Y}\t{moment:%H:%M:%S}\t"
            f"{self.number if account is None else account}\t{amount}"
        )

    def write(self, *lines, total=None):
        """The bytes of a registry whose last line agrees."""
        amounts = [float(line.rpartition("\t")[2]) for line in lines]
        total = total or f"{sum(amounts):.2f}"
        last = f"Total:\t{len(lines)}\t{total}"
        return "\r\n".join([*lines, last, ""]).encode()

    def take(self, data, network=None, name="QIWI_1_202611201.csv"):
        network = (network or self.network).with_user(self.accountant)
        registry = network._import_registry(name, data)
        self.env.invalidate_all()
        return registry.sudo()

    def statuses(self, registry):
        """What became of each payment, by the network's identifier."""
        return {line.txn_id: line.status for line in registry.line_ids}

    def assertCounts(self, registry, state, **expected):
        names = ("matched", "only_ours", "only_theirs", "differing", "duplicates")
        names += ("known", "open_count")
        self.assertEqual(registry.state, state)
        self.assertEqual(
            {name: registry[name] for name in names if registry[name]}, expected
        )

    def day(self, day=TODAY, network=None):
        self.env["payment.terminal.day"].invalidate_model()
        return self.env["payment.terminal.day"].search(
            [("network_id", "=", (network or self.network).id), ("day", "=", day)]
        )

    def at(self, hour, minute=0, day=TODAY):
        """A moment of UTC."""
        return datetime(day.year, day.month, day.day, hour, minute)
