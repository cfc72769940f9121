from odoo import Command, api, models
from odoo.exceptions import AccessError, LockError, UserError

from odoo.addons.receivables_base.tools import (
    READERS,
    Text,
    Whole,
    Word,
    remote_call,
    split_usable,
)

from ..eligibility import MODES, Eligibility
from ..eligibility.judge import FIXES, Reason
from ..eligibility.routing import Choice
from ..states import CLOSED_STATES


class AccountMove(models.Model):
    """The ways by which invoices go to the agency: remote calls, and the dialog."""

    _inherit = "account.move"

    @remote_call(mode=Word(*MODES))
    def collection_eligibility(self, mode="manual"):
        """Say which invoices may go to the collection partner, and why others not.

        :param str mode: ``manual`` (a person or program sends them) or ``automatic``
            (the nightly job would)
        :return: one dict an invoice: ``{move_id, eligible, agency_id, agency_reason,
            reasons: [{code, message, level, fix, earliest_date}], warnings}``;
            ``agency_id`` is the agency that the company's rules choose for it, or
            False, and ``agency_reason`` why; ``earliest_date`` is the ISO date
            on which the cause falls away by itself, or False; ``fix`` says what to open
            (``partner``, ``invoice``, ``case``, ``reminder``, ``agency``,
            ``settings``), or False; ``warnings``, of the same shape, keep an invoice
            from going by itself, not from being handed over
        :rtype: list[dict]
        """
        self._check_collection_reader()
        moves, unknown = split_usable(self)
        engine = Eligibility(self.env)
        domain = [("id", "in", moves.ids)]
        verdicts, choices = {}, {}
        for facts, reasons in engine.judge_all(domain, mode):
            verdicts[facts.id] = reasons
            choices[facts.id] = engine.choose(facts)
        nowhere = Choice(self.env["collection.agency"], self.env["collection.route"])
        warnings = engine.get_warnings(domain)
        return [
            {
                "move_id": number,
                "eligible": number in verdicts and not verdicts[number],
                "agency_id": choices.get(number, nowhere).agency.id,
                "agency_reason": engine.say_why(choices.get(number, nowhere)),
                "reasons": engine.get_reasons(verdicts[number])
                if number in verdicts
                else [unknown[number]],
                "warnings": engine.get_reasons(warnings.get(number, ()), "warning"),
            }
            for number in self.ids
        ]

    @remote_call(agency_id=Whole(), note=Text())
    def transfer_to_collection(self, agency_id=False, note=""):
        """Hand each invoice to the agency that the company's rules choose for it.

        What may go is held for the time to undo, and before it for a second person
        where the agreement wants one, and then sent once; what may not is left as it
        was and the answer says why. What is at such an agency already is
        answered with the case it has there, so a repeated call gets the same answer.

        :param agency_id: id of the agency that the caller expects, or False; one that
            gets no new cases is refused, and an invoice that goes to another says so
        :param str note: for colleagues; takes the place of the invoices' note
        :return: one dict an invoice: ``{move_id, case_id, reasons}``; ``case_id`` is
            False where ``reasons`` (as in :meth:`collection_eligibility`) has any
        :rtype: list[dict]
        """
        self._check_collection_user()
        invoices, unknown = split_usable(self)
        invoices._check_collection_agency(agency_id)
        busy = invoices - invoices.sudo().try_lock_for_update()
        if busy:
            raise LockError(
                self.env._(
                    "Somebody else is working on %s. Try again in a moment.",
                    ", ".join(busy.mapped("name")),
                )
            )
        engine = Eligibility(self.env)
        verdicts, agencies = {}, {}
        for facts, why_not in engine.judge_all([("id", "in", invoices.ids)]):
            agency = engine.choose(facts).agency
            if agency_id and agency and agency.id != agency_id:
                why_not += (Reason("routed_elsewhere", detail=agency.name),)
            verdicts[facts.id], agencies[facts.id] = why_not, agency
        eligible = invoices.filtered(lambda move: not verdicts[move.id])
        for agency, moves in eligible.grouped(lambda m: agencies[m.id]).items():
            self.env["collection.case"]._request(moves, agency, note.strip())
        cases, reasons = {}, {number: [each] for number, each in unknown.items()}
        for move in invoices:
            case = move.collection_case_id
            is_expected = not agency_id or case.agency_id.id == agency_id
            is_open = case and case.state not in CLOSED_STATES
            if is_open and is_expected and case.agency_id.is_partner:
                cases[move.id] = case.id
            else:
                reasons[move.id] = engine.get_reasons(verdicts[move.id])
        return [
            {
                "move_id": number,
                "case_id": cases.get(number, False),
                "reasons": reasons.get(number, []),
            }
            for number in dict.fromkeys(self.ids)  # a program may name one twice
        ]

    def _check_collection_agency(self, agency_id):
        """Refuse to send invoices to another agency than the caller expects."""
        for company in self.company_id:
            agencies = company.sudo()._get_collection_agencies()
            if agency_id and agency_id not in agencies.ids:
                raise UserError(
                    self.env._(
                        "agency_id names another agency: new cases of %(company)s "
                        "go to %(agency)s.",
                        company=company.name,
                        agency=", ".join(agencies.mapped("name"))
                        or self.env._("no agency"),
                    )
                )

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

    def action_transfer_to_collection(self):
        """Open the dialog that confirms the transfer of the chosen invoices."""
        self._check_collection_user()
        self.check_access("read")
        if len(self.company_id) > 1:
            raise UserError(
                self.env._("Choose invoices of one company; each has its own agency.")
            )
        # Of a record that is there the client reads a page of each list; of a new one
        # it would be sent every line of every list.
        dialog = self.env["collection.transfer.wizard"].create(
            {"move_ids": [Command.set(self.ids)]}
        )
        return dialog._get_records_action(
            name=self.env._("Transfer to collection"), target="new"
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
        agency = self.collection_next_agency_id.sudo(False)
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
