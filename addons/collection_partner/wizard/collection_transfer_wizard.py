from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from ..models.eligibility import Eligibility

# More are transferred in the background: nobody waits so long for a dialog.
AT_ONCE = 300


class CollectionTransferWizard(models.TransientModel):
    """Confirms what goes to the agency, and says why the rest does not."""

    _name = "collection.transfer.wizard"
    _description = "Transfer to collection"

    move_ids = fields.Many2many(
        "account.move", string="Invoices", required=True, readonly=True
    )
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    agency_ids = fields.Many2many(
        "collection.agency", string="Agencies", compute="_compute_verdicts"
    )
    has_rules = fields.Boolean(
        "Has rules on the choice of the agency", compute="_compute_verdicts"
    )
    agency_counts = fields.Text(string="To each agency", compute="_compute_verdicts")
    needs_approval = fields.Boolean(
        "Needs the approval of a second person", compute="_compute_verdicts"
    )
    undo_minutes = fields.Integer(
        "Minutes to undo",
        compute="_compute_verdicts",
        help="A transfer waits this long before data leaves.",
    )
    ready_ids = fields.Many2many(
        "account.move", string="Invoices to transfer", compute="_compute_verdicts"
    )
    blocked_ids = fields.Many2many(
        "account.move", string="Blocked invoices", compute="_compute_verdicts"
    )
    ready_count = fields.Integer("Number to transfer", compute="_compute_verdicts")
    blocked_count = fields.Integer("Number that cannot go", compute="_compute_verdicts")
    demand_count = fields.Integer("Number with the demand", compute="_compute_verdicts")
    ready_amounts = fields.Char("Amounts to transfer", compute="_compute_verdicts")
    given_ids = fields.Many2many(
        "account.move",
        string="Invoices whose debtor has given something",
        compute="_compute_verdicts",
    )
    given_count = fields.Integer(
        "Number whose debtor has given something", compute="_compute_verdicts"
    )
    is_done = fields.Boolean("Is done", readonly=True)
    note = fields.Text(
        help="For colleagues. It takes the place of the note on every invoice; leave "
        "it empty to keep the notes."
    )
    current_note = fields.Text("Current note", compute="_compute_current_note")
    preview_move_id = fields.Many2one(
        "account.move",
        string="Letter for the invoice",
        compute="_compute_preview_move_id",
        readonly=False,
        domain="[('id', 'in', ready_ids)]",
    )
    letter_preview = fields.Text(string="On the letter", compute="_compute_letter")
    letter_rest = fields.Text(string="No longer shown", compute="_compute_letter")

    @api.depends("move_ids")
    def _compute_company_id(self):
        for wizard in self:
            wizard.company_id = wizard.move_ids.company_id[:1] or self.env.company

    @api.depends("move_ids")
    def _compute_verdicts(self):
        engine = Eligibility(self.env)
        for wizard in self:
            # The records themselves: those of a dialog are mapped one by one.
            moves = wizard.move_ids._origin
            judged = list(engine.judge_all([("id", "in", moves.ids)]))
            ready = moves.browse(f.id for f, reasons in judged if not reasons)
            given = moves.browse(
                f.id for f, reasons in judged if not reasons and f.given > 0
            )
            wizard.given_ids = given
            wizard.given_count = len(given)
            wizard.ready_ids = ready
            wizard.blocked_ids = moves - ready
            wizard.ready_count = len(ready)
            wizard.blocked_count = len(moves) - len(ready)
            choices = {f.id: engine.choose(f).agency for f, _reasons in judged}
            by_agency = ready.grouped(lambda move, to=choices: to[move.id])
            wizard.agency_ids = ready.env["collection.agency"].union(*by_agency)
            wizard.undo_minutes = min(wizard.agency_ids.mapped("undo_minutes") or [0])
            wizard.has_rules = bool(wizard.company_id.sudo().collection_route_ids)
            wizard.needs_approval = any(
                agency._needs_approval("manual") for agency in by_agency
            )
            wizard.demand_count = sum(
                len(mine)
                if agency.service == "collection"
                else self._count_reminded(mine)
                for agency, mine in by_agency.items()
            )
            wizard.ready_amounts = self._add_up(ready)
            wizard.agency_counts = "\n".join(
                f"{agency.name}: {len(mine)} ({self._add_up(mine)})"
                for agency, mine in by_agency.items()
            )

    @api.model
    def _add_up(self, moves):
        return ", ".join(
            formatLang(
                self.env, sum(mine.mapped("amount_residual")), currency_obj=currency
            )
            for currency, mine in moves.grouped("currency_id").items()
        )

    @api.model
    def _count_reminded(self, moves):
        [(count,)] = self.env["collection.reminder"]._read_group(
            [("move_id", "in", moves.ids)], [], ["move_id:count_distinct"]
        )
        return count

    @api.depends("ready_ids")
    def _compute_current_note(self):
        for wizard in self:
            notes = wizard.ready_ids._origin.filtered("collection_note")
            wizard.current_note = "\n".join(
                f"{move.name}: {move.collection_note}" for move in notes
            )

    @api.depends("ready_ids")
    def _compute_preview_move_id(self):
        for wizard in self:
            wizard.preview_move_id = wizard.ready_ids[:1]

    @api.depends("preview_move_id")
    def _compute_letter(self):
        for wizard in self:
            move = wizard.preview_move_id
            agency = move.collection_next_agency_id
            full, shown = move._get_collection_letter(agency) if move else ("", "")
            text = agency.letter_text
            wizard.letter_preview = "\n".join(filter(None, (text, shown)))
            wizard.letter_rest = full[len(shown) :]

    def action_confirm(self):
        """Write the transfers down; what can no longer go is told."""
        self.ensure_one()
        self.check_access("write")
        if not self.try_lock_for_update() or self.is_done:
            # The second click of a double one.
            return {"type": "ir.actions.act_window_close"}
        if not self.ready_ids:
            raise UserError(self.env._("None of these invoices can go; see why."))
        self.is_done = True
        if len(self.ready_ids) > AT_ONCE:
            return self._transfer_later()
        agencies = self.agency_ids
        answers = self.ready_ids.transfer_to_collection(note=self.note or "")
        made = [answer["case_id"] for answer in answers if answer["case_id"]]
        left = len(answers) - len(made)
        sentences = [
            self.env._(
                "Invoices on their way to %(agency)s: %(count)s.",
                agency=", ".join(agencies.mapped("name")),
                count=len(made),
            )
        ]
        if self.needs_approval:
            sentences.append(
                self.env._("A second person has to approve the transfer first.")
            )
        elif self.undo_minutes:
            sentences.append(
                self.env._(
                    "For %s minutes the transfer can be undone.", self.undo_minutes
                )
            )
        if left:
            sentences.append(self.env._("No longer possible: %s.", left))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left else "success",
                "message": " ".join(sentences),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _transfer_later(self):
        """Have the job transfer the invoices, those of each agency by themselves."""
        transfers = self.env["collection.transfer"]
        choices = Eligibility(self.env).get_choices([("id", "in", self.ready_ids.ids)])
        for agency, moves in self.ready_ids.grouped(
            lambda move: choices[move.id].agency
        ).items():
            transfers += transfers._start(moves, agency, self.note or "")
        return transfers._get_records_action(
            name=transfers.display_name
            if len(transfers) == 1
            else self.env._("Large transfers")
        )
