from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

BATCH = 500
# What an order tells, and nothing else needs once it is over.
PERSONAL = (
    *("recipient_address", "consumer_name", "consumer_street", "consumer_zip"),
    *("consumer_city", "identifiers", "paid_reference", "language"),
    *("proposed_due_date", "proposed_period", "consent_link"),
)
OVER = ("ended", "rejected")
# Messages that tell of consumers, and of no invoice.
OF_CONSUMER = (
    *("receiver_info", "lookup", "lookup_answer"),
    *("consent_request", "consent_status", "proposal"),
)


class EinvoiceChannel(models.Model):
    """How long what consumers told is kept."""

    _inherit = "einvoice.channel"

    order_months = fields.Integer(
        string="Orders are kept (months)",
        default=24,
        help="After an order has ended or was rejected. Then address, name and "
        "identifiers are removed, of the message as well; its checksum stays. Personal "
        "data are kept no longer than they are needed (GDPR, article 5).",
    )
    message_years = fields.Integer(
        string="Messages are kept (years)",
        default=6,
        help="Full years after the one in which the financial year ended: an invoice's "
        "message is a voucher (Finland: Accounting Act, chapter 2, section 10, six "
        "years; Norway: Bookkeeping Act, section 13, five years). Then its contents "
        "are removed; its checksum stays.",
    )

    _retention_not_negative = models.Constraint(
        "CHECK(order_months >= 0 AND message_years >= 0)",
        "What is kept cannot be kept for less than no time.",
    )


class EinvoiceAgreement(models.Model):
    """An order is forgotten when it has been over for long enough."""

    _inherit = "einvoice.agreement"

    purge_on = fields.Date(
        string="Kept until",
        compute="_compute_purge_on",
        store=True,
        index="btree_not_null",
        help="Then what the consumer told the bank is removed.",
    )
    purged_at = fields.Datetime("Personal data removed at", readonly=True, copy=False)

    @api.depends("state", "ordered_at", "ended_at", "channel_id.order_months")
    def _compute_purge_on(self):
        for agreement in self:
            since = agreement.ended_at or agreement.ordered_at
            months = relativedelta(months=agreement.channel_id.order_months)
            is_over = since and agreement.state in OVER
            agreement.purge_on = is_over and (since + months).date()

    @api.model
    def _get_purge_domain(self):
        return Domain("purge_on", "<", fields.Date.context_today(self)) & Domain(
            "purged_at", "=", False
        )

    @api.model
    def _cron_purge(self):
        """Remove what has been kept for as long as it may be."""
        due = self.sudo()._get_purge_domain()
        found = self.sudo().search(due, limit=BATCH)
        found._purge()
        left = self.sudo().search_count(due)
        self.env["ir.cron"]._commit_progress(len(found), remaining=left)
        self.env["einvoice.document"].sudo()._work_through(
            "_get_purge_domain", "_purge"
        )

    def _purge(self):
        """Forget who ordered; that and when somebody ordered and ended stays."""
        self.candidate_ids.unlink()
        self.message_ids.unlink()
        forgotten = dict.fromkeys(PERSONAL, False)
        self.write({**forgotten, "purged_at": fields.Datetime.now()})


class EinvoiceDocument(models.Model):
    """A message loses its contents when nothing asks for them any more; what it was,
    when it came and its checksum stay."""

    _inherit = "einvoice.document"

    purge_on = fields.Date(
        string="Kept until",
        compute="_compute_purge_on",
        store=True,
        index="btree_not_null",
        help="Then the message's contents are removed; its checksum stays.",
    )
    purged_at = fields.Datetime("Contents removed at", readonly=True, copy=False)

    @api.depends(
        "type",
        "agreement_id.purge_on",
        "channel_id.order_months",
        "channel_id.message_years",
    )
    def _compute_purge_on(self):
        ends = {}
        for document in self:
            made = (document.create_date or fields.Datetime.now()).date()
            if document.type == "sender_info":
                document.purge_on = False  # it tells of the company alone
            elif document.type in OF_CONSUMER and document.agreement_id:
                document.purge_on = document.agreement_id.purge_on
            elif document.type in (*OF_CONSUMER, "unknown"):
                months = document.channel_id.order_months
                document.purge_on = made + relativedelta(months=months)
            else:
                company = document.company_id
                if (company, made) not in ends:
                    year = company.compute_fiscalyear_dates(made)["date_to"].year
                    ends[company, made] = fields.Date.to_date(f"{year}-12-31")
                years = relativedelta(years=document.channel_id.message_years)
                document.purge_on = ends[company, made] + years

    @api.model
    def _get_purge_domain(self):
        return Domain("purge_on", "<", fields.Date.context_today(self)) & Domain(
            "purged_at", "=", False
        )

    def _purge(self):
        parked = self.filtered(lambda d: d.direction == "in" and d.state == "error")
        parked._set_state("handled", next_attempt=False)
        parked._on_handled()
        # the file, not the record of it: what was exchanged is never deleted
        self.attachment_id.write({"raw": b"", "name": "removed"})
        self.message_ids.unlink()
        self.write(
            {
                "recipient_address": False,
                "reason": False,
                "purged_at": fields.Datetime.now(),
            }
        )
