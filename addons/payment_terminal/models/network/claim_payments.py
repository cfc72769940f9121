import hashlib
from collections import Counter
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.receivables_base.exceptions import ExchangeError

from ...formats import claim_payments_is

NOT_FETCHED = "payment_terminal.mail_activity_type_claims_not_fetched"
JOB = "payment_terminal.ir_cron_payment_terminal_claims"
PAUSE = timedelta(minutes=10)
# The bank books some payments later, under an earlier day.
OVERLAP = timedelta(days=7)
# No bank has so many pages of a week.
MOST_PAGES = 10_000


class PaymentTerminalNetwork(models.Model):
    """The bank that collects the claims says over the same line which were paid."""

    _inherit = "payment.terminal.network"

    claim_journal_id = fields.Many2one(
        "account.journal",
        string="Paid claims come to",
        check_company=True,
        domain="[('type', '=', 'bank'), ('company_id', '=', company_id)]",
        copy=False,
        tracking=True,
        help="The bank's journal on which the payments of claims are booked. They are "
        "fetched over the connection by which the claims are sent. Empty: they come as "
        "files.",
    )
    claim_since = fields.Date(
        string="Paid since",
        copy=False,
        tracking=True,
        help="What was paid before is not fetched. Empty: from the day on which the "
        "journal was chosen.",
    )
    claim_fetch_ids = fields.One2many(
        "payment.terminal.claim.fetch", "network_id", string="Fetching of paid claims"
    )
    claim_fetched_on = fields.Date(
        string="Payments fetched up to",
        compute="_compute_claim_fetch",
        compute_sudo=True,
    )
    claim_trouble = fields.Text(
        string="Why payments are not fetched",
        compute="_compute_claim_fetch",
        compute_sudo=True,
    )

    @api.depends("claim_fetch_ids.fetched_until", "claim_fetch_ids.reason")
    @api.depends_context("lang")
    def _compute_claim_fetch(self):
        for network in self:
            fetch = network.claim_fetch_ids
            network.claim_fetched_on = fetch.fetched_until
            network.claim_trouble = fetch.summary

    @api.model_create_multi
    def create(self, vals_list):
        networks = super().create(vals_list)
        networks._prepare_claim_fetch()
        return networks

    def write(self, vals):
        result = super().write(vals)
        if {"claim_journal_id", "claim_since", "debt_connection_id"} & vals.keys():
            self._prepare_claim_fetch()
        return result

    def _prepare_claim_fetch(self):
        """Have payments asked for at once, with what was entered now; what was wrong
        before no longer counts."""
        networks = self.sudo()
        networks.claim_fetch_ids.reason = False
        networks._settle(NOT_FETCHED)
        for network in networks.filtered("claim_journal_id"):
            if not network.claim_since:
                network.claim_since = fields.Date.today()
            fetch = network.claim_fetch_ids or network.claim_fetch_ids.create(
                {"network_id": network.id}
            )
            fetch.write({"next_attempt": False, "fetched_until": False})
            fetch._wake(JOB)

    @api.constrains("claim_journal_id", "debt_connection_id", "debt_format")
    def _check_claim_journal(self):
        for network in self.filtered("claim_journal_id"):
            line = network.sudo().debt_connection_id
            if network.debt_format != "claims_is" or not line or line.carries_files:
                raise ValidationError(
                    self.env._(
                        "Payments of claims are fetched over HTTPS, from the bank that "
                        "gets the claims: choose its connection first."
                    )
                )


