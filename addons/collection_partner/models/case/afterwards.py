from odoo import models
from odoo.tools import LazyTranslate

from .money import CHECK

_lt = LazyTranslate(__name__)

COLLECTED = ("paid", "partially_paid")


class CollectionCase(models.Model):
    """What is given back here of what an agency has collected and closed: it takes no
    report of that any more, so a person writes to it."""

    _inherit = "collection.case"

    def _filter_collected(self):
        """Return cases that their agency has closed because the debtor paid it."""
        return self.filtered(lambda c: c.state == "closed" and c.outcome in COLLECTED)

    def _tell_credited(self, notes):
        """Credit notes were made for what was collected."""
        for case in self._filter_collected():
            for note in notes:
                case._tell(
                    _lt(
                        "Credit note %(number)s of %(amount)s was made for "
                        "%(invoice)s, which %(agency)s has collected and closed. The "
                        "agency is told nothing by itself: write to it, since "
                        "interest and fees may have to be given back to the customer.",
                        number=note.name,
                        amount=case._format(note.amount_total),
                        invoice=case.move_id.name,
                        agency=case.agency_id.name,
                    ),
                    CHECK,
                    renew=True,
                )

    def _tell_refunded(self, payment, amount):
        """What the agency has paid out was paid back to the customer."""
        for case in self._filter_collected():
            case._tell(
                _lt(
                    "%(number)s pays back %(amount)s of what %(agency)s has collected "
                    "on %(invoice)s. The agency is told nothing by itself: write to "
                    "it.",
                    number=payment.name,
                    amount=case._format(amount),
                    agency=case.agency_id.name,
                    invoice=case.move_id.name,
                ),
                CHECK,
                renew=True,
            )
