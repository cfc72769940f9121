from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.receivables_base.tools import Sentence

TRANSFER_BATCH = 100


class CollectionTransfer(models.Model):
    """Many invoices that a person hands over at once: the job does it, some at a time,
    in that person's name, and this shows how far it has come."""

    _name = "collection.transfer"
    _inherit = ["receivables.queue", "receivables.state"]
    _description = "Transfer of many invoices"
    _order = "id desc"
    _check_company_auto = True

    _TRANSITIONS = {"running": ("done", "error")}

    state = fields.Selection(
        [("running", "Under way"), ("done", "Done"), ("error", "Stopped")],
        required=True,
        readonly=True,
        default="running",
        index=True,
    )
    agency_id = fields.Many2one(
        "collection.agency", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="agency_id.company_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users",
        string="Asked for by",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
    )
    note = fields.Text(readonly=True)
    move_ids = fields.Many2many(
        "account.move",
        "collection_transfer_move_rel",
        string="Still to be transferred",
        readonly=True,
    )
    blocked_ids = fields.Many2many(
        "account.move",
        "collection_transfer_blocked_rel",
        string="Can no longer go",
        readonly=True,
    )
    total = fields.Integer(string="Invoices", readonly=True)
    done_count = fields.Integer(string="Transferred", readonly=True)
    blocked_count = fields.Integer(
        string="No longer possible", compute="_compute_progress"
    )
    progress = fields.Float(compute="_compute_progress", help="In per cent.")

    @api.depends("total", "done_count", "blocked_ids")
    def _compute_progress(self):
        for transfer in self:
            transfer.blocked_count = len(transfer.blocked_ids)
            seen = transfer.done_count + transfer.blocked_count
            transfer.progress = 100 * seen / transfer.total if transfer.total else 100

    @api.depends("agency_id.name", "total")
    def _compute_display_name(self):
        for transfer in self:
            transfer.display_name = self.env._(
                "%(count)s invoices to %(agency)s",
                count=transfer.total,
                agency=transfer.agency_id.name,
            )

    @api.model
    def _start(self, moves, agency, note):
        """Have the job transfer invoices in the present user's name."""
        transfer = self.sudo().create(
            {
                "agency_id": agency.id,
                "user_id": self.env.user.id,
                "note": note,
                "move_ids": [(6, 0, moves.ids)],
                "total": len(moves),
            }
        )
        self._wake("collection_partner.ir_cron_collection_transfer")
        return transfer

    @api.model
    def _get_work_domain(self):
        return self._get_due_domain() & Domain("state", "=", "running")

    def _go_on(self):
        """Transfer the next invoices; what can no longer go is kept to be looked at."""
        self.ensure_one()
        batch = self.move_ids[:TRANSFER_BATCH]
        moves = batch.with_user(self.user_id).with_context(
            allowed_company_ids=self.company_id.ids, lang=self.user_id.lang
        )
        answers = moves.transfer_to_collection(self.agency_id.id, self.note or "")
        blocked = [answer["move_id"] for answer in answers if not answer["case_id"]]
        self.write(
            {
                "move_ids": [(3, move_id) for move_id in batch.ids],
                "blocked_ids": [(4, move_id) for move_id in blocked],
                "done_count": self.done_count + len(answers) - len(blocked),
                "attempts": 0,
                "next_attempt": False,
                "reason": False,
            }
        )
        if not self.move_ids:
            self._set_state("done")

    def _give_up(self, sentence, fault=None):
        # OVERRIDES 'receivables_base'
        self._set_state("error", reason=Sentence.store(sentence), next_attempt=False)

    def action_view_blocked(self):
        """Show what could no longer go, with its reasons."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collection_partner.collection_move_action"
        )
        domain = [("id", "in", self.blocked_ids.ids)]
        return {**action, "domain": domain, "context": {}}
