from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: of which the fee counts: each payment once, in the registry that listed it
_COUNTED = ("matched", "only_theirs", "differs", "refund")


class PaymentTerminalRegistry(models.Model):
    """Books what the network keeps: it pays out so much less."""

    _inherit = "payment.terminal.registry"

    fee_move_id = fields.Many2one(
        "account.move",
        string="Entry of the fees",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    has_fee_to_book = fields.Boolean("Fees to book", compute="_compute_has_fee_to_book")

    @api.depends("fee", "state", "is_test", "fee_move_id")
    def _compute_has_fee_to_book(self):
        for registry in self:
            registry.has_fee_to_book = bool(
                registry.fee
                and registry.state in ("matched", "differs")
                and not registry.is_test
                and not registry.fee_move_id
            )

    def action_book_fee(self):
        """Book the fees that could not be booked when the registry came."""
        self.ensure_one()
        self._check_may_handle()
        self.check_access("read")
        network = self.network_id
        if not network.fee_account_id:
            raise UserError(
                self.env._("Choose the account of %s for fees first.", network.name)
            )
        obstacle = network._get_booking_obstacle(self.date_until)
        if obstacle:
            raise UserError(self.env._(obstacle))
        self.sudo()._book_fee()
        return True

    def _book_fee(self):
        """Book the fees of the payments that no other registry has listed."""
        self.ensure_one()
        network = self.network_id
        if (
            not self.has_fee_to_book
            or not network.fee_account_id
            or network._get_booking_obstacle(self.date_until)
        ):
            return
        fee = self._get_new_fee()
        if not fee:
            return
        company = network.company_id
        date = network._get_accounting_date(self.date_until)
        balance = network.currency_id._convert(fee, company.currency_id, company, date)
        reference = self.env._(
            "%(network)s, fees of %(day)s", network=network.name, day=self.date_until
        )
        common = {"name": reference, "currency_id": network.currency_id.id}
        payments = self.env["payment.terminal.transaction"].with_company(company)
        self.fee_move_id = payments._post_entry(
            {
                "journal_id": network.journal_id.id,
                "date": date,
                "ref": reference,
                "currency_id": network.currency_id.id,
            },
            [
                {
                    **common,
                    "account_id": network.fee_account_id.id,
                    "amount_currency": fee,
                    "balance": balance,
                },
                {
                    **common,
                    "account_id": network.clearing_account_id.id,
                    "amount_currency": -fee,
                    "balance": -balance,
                },
            ],
        )

    def _get_new_fee(self):
        """Return the fees, less what was booked of the same payments before: what a
        registry says of them last is what the network keeps."""
        [[fee]] = self.env.execute_query(
            SQL(
                """SELECT coalesce(sum(line.fee - coalesce(before.fee, 0)), 0)
                     FROM payment_terminal_registry_line line
                LEFT JOIN LATERAL (
                          SELECT earlier.fee
                            FROM payment_terminal_registry_line earlier
                            JOIN payment_terminal_registry registry
                              ON registry.id = earlier.registry_id
                             AND registry.fee_move_id IS NOT NULL
                           WHERE earlier.transaction_id = line.transaction_id
                             AND earlier.registry_id != line.registry_id
                             AND (earlier.amount < 0) = (line.amount < 0)
                             AND earlier.status IN %(counted)s
                        ORDER BY earlier.registry_id DESC LIMIT 1) before ON TRUE
                    WHERE line.registry_id = %(registry)s
                      AND line.status IN %(counted)s""",
                registry=self.id,
                counted=_COUNTED,
            )
        )
        return self.currency_id.round(float(fee))
