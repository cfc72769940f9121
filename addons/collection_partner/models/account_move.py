from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from ..arguments import check_text
from ..formats.letter import compose_letter
from .collection_eligibility import FIXES
from .collection_lock import changed_fields
from .collection_states import CLOSED_STATES, WAITING_STATES

# What the agency was told and what therefore stays as it is while it has the invoice
# (Netvisor's list: accounting date, value date, payment term, due date, delivery date,
# delivery term, delivery method, currency, reference).
LOCKED_FIELDS = {
    "date",
    "invoice_date",
    "taxable_supply_date",
    "invoice_payment_term_id",
    "invoice_date_due",
    "delivery_date",
    "invoice_incoterm_id",
    "incoterm_location",
    "partner_shipping_id",
    "currency_id",
    "payment_reference",
    "name",
    "partner_id",
    "collection_external_number",
}

# Who may read the models behind the fields below.
READERS = "account.group_account_invoice,account.group_account_readonly"


class AccountMove(models.Model):
    _inherit = "account.move"

    collection_case_ids = fields.One2many(
        "collection.case",
        "move_id",
        string="Collection cases",
        groups=READERS,
    )
    collection_case_id = fields.Many2one(
        "collection.case",
        compute="_compute_collection_case_id",
        store=True,
        copy=False,
        index="btree_not_null",
        help="The case that counts: the one that is open, else the last one.",
        groups=READERS,
    )
    collection_state = fields.Selection(
        related="collection_case_id.state",
        store=True,
        index="btree_not_null",
        copy=False,
        help="State of the case that counts; empty when none was ever requested.",
    )
    collection_status = fields.Char(
        string="Collection status",
        related="collection_case_id.status_text",
        groups=READERS,
    )
    collection_transferred_at = fields.Datetime(
        string="Transferred on",
        related="collection_case_id.transferred_at",
        groups=READERS,
    )
    collection_action_required = fields.Boolean(
        string="To be decided",
        related="collection_case_id.action_required",
        search="_search_collection_action_required",
        groups=READERS,
    )
    collection_agency_id = fields.Many2one(
        related="collection_case_id.agency_id", groups=READERS
    )
    collection_debtor_number = fields.Char(
        string="Organisation number",
        related="commercial_partner_id.company_registry",
    )
    collection_debtor_flag = fields.Selection(
        related="commercial_partner_id.collection_flag"
    )
    collection_note = fields.Text(
        copy=False,
        help="For colleagues. A new note at the transfer takes the place of this one.",
    )
    collection_external_number = fields.Char(
        string="Original invoice number",
        copy=False,
        help="Number of an invoice that was made in another system; the agency's "
        "letters show it.",
    )
    collection_financed = fields.Boolean(
        string="Financed",
        copy=False,
        help="Sold or pledged to a finance company. Does not go to collection by "
        "itself.",
    )
    collection_elsewhere = fields.Boolean(
        string="Collected elsewhere",
        copy=False,
        help="Another agency collects it outside Odoo.",
    )
    collection_reminder_ids = fields.One2many(
        "collection.reminder", "move_id", groups=READERS
    )
    collection_eligible = fields.Boolean(
        string="Can go to collection",
        compute="_compute_collection_eligible",
        search="_search_collection_eligible",
        groups=READERS,
    )
    collection_blocked_reason = fields.Text(
        string="Why not",
        compute="_compute_collection_eligible",
        groups=READERS,
    )
    collection_can_transfer = fields.Boolean(
        compute="_compute_collection_can_transfer",
        help="The invoice offers the transfer: it is open, past due and in the status "
        "from which the contract lets invoices go.",
    )

    # === COMPUTE METHODS === #

    @api.depends("collection_case_ids.state")
    def _compute_collection_case_id(self):
        for move in self:
            cases = move.collection_case_ids.sorted(
                lambda c: (c.state not in CLOSED_STATES, c._origin.id or 0)
            )
            move.collection_case_id = cases[-1:]

    @api.depends("collection_state", "payment_state", "state")
    @api.depends_context("collection_mode", "lang", "uid")
    def _compute_collection_eligible(self):
        engine = self.env["collection.eligibility"]
        mode = self.env.context.get("collection_mode") or "manual"
        verdicts = engine._evaluate([("id", "in", self._origin.ids)], mode)
        texts = engine._describe(verdicts)
        for move in self:
            key = move._origin.id
            move.collection_eligible = key in verdicts and not verdicts[key]
            move.collection_blocked_reason = texts.get(key, "")

    def _search_collection_eligible(self, operator, value):
        if operator != "in":
            return NotImplemented
        if {True, False} <= set(value):
            return Domain.TRUE
        engine = self.env["collection.eligibility"]
        mode = self.env.context.get("collection_mode") or "manual"
        eligible = engine._get_eligible(
            engine._get_candidate_domain(self.env.companies), mode
        )
        return [("id", "in" if True in value else "not in", eligible.ids)]

    def _search_collection_action_required(self, operator, value):
        if operator != "in":
            return NotImplemented
        if {True, False} <= set(value):
            return Domain.TRUE
        cases = [("action_required", "=", True), ("phase", "!=", "closed")]
        wanted = "any" if True in value else "not any"
        return [("collection_case_ids", wanted, cases)]

    @api.depends(
        "state",
        "move_type",
        "payment_state",
        "invoice_date_due",
        "collection_state",
        "collection_reminder_ids",
        "company_id.collection_agency_id.send_from",
    )
    def _compute_collection_can_transfer(self):
        for move in self:
            company = (move.company_id or self.env.company).sudo()
            today = company._get_collection_today()
            is_reminded_only = company.collection_agency_id.send_from == "reminded"
            move.collection_can_transfer = (
                move.state == "posted"
                and move.move_type == "out_invoice"
                and move.payment_state in ("not_paid", "partial")
                and bool(move.invoice_date_due)
                and move.invoice_date_due < today
                and move.collection_state in (False, *CLOSED_STATES)
                and (bool(move.collection_reminder_ids) or not is_reminded_only)
            )

    # === REMOTE API === #

    def collection_eligibility(self, mode="manual"):
        """Say which invoices may go to the collection partner, and why others not.

        :param str mode: ``manual`` (a person or program sends them) or ``automatic``
            (the nightly job would)
        :return: one dict an invoice: ``{move_id, eligible, reasons: [{code, message,
            earliest_date, fix}]}``; ``earliest_date`` is the ISO date on which the
            cause falls away by itself, or False; ``fix`` says what to open
            (``partner``, ``invoice``, ``case``, ``reminder``, ``agency``,
            ``settings``), or False
        :rtype: list[dict]
        """
        check_text(self.env, "mode", mode)
        self.check_access("read")
        engine = self.env["collection.eligibility"]
        verdicts = engine._evaluate([("id", "in", self.ids)], mode)
        return [
            {
                "move_id": move.id,
                "eligible": not verdicts[move.id],
                "reasons": engine._get_reasons(verdicts[move.id]),
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
        engine = self.env["collection.eligibility"]
        verdicts, cases = {}, {}
        invoices = self.union()  # a program may name one twice
        for company, moves in invoices.grouped("company_id").items():
            agency = company.sudo().collection_agency_id
            if agency_id and agency_id != agency.id:
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
            verdicts.update(engine._evaluate([("id", "in", moves.ids)]))
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
                "reasons": engine._get_reasons(verdicts[move.id]),
            }
            for move in invoices
        ]

    def _check_collection_user(self):
        if not self.env.user.has_group(
            "collection_partner.collection_partner_group_user"
        ):
            raise AccessError(
                self.env._("Only users of debt collection can transfer invoices.")
            )
        self.check_access("read")

    # === WHAT THE AGENCY GETS === #

    def _get_collection_delivery(self):
        """Return how the customer got the invoice: ``einvoice``, ``email``, ``post``,
        ``portal`` or ``unknown`` (docs/agency_api.md, cases)."""
        self.ensure_one()
        if not self.is_move_sent:
            return "unknown"
        if "peppol_move_state" in self._fields and self.peppol_move_state in (
            "processing",
            "done",
        ):
            return "einvoice"
        method = self.partner_id.with_company(self.company_id).invoice_sending_method
        return {"snailmail": "post", "email": "email"}.get(method, "unknown")

    def _get_collection_letter(self, agency):
        """Return the description on the agency's letter: all of it, and as much as
        the letter shows. Empty when the company chose not to describe.

        :return: ``(full, shown)``
        """
        self.ensure_one()
        if not agency.letter_include_lines:
            return "", ""
        products = []
        for line in self.invoice_line_ids:
            if line.display_type == "product":
                first, _newline, rest = (line.name or "").partition("\n")
                name = line.product_id.name or first
                comment = rest if name == first else (line.name or "")
                products.append([name, comment])
            elif line.display_type == "line_note" and products:
                products[-1][1] = "\n".join(filter(None, (products[-1][1], line.name)))
        return compose_letter(
            html2plaintext(self.narration or ""),
            [(name, comment) for name, comment in products],
        )

    def _get_collection_pdf(self):
        """Return the invoice as PDF: the one that was sent, else one made now."""
        self.ensure_one()
        if self.invoice_pdf_report_id:
            return self.invoice_pdf_report_id
        content, _kind = self.env["ir.actions.report"]._render_qweb_pdf(
            "account.account_invoices", self.ids
        )
        return self.env["ir.attachment"].create(
            {
                "name": self._get_invoice_report_filename(),
                "raw": content,
                "mimetype": "application/pdf",
                "res_model": "collection.case",
                "res_id": self.collection_case_id.id,
            }
        )

    def _get_collection_attachments(self):
        """Return what people have attached to the invoice, without its own PDF."""
        self.ensure_one()
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("res_field", "=", False),
                ("id", "!=", self.invoice_pdf_report_id.id),
                ("type", "=", "binary"),
            ],
            order="id",
        )

    def _collection_decimal(self, amount):
        """Return an amount of this invoice as it is written: with its currency's
        decimals."""
        self.ensure_one()
        currency = self.currency_id
        return Decimal(f"{currency.round(amount):.{currency.decimal_places}f}")

    # === LOCKS === #

    def _get_collection_case_at_agency(self):
        """Return the case while an agency has it or is about to get it."""
        return self.sudo().collection_case_ids.filtered(
            lambda c: c.state not in CLOSED_STATES
        )

    def _compute_show_reset_to_draft_button(self):
        # EXTENDS 'account'
        result = super()._compute_show_reset_to_draft_button()
        for move in self:
            if move.collection_state and move.collection_state not in CLOSED_STATES:
                move.show_reset_to_draft_button = False
        return result

    def button_draft(self):
        # EXTENDS 'account'
        self._check_not_in_collection(
            self.env._("It cannot be reset to draft; make a credit note instead.")
        )
        return super().button_draft()

    def button_cancel(self):
        # EXTENDS 'account'
        self._check_not_in_collection(
            self.env._("It cannot be cancelled; make a credit note instead.")
        )
        return super().button_cancel()

    def write(self, vals):
        # EXTENDS 'account'
        locked = LOCKED_FIELDS & vals.keys()
        if locked and not self.env.context.get("skip_collection_lock"):
            self._check_collection_lock({name: vals[name] for name in locked})
        return super().write(vals)

    def _check_collection_lock(self, vals):
        for move in self.filtered("collection_state"):
            for field in changed_fields(move, vals):
                move._check_not_in_collection(
                    self.env._(
                        "%s cannot change while the agency has it.",
                        field._description_string(self.env),
                    )
                )

    def _check_not_in_collection(self, what):
        """Refuse a change of what the agency has, and say what to do instead."""
        for move in self:
            case = move._get_collection_case_at_agency()
            if not case:
                continue
            if case.state in WAITING_STATES:
                remedy = self.env._("Undo the transfer first.")
            else:
                remedy = self.env._("Or take the invoice back from the agency first.")
            raise UserError(
                self.env._(
                    "%(invoice)s is with the collection agency %(agency)s. %(what)s "
                    "%(remedy)s",
                    invoice=move.name,
                    agency=case.agency_id.name,
                    what=what,
                    remedy=remedy,
                )
            )

    # === ACTIONS === #

    def action_transfer_to_collection(self):
        """Open the dialog that confirms the transfer of the chosen invoices."""
        self._check_collection_user()
        if len(self.company_id) > 1:
            raise UserError(
                self.env._("Choose invoices of one company; each has its own agency.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Transfer to collection"),
            "res_model": "collection.transfer.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_ids": [(6, 0, self.ids)]},
        }

    def action_collection_fix(self):
        """Open what has to be mended before the invoice can go."""
        self.ensure_one()
        engine = self.env["collection.eligibility"]
        mode = self.env.context.get("collection_mode") or "manual"
        reasons = engine._evaluate([("id", "=", self.id)], mode).get(self.id, ())
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
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Collection of %s", self.name),
            "res_model": "collection.case",
            "res_id": self.collection_case_id.id,
            "view_mode": "form",
            "target": self.env.context.get("collection_target", "current"),
        }
