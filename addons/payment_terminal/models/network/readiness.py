from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .access import MANAGER

_FIRST_CODES = {"asset_current": "100000", "liability_current": "200000"}


class PaymentTerminalNetwork(models.Model):
    """Under test, in production, disabled; and what is missing before the first real
    payment."""

    _inherit = "payment.terminal.network"

    environment = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("prod", "Production")],
        required=True,
        default="disabled",
        tracking=True,
        copy=False,
        help="Test: everything is answered and kept, nothing is booked.\n"
        "Disabled: the network is told to ask again later.",
    )

    @api.depends(
        "authentication",
        "journal_id",
        "clearing_account_id",
        "suspense_account_id",
        "address_ids",
        "currency_id",
        "company_id",
    )
    def _compute_checklist(self):
        # EXTENDS 'receivables_base'
        return super()._compute_checklist()

    @api.constrains(
        "environment", "journal_id", "clearing_account_id", "suspense_account_id"
    )
    def _check_ready(self):
        for network in self.filtered(lambda n: n.environment == "prod"):
            missing = network._get_missing()
            if missing:
                raise ValidationError(
                    self.env._(
                        "%(network)s cannot go into production yet:\n%(missing)s",
                        network=network.name,
                        missing="\n".join(f"- {sentence}" for sentence in missing),
                    )
                )

    def _get_checklist(self):
        # EXTENDS 'receivables_base'
        self.ensure_one()
        network = self.sudo()
        company = network.company_id
        currency = network.currency_id
        credentials = {
            "basic": network.basic_login and network.basic_password,
            "secret": network.secret,
            "hmac": network.secret,
            "certificate": network.certificate_fingerprint,
            "none": True,
        }
        lines = {
            "company_number": (
                company.company_registry
                or company.vat
                or not (
                    network.dialect and network._get_dialect().tells_company_number
                ),
                self.env._(
                    "The network is told the company's own number (company ID or VAT "
                    "number), which is missing."
                ),
                self._get_company_link(),
            ),
            "rate": (
                currency == company.currency_id
                or currency.rate_ids.filtered(
                    lambda r: not r.company_id or r.company_id == company.root_id
                ),
                self.env._(
                    "There is no rate of %(currency)s: payments would be booked one to "
                    "one in %(own)s.",
                    currency=currency.name,
                    own=company.currency_id.name,
                ),
                self._get_link(self.env._("Open the currency"), currency),
            ),
            "journal": (network.journal_id, self.env._("Choose the journal."), {}),
            "clearing": (
                network.clearing_account_id,
                self.env._("Choose the clearing account."),
                {},
            ),
            "suspense": (
                network.suspense_account_id,
                self.env._("Choose the suspense account."),
                {},
            ),
            "addresses": (
                network.address_ids,
                self.env._("Say from which addresses the network calls."),
                {},
            ),
            "credentials": (
                credentials.get(network.authentication),
                self.env._("Enter the credentials of the network, under Access."),
                {},
            ),
        }
        return {
            code: {"level": "danger", "message": message, **link}
            for code, (there, message, link) in lines.items()
            if not there
        }

    def action_open_books(self):
        """Open the journal and the accounts that are missing."""
        self.ensure_one()
        self.check_access("write")
        if not self.clearing_account_id:
            name = self.env._("%s: collected", self.name)
            self.clearing_account_id = self._open_account(name, "asset_current")
        if not self.suspense_account_id:
            name = self.env._("%s: to assign", self.name)
            self.suspense_account_id = self._open_account(name, "liability_current")
        if not self.journal_id:
            journals = self.env["account.journal"].with_company(self.company_id)
            taken = set(
                journals.with_context(active_test=False)
                .search(journals._check_company_domain(self.company_id))
                .mapped("code")
            )
            code = next(
                code
                for code in map("TERM{}".format, ("", *range(1, 100)))
                if code not in taken
            )
            self.journal_id = journals.create(
                {
                    "name": self.name,
                    "code": code,
                    "type": "general",
                    "company_id": self.company_id.id,
                }
            )
        return True

    def _open_account(self, name, kind):
        """Open an account, numbered after the last one of its kind."""
        accounts = self.env["account.account"].with_company(self.company_id)
        last = accounts.search(
            [
                *accounts._check_company_domain(self.company_id),
                ("account_type", "=", kind),
            ],
            order="code desc",
            limit=1,
        )
        code = accounts._search_new_account_code(last.code or _FIRST_CODES[kind])
        return accounts.create(
            {
                "name": name,
                "code": code,
                "account_type": kind,
                "reconcile": True,
                "company_ids": self.company_id.ids,
            }
        )

    def action_start_conformance(self):
        """Play the network's certification list against the own endpoint."""
        self.ensure_one()
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._("The conformance run is for managers of terminals.")
            )
        account = self.env["payment.terminal.account"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "active")], limit=1
        )
        if not account:
            raise UserError(
                self.env._("Give a customer a number first: the run asks for it.")
            )
        if self.environment != "test":
            raise UserError(
                self.env._(
                    "The run makes payments, so the network must be under test. "
                    "Duplicate %s and start the test of the copy, which has an address "
                    "of its own.",
                    self.name,
                )
            )
        runs = self.env["payment.terminal.conformance"]
        run = runs.sudo().create({"network_id": self.id, "account_id": account.id})
        self.env.ref("payment_terminal.ir_cron_payment_terminal_try")._trigger()
        return run.sudo(False)._get_records_action(name=self.env._("Conformance run"))

    @api.model
    def _toggle_cron(self):
        """Let the jobs sleep until there is a network. They go on when the last one is
        disabled or archived: what it has told is booked, taken back and used still."""
        networks = self.sudo().with_context(active_test=False)
        needed = bool(networks.search_count([], limit=1))
        self.env["payment.terminal.transaction"]._switch_jobs(
            {
                "payment_terminal.ir_cron_payment_terminal_book": needed,
                "payment_terminal.ir_cron_payment_terminal_claims": needed,
                "payment_terminal.ir_cron_payment_terminal_debts": needed,
                "payment_terminal.ir_cron_payment_terminal_watch": needed,
                "payment_terminal.ir_cron_payment_terminal_registry": needed,
                "payment_terminal.ir_cron_payment_terminal_registry_fetch": needed,
            }
        )
