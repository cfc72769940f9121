from odoo import api, fields, models
from odoo.exceptions import UserError

LONGEST = 420


class EinvoiceProposalWizard(models.TransientModel):
    """Picks consumers who do not get e-invoices yet, and has their banks ask them."""

    _name = "einvoice.proposal.wizard"
    _description = "Propose e-invoices"

    channel_id = fields.Many2one("einvoice.channel", required=True, readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id")
    months = fields.Integer("Invoiced in the last (months)", default=12, required=True)
    partner_ids = fields.Many2many(
        "res.partner",
        string="Customers",
        compute="_compute_partner_ids",
        store=True,
        readonly=False,
        help="Private customers without e-invoices whose bank is known from an account "
        "of theirs, and who were not asked in the last 12 months. Take out whom you do "
        "not want to ask.",
    )
    partner_count = fields.Integer("To be asked", compute="_compute_partner_count")
    left_out = fields.Text("Who is not asked", compute="_compute_left_out")
    free_text = fields.Text(
        "Text",
        help="What the consumer reads beside the proposal, at most 420 characters. "
        "Nothing about the customer belongs here.",
    )

    @api.depends("channel_id", "months")
    def _compute_partner_ids(self):
        for wizard in self:
            partners, banks = wizard._get_candidates_and_banks()
            wizard.partner_ids = partners.browse().union(*banks)

    @api.depends("partner_ids")
    def _compute_partner_count(self):
        for wizard in self:
            wizard.partner_count = len(wizard.partner_ids)

    @api.depends("channel_id", "months")
    @api.depends_context("lang")
    def _compute_left_out(self):
        for wizard in self:
            partners, banks = wizard._get_candidates_and_banks()
            unknown = partners.filtered(lambda p: not p.sudo().bank_ids)
            elsewhere = len(partners) - len(banks) - len(unknown)
            sentences = []
            if unknown:
                sentences.append(
                    wizard.env._(
                        "Of %s customers no account is known, so nobody knows their "
                        "bank.",
                        len(unknown),
                    )
                )
            if elsewhere:
                sentences.append(
                    wizard.env._(
                        "%s customers are at banks that do not know the channel: "
                        "announce it there.",
                        elsewhere,
                    )
                )
            wizard.left_out = "\n".join(sentences)

    def _get_candidates(self):
        if self.months <= 0:
            return self.env["res.partner"]
        return self.env["einvoice.proposal"]._get_candidates(
            self.channel_id, self.months
        )

    def _get_candidates_and_banks(self):
        partners = self._get_candidates()
        return partners, self.env["einvoice.proposal"]._get_banks(
            self.channel_id, partners
        )

    def action_propose(self):
        """Write a message to each bank; the job sends them."""
        self.ensure_one()
        self.channel_id._check_user()
        self.channel_id._check_enabled()
        # who ordered meanwhile, or belongs to another company, is not asked
        partners = self.partner_ids & self._get_candidates()
        if len(self.free_text or "") > LONGEST:
            raise UserError(
                self.env._("The text may have %s characters at most.", LONGEST)
            )
        proposals = self.env["einvoice.proposal"]._propose(
            self.channel_id, partners, self.free_text
        )
        if not proposals:
            raise UserError(self.env._("Choose the customers to be asked."))
        return proposals._get_records_action(name=self.env._("Proposals"))