class PaymentTerminalClaimFetch(models.Model):
    """Asks the bank which claims were paid; one row a network.

    Days are asked for again for a week. What came before is recognised by claim and
    moment, and a page with nothing else leaves no file.
    """

    _name = "payment.terminal.claim.fetch"
    _inherit = ["receivables.queue", "receivables.facts"]
    _description = "Fetching of paid claims"
    _rec_name = "network_id"
    _MAX_ATTEMPTS = None  # it is money: never given up
    _CONNECTION = "network_id.debt_connection_id"

    network_id = fields.Many2one(
        "payment.terminal.network",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="network_id.company_id", store=True, index=True
    )
    fetched_until = fields.Date("Fetched up to", readonly=True, copy=False)

    _network_unique = models.UniqueIndex(
        "(network_id)", "The payments of this network are fetched already."
    )

    @api.model
    def _cron_fetch(self):
        """Ask every bank that is asked."""
        self.sudo()._call_through("_find_to_fetch", "_fetch")

    @api.model
    def _find_to_fetch(self):
        return self._get_due_domain() & Domain(
            [
                ("network_id.active", "=", True),
                ("network_id.environment", "!=", "disabled"),
                ("network_id.claim_journal_id", "!=", False),
                ("network_id.debt_connection_id.environment", "!=", "disabled"),
                ("network_id.debt_connection_id.carries_files", "=", False),
            ]
        )

    def _fetch(self):
        """Ask page by page: stages of a call, see ``receivables.queue``."""
        line = self.network_id.debt_connection_id._open()
        until = fields.Date.today()  # Iceland's clock is UTC
        since = self._get_since(until)
        before = b""
        for page in range(1, MOST_PAGES):
            question = self._get_claims().get_payment_question(
                self.network_id, since, until, page
            )
            answer = yield partial(line.request, **question)
            rows, is_last = self._get_claims().hear_payments(answer, page)
            # a bank that knows no pages gives the same one for ever
            if not rows or answer.body == before:
                break
            self._take_in(rows, until, page)
            if is_last:
                break
            before = answer.body
        if self._get_since(until) != since:
            return  # other days were entered meanwhile: they are asked for at once
        self.network_id._settle(NOT_FETCHED)
        self.write(
            {
                "attempts": 0,
                "reason": False,
                "fetched_until": until,
                "next_attempt": fields.Datetime.now() + PAUSE,
            }
        )

    def _get_claims(self):
        return self.network_id._get_debt_format("claims_is")

    def _get_since(self, until):
        """Return the first day that is asked for."""
        since = self.network_id.claim_since
        if self.fetched_until:
            since = max(since, self.fetched_until - OVERLAP)
        return min(since, until)

    def _take_in(self, rows, until, page):
        """Keep what is new on a page, as a payment file of its own; what is refused
        stands in another. What is on another journal of the company already, chosen
        before, stays there.

        :param list rows: see ``formats.claim_payments_is.read_page``
        """
        known = self.env["payment.terminal.file.line"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("bank_id", "in", [row.bank_id for row in rows]),
                ("state", "!=", "known"),
            ]
        )
        here = Counter(known.mapped("bank_id"))
        told = Counter(row.bank_id for row in rows)
        new = [row for row in rows if told[row.bank_id] > here[row.bank_id]]
        for group in claim_payments_is.sort_out(new):
            self._import(claim_payments_is.join(group), until, page)

    def _import(self, data, until, page):
        user = self.network_id.user_id or self.env.user
        files = self.env["payment.terminal.file"].with_user(user)
        digest = hashlib.sha256(data).hexdigest()
        # a refused one tells people itself, and is not read anew every time
        if not files.sudo()._find_same(self.company_id, digest):
            name = f"claims_{until:%Y%m%d}_{page:03d}.json"
            files._import(name, data, journal=self.network_id.claim_journal_id)

    def _on_parked(self, sentence):
        # EXTENDS 'receivables_base': a line that is down tells people itself
        result = super()._on_parked(sentence)
        down = self.filtered("network_id.debt_connection_id.failures")
        (self - down).network_id._remind(NOT_FETCHED, sentence, renew=True)
        return result

    def _give_up(self, sentence, fault=None):
        # OVERRIDES 'receivables_base': it is money, so it is asked for again
        is_refusal = isinstance(fault, ExchangeError) and fault.kind != "retry"
        self._park(sentence, None if is_refusal else fault)
