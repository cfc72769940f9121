from datetime import timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import SQL, LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ...formats import registries
from ...tools import check_user

_lt = LazyTranslate(__name__)

JOB = "payment_terminal.ir_cron_payment_terminal_registry"
DIFFERS = "payment_terminal.mail_activity_type_registry"
REFUSED = "payment_terminal.mail_activity_type_registry_refused"
STATES = [
    ("received", "To read"),
    ("read", "To compare"),
    ("differs", "Differs"),
    ("matched", "Agrees"),
    ("error", "Refused"),
    ("handled", "Put aside"),
]
COMPARED = ("differs", "matched")
FORMATS = dict(
    zip(
        registries.FORMATS,
        (
            "QIWI",
            "Sber",
            "YooKassa",
            "Tochka, QIWI cards",
            _lt("Table by a mapping"),
            _lt("Empty"),
        ),
        strict=True,
    )
)
# An hour of the network's clock, at which people are told it.
_CLOCK = "%Y-%m-%d %H:%M"


class PaymentTerminalRegistry(models.Model):
    """What a network lists of a day's payments, compared with what it told online.

    The bytes are kept as they came; the same file again changes nothing. What only the
    network knows is booked as if it had been paid online, what only we know is a
    person's to clear up, within the hours that the network gives.
    """

    _name = "payment.terminal.registry"
    _inherit = [
        "receivables.exchange",
        "receivables.responsible",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Registry of a terminal network"
    _order = "date_until desc, id desc"
    _check_company_auto = True
    _mail_post_access = "read"
    _TRANSITIONS = {
        "received": ("read", "error"),
        "read": ("matched", "differs", "error"),
        "matched": ("differs",),
        "differs": ("matched",),
        "error": ("received", "handled"),
    }

    name = fields.Char(string="File", required=True, readonly=True)
    network_id = fields.Many2one(
        "payment.terminal.network",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="network_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="network_id.currency_id")
    state = fields.Selection(STATES, required=True, readonly=True, default="received")
    is_test = fields.Boolean(
        string="Test",
        readonly=True,
        help="Of a network under test: compared with test payments, nothing is booked.",
    )
    format = fields.Selection(
        selection=lambda self: [
            (name, label if isinstance(label, str) else self.env._(label))
            for name, label in FORMATS.items()
        ],
        readonly=True,
    )
    date_from = fields.Date(string="First day", readonly=True)
    date_until = fields.Date(string="Day", readonly=True, index=True)
    starts_at = fields.Datetime("Starts at", readonly=True)
    ends_at = fields.Datetime("Ends at", readonly=True)
    row_count = fields.Integer(string="Payments", readonly=True)
    total = fields.Monetary(
        string="Sum of the registry", readonly=True, help="As the network lists it."
    )
    fee = fields.Monetary(
        string="Network fees", readonly=True, help="What the network keeps, as it says."
    )
    matched = fields.Integer(string="Agree", readonly=True)
    only_ours = fields.Integer(
        string="Only ours", readonly=True, help="Told online, not in the registry."
    )
    only_theirs = fields.Integer(
        string="Only theirs",
        readonly=True,
        help="Not told online; booked from the registry.",
    )
    differing = fields.Integer(
        string="Other amount",
        readonly=True,
        help="Another amount or customer than online, or taken back at our side.",
    )
    duplicates = fields.Integer(string="Twice", readonly=True)
    known = fields.Integer(
        string="Listed before", readonly=True, help="In another registry already."
    )
    open_count = fields.Integer(
        string="To clear up", readonly=True, help="Differences that a person decides."
    )
    open_amount = fields.Monetary(
        string="Amount to clear up",
        readonly=True,
        help="What the network lists of them, less what we have.",
    )
    protest_until = fields.Datetime(string="Tell the network until", readonly=True)
    is_late = fields.Boolean(compute="_compute_is_late", string="Too late to protest")
    problems = fields.Json(readonly=True)
    problem_sentences = fields.Text(
        string="Lines that cannot be read", compute="_compute_problem_sentences"
    )
    line_ids = fields.One2many(
        "payment.terminal.registry.line", "registry_id", string="Lines"
    )
    booked_share = fields.Integer(
        string="In the books (%)",
        compute="_compute_booked_share",
        help="Of its payments, in hundredths.",
    )

    _bytes_unique = models.UniqueIndex(
        "(network_id, sha256) WHERE sha256 IS NOT NULL AND state != 'handled'",
        "This registry is here already.",
    )

    @api.depends("name", "network_id", "date_until")
    def _compute_display_name(self):
        for registry in self:
            day = fields.Date.to_string(registry.date_until) or registry.name or ""
            registry.display_name = f"{registry.network_id.name or ''} {day}".strip()

    @api.depends("state", "protest_until")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for registry in self:
            until = registry.protest_until
            registry.is_late = registry.state == "differs" and until and until < now

    @api.depends("problems")
    @api.depends_context("lang")
    def _compute_problem_sentences(self):
        for registry in self:
            registry.problem_sentences = "\n".join(
                self.env._(
                    "Line %(place)s: %(sentence)s %(content)s",
                    place=place,
                    sentence=Sentence.read(sentence, self.env),
                    content=content and f"— {content}",
                ).strip()
                for place, sentence, content in registry.problems or []
            )

    def _compute_booked_share(self):
        shares = {}
        if self.ids:
            self.env.flush_all()
            shares = dict(
                self.env.execute_query(
                    SQL(
                        """SELECT line.registry_id,
                                  floor(100.0 * count(payment.move_id) / count(*))::int
                             FROM payment_terminal_registry_line line
                             JOIN payment_terminal_transaction payment
                               ON payment.id = line.transaction_id
                            WHERE line.registry_id IN %s
                              AND payment.state NOT IN ('cancelled', 'reserved')
                         GROUP BY line.registry_id""",
                        tuple(self.ids),
                    )
                )
            )
        for registry in self:
            registry.booked_share = shares.get(registry.id, 100)

    # === PEOPLE === #

    def _get_candidates(self):
        # EXTENDS 'receivables_base'
        return self.network_id._get_candidates()

    def _check_may_handle(self):
        # EXTENDS 'receivables_base'
        check_user(self)

    def _process_anew(self):
        # EXTENDS 'receivables_base'
        self._settle(REFUSED)
        self._wake(JOB)

    def _on_handled(self):
        # EXTENDS 'receivables_base'
        self._settle(REFUSED)

    def _give_up(self, sentence, fault=None):
        # EXTENDS 'receivables_base'
        self._refuse(sentence)

    def _refuse(self, sentence, problems=()):
        """Take nothing of a file, and say why."""
        stored = Sentence.store(sentence)
        self._set_state("error", reason=stored, problems=list(problems) or False)
        self._remind(REFUSED, stored, renew=True)

    def _tell_of_differences(self):
        """A person clears up what differs, while the network still listens."""
        for registry in self:
            if not registry.open_count:
                registry._settle(DIFFERS)
                continue
            zone = pytz.timezone(registry.network_id.tz)
            until = pytz.utc.localize(registry.protest_until).astimezone(zone)
            registry._remind(
                DIFFERS,
                _lt(
                    "%(only_ours)s payments are only ours, %(differing)s have another "
                    "amount or customer, %(duplicates)s are listed twice. Tell the "
                    "network until %(until)s (its time).",
                    only_ours=registry.only_ours,
                    differing=registry.differing,
                    duplicates=registry.duplicates,
                    until=until.strftime(_CLOCK),
                ),
                renew=True,
            )

    # === WHERE IT LEADS === #

    def action_open_lines(self):
        """Show what the registry lists, and what it does not."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "payment_terminal.payment_terminal_registry_line_action"
            ),
            "display_name": self.display_name,
            "domain": [("registry_id", "=", self.id)],
            "context": {"search_default_open": int(bool(self.open_count))},
        }

    def action_open_payments(self):
        """Show the payments that were booked from it."""
        self.ensure_one()
        self.check_access("read")
        return self.env["payment.terminal.transaction"]._get_records_action(
            name=self.env._("Booked from the registry"),
            domain=[("registry_id", "=", self.id)],
            view_mode="list,form",
        )

    def action_download(self):
        """Give the file as it came."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
        }

    # === HOW OLD === #

    @api.model
    def _get_protest_end(self, network):
        return fields.Datetime.now() + timedelta(hours=network.protest_hours)
