from odoo import api, models
from odoo.exceptions import AccessError

from odoo.addons.receivables_base.tools import (
    Day,
    Rows,
    Text,
    Whole,
    Word,
    remote_call,
    split_usable,
)

from .existing_rows import ExistingRows


class EinvoiceAgreement(models.Model):
    """Agreements that consumers made before Odoo knew of them."""

    _inherit = "einvoice.agreement"

    @api.model
    @remote_call(
        ids="none",
        channel_id=Whole(),
        rows=Rows(
            "address",
            "intermediator",
            partner_id=Whole(),
            customer_number=Text(filled=True),
            address=Text(filled=True),
            intermediator=Text(filled=True),
            service=Word("einvoice", "direct_payment"),
            since=Day(),
            name=Text(),
        ),
    )
    def import_existing(self, channel_id, rows):
        """Bring in agreements of an earlier system; nothing is sent to anybody.

        Each becomes active at once: its customer's next invoices go to the netbank.
        The same rows again change nothing, and what has ended here meanwhile stays so.
        A row that cannot be done says why and does not hold up the others.

        :param int channel_id: the channel on which the consumers ordered
        :param list rows: dicts ``{partner_id or customer_number, address,
            intermediator, service, since, name}``: ``customer_number`` is the
            customer's reference (``res.partner.ref``), ``address`` the consumer's
            routing address, ``intermediator`` the code of the consumer's bank,
            ``service`` ``einvoice`` (if left out) or ``direct_payment``, ``since`` the
            ISO date of the order (today if left out), ``name`` the consumer's name at
            the bank
        :return: one dict a row: ``{row, agreement_id, state, reasons}``; ``row`` is its
            place from 0; reasons of level ``danger`` stopped the row
        :rtype: list[dict]
        """
        self._check_may_import()
        channel, unknown = split_usable(self.env["einvoice.channel"].browse(channel_id))
        if unknown:
            raise AccessError(
                self.env._("channel_id %s is no channel of yours.", channel_id)
            )
        return [
            {
                "row": place,
                "agreement_id": row.agreement.id,
                "state": row.agreement.state,
                "reasons": row.reasons,
            }
            for place, row in enumerate(self._import_rows(channel, rows))
        ]

    @api.model
    def _check_may_import(self):
        if not self.env.user.has_group(
            "einvoice_consumer.einvoice_consumer_group_manager"
        ):
            raise AccessError(
                self.env._(
                    "Only managers of consumer e-invoices can bring in agreements."
                )
            )

    @api.model
    def _import_rows(self, channel, rows):
        """Bring in what can be.

        :param list rows: ``(values, fault)``, see :class:`Rows`
        :return: list of :class:`ExistingRow`, one a row
        """
        found = ExistingRows(channel).judge(rows)
        new = [row for row in dict.fromkeys(found) if row.values]
        made = self.sudo().create([row.values for row in new])
        for row, agreement in zip(new, made, strict=True):
            row.agreement = agreement.sudo(False)
        made._put_in_force({row.agreement.sudo(): row.partner.sudo() for row in new})
        made._message_log_batch(
            dict.fromkeys(made.ids, self.env._("Brought in from an earlier system."))
        )
        return found
