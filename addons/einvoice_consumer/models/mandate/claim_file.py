import logging
from datetime import datetime, timezone

from odoo import api, models
from odoo.tools import LazyTranslate, format_date, formatLang

from odoo.addons.receivables_base.tools import contained

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)


class EinvoiceChannel(models.Model):
    """Files to the banks: what waits is claimed or cancelled by the next one."""

    _inherit = "einvoice.channel"

    @api.model
    def _cron_claims(self):
        """Write a file for each channel that has something for it."""
        channels = self.sudo().search([("environment", "!=", "disabled")])
        for channel in channels.filtered("has_mandates"):
            for work in (channel._write_claims, channel._look_for_unpaid):
                tell, said = channel._tell_fault, "%s: AvtaleGiro"
                with contained(_logger, self.env.cr, said, channel, tell=tell):
                    work()
            self.env["ir.cron"]._commit_progress(1)

    def _get_claims(self, state):
        return self.env["einvoice.avtalegiro.claim"].search(
            [
                ("channel_id", "=", self.id),
                ("environment", "=", self.environment),
                ("state", "=", state),
            ],
            order="id",
        )

    def _write_claims(self):
        """Put what waits in a file for the outbox.

        :return: the document, or none where nothing waits
        """
        self.ensure_one()
        self.lock_for_update()
        rail = self._get_rail()
        earliest, _latest = rail.get_claim_deadlines(datetime.now(timezone.utc))
        waiting = self._get_claims("waiting")
        late = waiting.filtered(lambda c: c.due_date < earliest)
        for claim in late:
            claim._set_unpaid(
                _lt(
                    "%(invoice)s falls due on %(due)s, too soon for the bank to be "
                    "asked: ask the customer to pay.",
                    invoice=claim.move_id.name,
                    due=format_date(self.env, claim.due_date),
                )
            )
        claims, cancellations = waiting - late, self._get_claims("to_cancel")
        for claim in cancellations.filtered(lambda c: not c._is_in_time_to_cancel()):
            cancellations -= claim
            claim._set_state("claimed", reason_stored=False)
            claim._warn_of_payment()
        if not claims and not cancellations:
            return self.env["einvoice.document"]
        number = self.avtalegiro_number + 1
        item = rail.render_claims(self, number, claims, cancellations)
        self.avtalegiro_number = number
        document = self.env["einvoice.document"]._create_claims(self, item)
        claims._set_state("claimed", document_id=document.id)
        cancellations._set_state("cancelled", cancel_document_id=document.id)
        return document

    def _look_for_unpaid(self):
        """Tell of claims that the bank should have paid by now."""
        self.ensure_one()
        rail, today = self._get_rail(), self._get_today()
        for claim in self._get_claims("claimed"):
            if rail.get_day_of_knowledge(claim.due_date) >= today:
                continue
            if claim.due_date not in dict(claim.move_id._avtalegiro_get_demands()):
                claim._set_state("paid")
            else:
                claim._set_unpaid(
                    _lt(
                        "The bank was to pay %(amount)s of %(invoice)s on %(due)s, and "
                        "no money has come: ask the customer to pay.",
                        amount=formatLang(
                            self.env, claim.amount, currency_obj=claim.currency_id
                        ),
                        invoice=claim.move_id.name,
                        due=format_date(self.env, claim.due_date),
                    )
                )


class EinvoiceAvtalegiroClaim(models.Model):
    _inherit = "einvoice.avtalegiro.claim"

    def _set_returned(self):
        """The bank has not got the file, or did not take it: the next one says the
        same."""
        self.filtered(lambda c: c.state == "claimed")._set_state(
            "waiting", document_id=False
        )

    def _set_still_claimed(self):
        """The bank has not got the cancellation: the next file asks again."""
        self.filtered(lambda c: c.state == "cancelled")._set_state(
            "to_cancel", cancel_document_id=False
        )
