from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

_lt = LazyTranslate(__name__)

REVIEW = "einvoice_consumer.mail_activity_type_mandate"
NOBODY = _lt("The KID of the mandate tells no customer: choose the customer.")
SEVERAL = _lt(
    "The KID of the mandate tells several customers: choose the one whose bank pays."
)
NOT_IN_LIST = _lt("It is not among all mandates that the bank listed.")
TAKEN_BACK = _lt("The payer took it back at the bank.")


class EinvoiceAvtalegiroMandate(models.Model):
    """A payer's order to the bank to pay what one company claims.

    The bank tells of it by the KID that it was given with, which tells the customer.
    How much a month the bank may pay is the payer's secret, and nowhere here.
    """

    _name = "einvoice.avtalegiro.mandate"
    _inherit = [
        "receivables.facts",
        "receivables.state",
        "receivables.responsible",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "AvtaleGiro mandate"
    _order = "id desc"
    _rec_name = "kid"
    _rec_names_search = ["kid", "partner_id.name"]
    _check_company_auto = True
    _mail_post_access = "read"

    channel_id = fields.Many2one(
        "einvoice.channel", required=True, readonly=True, index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True
    )
    kid = fields.Char(
        "KID",
        required=True,
        readonly=True,
        help="By which the bank knows it. Its digits of the customer tell who pays.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        readonly=True,
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    wants_notice = fields.Boolean(
        "Wants the bank's notice",
        readonly=True,
        tracking=True,
        help="The payer wants to be told of each claim in writing. Where no eFaktura "
        "does so, the bank is asked to.",
    )
    state = fields.Selection(
        [
            ("to_review", "To allocate"),
            ("active", "Active"),
            ("ended", "Ended"),
        ],
        required=True,
        readonly=True,
        default="to_review",
        index=True,
        tracking=True,
    )
    reason_stored = fields.Json("Stored reason", readonly=True)
    reason = fields.Char(
        compute="_compute_reason", help="Why it waits for a person, or has ended."
    )
    document_id = fields.Many2one(
        "einvoice.document",
        "Told by",
        readonly=True,
        index="btree_not_null",
        help="The bank's last file with it.",
    )
    claim_ids = fields.One2many("einvoice.avtalegiro.claim", "mandate_id", "Claims")

    _kid_unique = models.UniqueIndex(
        "(channel_id, kid)", "The mandate of this KID is there already."
    )

    _TRANSITIONS = {
        "to_review": ("active", "ended"),
        "active": ("to_review", "ended"),
        "ended": ("to_review", "active"),
    }

    @api.depends("reason_stored")
    @api.depends_context("lang")
    def _compute_reason(self):
        for mandate in self:
            mandate.reason = Sentence.read(mandate.reason_stored, self.env)

    @api.depends("kid", "partner_id.name")
    def _compute_display_name(self):
        for mandate in self:
            name = mandate.partner_id.name
            mandate.display_name = f"{name} – {mandate.kid}" if name else mandate.kid

    def _get_candidates(self):
        return self.channel_id.user_id

    def _is_live(self):
        """Whether claims go to a bank, and not to a test."""
        return self.channel_id.environment == "prod"

    # === WHAT THE BANK TELLS === #

    @api.model
    def _take_in(self, document, lists):
        """Note what the bank tells of mandates.

        :param document: the message that brought them
        :param lists: list of ``formats.avtalegiro.MandateList``
        :return: how many are active by now, and how many ended
        """
        channel = document.channel_id
        rows = [row for each in lists for row in each.mandates]
        known = {
            mandate.kid: mandate
            for mandate in self.search([("channel_id", "=", channel.id)])
        }
        told = {row.kid for row in rows if row.kid}
        new = self.with_context(tracking_disable=True).create(
            [
                {"channel_id": channel.id, "kid": kid}
                for kid in dict.fromkeys(row.kid for row in rows if row.kid)
                if kid not in known
            ]
        )
        known |= {mandate.kid: mandate for mandate in new}
        going = self.browse()
        for row in rows:
            if not row.kid:
                continue
            mandate = known[row.kid]
            mandate.document_id = document
            if row.is_ended:
                going |= mandate
            else:
                mandate.wants_notice = row.wants_notice
                mandate._allocate()
                going -= mandate
        if any(each.is_complete for each in lists):
            rest = [m for kid, m in known.items() if kid not in told]
            self.union(*rest)._end(NOT_IN_LIST)
        going._end(TAKEN_BACK)
        return len(told) - len(going), len(going)

    def _allocate(self):
        """Find the customer by the KID alone; never guess."""
        self.ensure_one()
        if self.state == "active":
            return
        layouts = self.env["einvoice.kid.layout"]
        found = layouts._find_customers(self.company_id, self.kid)
        asked = self.env["account.move"].search(
            [
                ("payment_reference", "=", self.kid),
                ("move_type", "=", "out_invoice"),
                ("state", "=", "posted"),
                ("company_id", "=", self.company_id.id),
            ]
        )
        found |= asked.commercial_partner_id.sudo().with_context(active_test=False)
        if len(found) == 1:
            self._activate(found)
            return
        self._set_state("to_review")
        self.reason_stored = Sentence.store(SEVERAL if found else NOBODY)
        self._remind(REVIEW, self.reason_stored, renew=True)

    def _activate(self, partner):
        self._set_state("active", partner_id=partner.id, reason_stored=False)
        self._settle(REVIEW)

    def _end(self, sentence):
        """The bank pays nothing more by it."""
        ended = self._set_state("ended", reason_stored=Sentence.store(sentence))
        ended._settle(REVIEW)
        ended.claim_ids._on_mandate_ended()
        return ended

    # === ACTIONS === #

    def action_find_customer(self):
        """Look for the customer again, after the register or a layout was corrected."""
        self.channel_id._check_user()
        for mandate in self.sudo().filtered(lambda m: m.state == "to_review"):
            mandate._allocate()
        return True

    def _allocate_to(self, partner):
        """Let a person say whose mandate it is."""
        self.ensure_one()
        self.channel_id._check_user()
        partner.check_access("read")
        customer = partner.commercial_partner_id
        if customer.company_id and customer.company_id != self.company_id:
            raise UserError(
                self.env._(
                    "%(customer)s belongs to %(company)s, the mandate does not.",
                    customer=customer.display_name,
                    company=customer.company_id.name,
                )
            )
        if self.state != "to_review":
            raise UserError(
                self.env._("Only a mandate that waits can be allocated to a customer.")
            )
        self.sudo()._activate(customer)

    def action_view_claims(self):
        self.ensure_one()
        return self.claim_ids._get_records_action(name=self.env._("Claims"))
