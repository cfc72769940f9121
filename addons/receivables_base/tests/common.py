from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields, models
from odoo.orm.model_classes import add_to_registry
from odoo.tests import TransactionCase

from ..exceptions import ExchangeError

OFFER = "receivables.test.letter"


class Letter(models.Model):
    """A record for the tests of the abstract models, in no database but theirs."""

    _name = OFFER
    _module = None
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.exchange",
        "receivables.responsible",
    ]
    _description = "Letter of the tests"
    _order = "id"
    _MAX_ATTEMPTS = 3
    _TRANSITIONS = {
        "to_send": ("sent", "error"),
        "received": ("processed", "error"),
        "error": ("to_send", "received", "handled"),
    }

    name = fields.Char()
    direction = fields.Selection(default="out")
    group = fields.Char()
    is_bad = fields.Boolean()
    state = fields.Selection(
        [
            (name, name.title())
            for name in (
                "to_send",
                "sent",
                "received",
                "processed",
                "error",
                "handled",
            )
        ],
        default="to_send",
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    user_id = fields.Many2one("res.users")

    _worked_on = []

    def _get_waiting(self):
        return [
            ("state", "=", "to_send"),
            "|",
            ("next_attempt", "=", False),
            ("next_attempt", "<=", fields.Datetime.now()),
        ]

    def _seal(self):
        self._worked_on.append(tuple(self.mapped("name")))
        self._set_state("sent")
        if any(self.mapped("is_bad")):
            raise ValueError("not for the eyes of people")

    def _send(self):
        name = self.name
        answer = yield lambda: self._ask(name)
        self._worked_on.append(answer)
        self._set_state("sent")

    def _ask(self, name):
        raise ExchangeError("retry", "nobody", name)

    def _give_up(self, sentence, fault=None):
        self._set_state("error", reason=sentence)

    def _check_may_handle(self):
        self.check_access("read")

    def _process_anew(self):
        self._worked_on.append(tuple(self.mapped("state")))

    def _on_handled(self):
        self._worked_on.append("handled")


class ReceivablesCase(TransactionCase):
    """Tests with letters, whose table goes with the test's transaction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        parents = add_to_registry(cls.registry, Letter)._inherit
        cls.registry._setup_models__(cls.env.cr, [OFFER])
        cls.registry.init_models(cls.env.cr, [OFFER], {"module": "receivables_base"})
        cls.addClassCleanup(cls._forget_letters, parents)
        cls.letters = cls.env[OFFER]

    @classmethod
    def _forget_letters(cls, parents):
        for parent in [*parents, "base"]:
            cls.registry[parent]._inherit_children.discard(OFFER)
        del cls.registry.models[OFFER]
        cls.registry._setup_models__(cls.env.cr, [])

    def setUp(self):
        super().setUp()
        self.worked_on = []
        self.patch(self.registry[OFFER], "_worked_on", self.worked_on)

    @contextmanager
    def as_job(self, seconds=60.0):
        """Jobs commit as they go; a test keeps everything in one transaction.

        :return: the list that commits are noted in
        """
        commits = []

        def progress(_model, processed=0, **kwargs):
            self.env.flush_all()
            commits.append((processed, kwargs.get("remaining")))
            return seconds

        def commit():
            self.env.flush_all()
            commits.append("commit")

        with (
            patch.object(self.registry["ir.cron"], "_commit_progress", progress),
            patch.object(self.cr, "commit", commit),
        ):
            yield commits
