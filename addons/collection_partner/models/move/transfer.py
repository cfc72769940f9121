from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.receivables_base.tools import READERS

from ...arguments import check_text
from ..eligibility import Eligibility
from ..eligibility.judge import FIXES


class AccountMove(models.Model):
    """The ways by which invoices go to the agency: remote calls, and the dialog."""

    _inherit = "account.move"

    def collection_eligibility(self, mode="manual"):
        """Say which invoices may go to the collection partner, and why others not.

        :param str mode: ``manual`` (a person or program sends them) or ``automatic``
            (the nightly job would)
        :return: one dict an invoice: ``{move_id, eligible, reasons: [{code, message,
            earliest_date, fix}], warnings}``; ``earliest_date`` is the ISO date on
            which the cause falls away by itself, or False; ``fix`` says what to open
            (``partner``, ``invoice``, ``case``, ``reminder``, ``agency``,
            ``settings``), or False; ``warnings``, of the same shape, keep an invoice
            from going by itself, not from being handed over
        :rtype: list[dict]
        """
        check_text(self.env, "mode", mode)
        self._check_collection_reader()
        self.check_access("read")
        engine = Eligibility(self.env)
        verdicts = engine.evaluate([("id", "in", self.ids)], mode)
        warnings = engine.get_warnings([("id", "in", self.ids)])
        return [
            {
                "move_id": move.id,
                "eligible": not verdicts[move.id],
                "reasons": engine.get_reasons(verdicts[move.id]),
                "warnings": engine.get_reasons(warnings[move.id]),
            }
            for move in self
        ]

    def transfer_to_collection(self, agency_id=False, note=""):
        """Hand invoices to the collection partner.

        What may go is held for the time to undo and then sent once; what may not is
        left as it was and the answer says why.

        :param agency_id: id of the agency that the caller expects, or False: the
            company's collection partner; another one is refused
        :param str note: for colleagues; takes the place of the invoices' note
        :return: one dict an invoice: ``{move_id, case_id, reasons}``; ``case_id`` is
            False where ``reasons`` (as in :meth:`collection_eligibility`) has any
        :rtype: list[dict]
        """
        self._check_collection_user()
        check_text(self.env, "note", note or "")
        engine = Eligibility(self.env)
        verdicts, cases = {}, {}
        invoices = self.union()  # a program may name one twice
        for company, moves in invoices.grouped("company_id").items():
            agency = company.sudo().collection_agency_id
            if agency_id and (agency_id is True or agency_id != agency.id):
                raise UserError(
                    self.env._(
                        "New cases of %(company)s go to %(agency)s.",
                        company=company.name,
                        agency=agency.name or self.env._("no agency"),
                    )
                )
            free = moves.sudo().try_lock_for_update()
            if busy := moves - free:
                raise UserError(
                    self.env._(
                        "Somebody else is working on %s. Try again in a moment.",
                        ", ".join(busy.mapped("name")),
                    )
                )
            verdicts.update(engine.evaluate([("id", "in", moves.ids)]))
            eligible = moves.filtered(lambda m: not verdicts[m.id])
            if eligible:
                made = self.env["collection.case"]._request(
                    eligible, agency, (note or "").strip()
                )
                cases.update(zip(eligible.ids, made.ids, strict=True))
        return [
            {
                "move_id": move.id,
                "case_id": cases.get(move.id, False),
                "reasons": engine.get_reasons(verdicts[move.id]),
            }
            for move in invoices
        ]

    @api.model
    def _check_collection_reader(self):
        if not any(map(self.env.user.has_group, READERS.split(","))):
            raise AccessError(
                self.env._("Only people of the accounting can ask about collection.")
            )

    def _check_collection_user(self):
        if not self.env.user.has_group(
            "collection_partner.collection_partner_group_user"
        ):
            raise AccessError(
                self.env._("Only users of debt collection can transfer invoices.")
            )
        self.check_access("read")

    def action_transfer_to_collection(self):
        """Open the dialog that confirms the transfer of the chosen invoices."""
        self._check_collection_user()
        if len(self.company_id) > 1:
            raise UserError(
                self.env._("Choose invoices of one company; each has its own agency.")
            )
        return self.env["collection.transfer.wizard"]._get_records_action(
            name=self.env._("Transfer to collection"),
            target="new",
            context={"default_move_ids": [Command.set(self.ids)]},
        )

    def action_collection_match(self):
        """Match what the customer has given already with the invoices, oldest first."""
        self._check_collection_user()
        for move in self:
            credit_lines = move._get_collection_credit_lines()
            if not credit_lines:
                raise UserError(
                    self.env._(
                        "What the customer of %s gave cannot be matched from here: it "
                        "is in another currency, or on a bank statement that is still "
                        "to be processed. Match it there.",
                        move.name,
                    )
                )
            (move._get_collection_lines() + credit_lines).reconcile()
        return True

    def _get_collection_lines(self):
        return self.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )

    def _get_collection_credit_lines(self):
        """Return open credits of the customer that can settle the invoice as they
        are."""
        self.ensure_one()
        return self.env["account.move.line"].search(
            [
                ("account_id", "in", self._get_collection_lines().account_id.ids),
                ("company_id", "=", self.company_id.id),
                ("currency_id", "=", self.currency_id.id),
                ("partner_id", "child_of", self.commercial_partner_id.id),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", "<", 0),
            ],
            order="date, id",
        )

    def action_collection_fix(self):
        """Open what has to be fixed before the invoice can go."""
        self.ensure_one()
        engine = Eligibility(self.env)
        mode = self.env.context.get("collection_mode") or "manual"
        reasons = engine.evaluate([("id", "=", self.id)], mode).get(self.id, ())
        fix = next((FIXES[r.code] for r in reasons if r.code in FIXES), "")
        agency = self.company_id.sudo().collection_agency_id.sudo(False)
        record = {
            "partner": self.partner_id,
            "case": self.collection_case_id,
            "agency": agency,
        }.get(fix, self)
        if fix == "settings":
            return self.env["ir.actions.act_window"]._for_xml_id(
                "account.action_account_config"
            )
        return record._get_records_action(name=record.display_name)

    def action_view_collection_case(self):
        """Open the case that counts, in a window above the list."""
        self.ensure_one()
        return self.collection_case_id._get_records_action(
            name=self.env._("Collection of %s", self.name),
            target=self.env.context.get("collection_target", "current"),
        )
