from odoo import api, fields, models

from odoo.addons.receivables_base.tools import READERS

from .account_move import METHOD, POST

# What brings an invoice to a consumer, by core's way of sending; post where a person
# carries it.
WAYS = {"email": "email", "snailmail": "post", "manual": "post"}
# An e-mail that goes with a letter is what the consumer reads.
ORDER = ("email", "snailmail", "manual")


class AccountMove(models.Model):
    """How each invoice reached its consumer, to be compared over time."""

    _inherit = "account.move"

    einvoice_way = fields.Selection(
        [
            ("netbank", "Netbank"),
            ("direct_payment", "Direct payment"),
            ("email", "E-mail"),
            ("post", "Post"),
            ("other", "Another way"),
        ],
        string="Reached the customer by",
        readonly=True,
        copy=False,
        groups=READERS,
        help="The way that the invoice took last. Of a direct payment the bank has a "
        "copy, and the customer the invoice itself.",
    )

    @api.model
    def _is_fact(self, field):
        # EXTENDS 'receivables_base'
        return field.name == "einvoice_way" or super()._is_fact(field)

    def _einvoice_set_way(self, way):
        """Note how customer invoices went."""
        self.sudo().filtered(
            lambda m: m.move_type == "out_invoice" and m.einvoice_way != way
        ).einvoice_way = way

    def action_einvoice_posted(self):
        # the list of what waits to be posted is empty afterwards
        waiting = self.browse(self._get_activities(self.env.ref(POST)).mapped("res_id"))
        result = super().action_einvoice_posted()
        waiting._einvoice_set_way("post")
        return result


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _hook_if_success(self, moves_data, from_cron=False):
        # EXTENDS 'account'
        result = super()._hook_if_success(moves_data, from_cron=from_cron)
        by_way = {}
        for move, data in moves_data.items():
            methods = data["sending_methods"]
            if METHOD not in methods:  # else the bank's message says so when it is sent
                first = next((each for each in ORDER if each in methods), "")
                by_way.setdefault(WAYS.get(first, "other"), []).append(move.id)
        for way, ids in by_way.items():
            moves = self.env["account.move"].browse(ids)
            if way == "post":
                asked = moves._get_activities(self.env.ref(POST))
                moves -= moves.browse(asked.mapped("res_id"))
            moves._einvoice_set_way(way)
        return result
