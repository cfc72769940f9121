from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.receivables_base.tools import READERS, Text, Whole, remote_call

PAID = "account.move.paid"
# What may be asked for at once.
MOST = 1000


class AccountMove(models.Model):
    """Which invoices were paid, for programs that ask."""

    _inherit = "account.move"

    def _write_multi(self, vals_list):
        # EXTENDS 'base': what is written here is what really becomes so
        after = {
            move: vals["payment_state"]
            for move, vals in zip(self, vals_list, strict=True)
            if "payment_state" in vals
        }
        before = {}
        if after:
            before = dict(
                self.env.execute_query(
                    SQL(
                        "SELECT id, payment_state FROM account_move WHERE id = ANY(%s)",
                        [move.id for move in after],
                    )
                )
            )
        result = super()._write_multi(vals_list)
        changed = {}
        for move, state in after.items():
            if before.get(move.id) not in (None, state) and move.is_sale_document():
                changed.setdefault(move.company_id.id, []).append(move.id)
        if changed:
            self.env["receivables.change"].sudo()._note(PAID, changed)
        return result

    @api.model
    @remote_call(ids="none", company_id=Whole(), since=Text(), limit=Whole())
    def fetch_paid(self, company_id, since="", limit=100):
        """Tell which customer invoices and credit notes have changed their payment
        state, page by page.

        Nothing is passed over and nothing comes twice, whatever is written meanwhile;
        an invoice that changes again comes again. What changed before the addon was
        installed, or more than 90 days ago, is not told.

        :param int company_id: whose invoices
        :param str since: ``next`` of the answer before; empty for the first
        :param int limit: so many changes at most, up to 1000
        :return: ``{changes, next, more}``; ``changes`` is a list of ``{move_id, name,
            payment_state, amount_residual, at}``: as the invoice is now, and when it
            changed, in UTC. ``more`` tells that another page is there
        :rtype: dict
        """
        company = self.env["res.company"].browse(company_id)
        if company not in self.env.companies:
            raise AccessError(
                self.env._("company_id %s is no company of yours.", company_id)
            )
        if not self.env.user.has_groups(READERS):
            raise AccessError(self.env._("Invoices of all customers are not for you."))
        if limit > MOST:
            raise UserError(self.env._("The limit may be %s at most.", MOST))
        log = self.env["receivables.change"].sudo()
        rows, last, more = log._read(PAID, company, since, limit)
        moves = self.browse([move_id for move_id, _at in rows]).exists()
        readable = set(moves._filtered_access("read")._ids)
        return {
            "changes": [
                {
                    "move_id": move.id,
                    "name": move.name or "",
                    "payment_state": move.payment_state,
                    "amount_residual": move.amount_residual,
                    "at": fields.Datetime.to_string(at),
                }
                for move, at in ((self.browse(row[0]), row[1]) for row in rows)
                if move.id in readable
            ],
            "next": last,
            "more": more,
        }
