from markupsafe import Markup

from odoo import api, fields, models

STYLES = {
    "agrees": "text-success",
    "contradicts": "text-danger",
    "missing": "text-danger",
    "unknown": "text-muted",
}


class EinvoiceAgreementCandidate(models.Model):
    """A customer who may be the one that ordered, with the evidence.

    Every piece of evidence compares what the bank told with what the company
    knows: it agrees, contradicts, or cannot be compared. An order is allocated
    without a person only when each identifier that was typed points to the one
    customer and nothing contradicts (notification service guidelines 2.0, 1: what
    cannot be allocated with certainty must not be activated).
    """

    _name = "einvoice.agreement.candidate"
    _description = "Candidate for a consumer's order"
    _order = "score desc, id"

    agreement_id = fields.Many2one(
        "einvoice.agreement", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="agreement_id.company_id", store=True, index=True
    )
    partner_id = fields.Many2one("res.partner", required=True, index=True)
    agreement_state = fields.Selection(related="agreement_id.state")
    street = fields.Char(related="partner_id.street")
    zip = fields.Char(related="partner_id.zip")
    city = fields.Char(related="partner_id.city")
    ref = fields.Char(string="Customer number", related="partner_id.ref")
    email = fields.Char(related="partner_id.email")
    phone = fields.Char(related="partner_id.phone")
    last_invoice_id = fields.Many2one(
        "account.move",
        string="Latest invoice",
        compute="_compute_last_invoice_id",
        compute_sudo=True,
        help="What tells customers apart who have one name and address.",
    )
    evidence = fields.Json(
        string="Points of comparison",
        required=True,
        help="A list of {'label', 'given', 'known', 'verdict'}; the verdict is "
        "agrees, contradicts, missing or unknown.",
    )
    evidence_html = fields.Html(compute="_compute_evidence_html", string="Evidence")
    score = fields.Integer(help="Points that agree less points that contradict.")
    identified = fields.Boolean(help="An identifier that was typed points here.")
    is_proven = fields.Boolean(
        "Is proven",
        help="Every identifier that was typed points here and nothing contradicts.",
    )

    @api.depends("partner_id")
    def _compute_last_invoice_id(self):
        for company, candidates in self.grouped("company_id").items():
            latest = {}
            for move in self.env["account.move"].search_fetch(
                [
                    ("commercial_partner_id", "in", candidates.partner_id.ids),
                    ("company_id", "=", company.id),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                ],
                ["commercial_partner_id"],
                order="invoice_date, id",
            ):
                latest[move.commercial_partner_id] = move
            for candidate in candidates:
                candidate.last_invoice_id = latest.get(candidate.partner_id, False)

    @api.depends("evidence")
    def _compute_evidence_html(self):
        for candidate in self:
            candidate.evidence_html = candidate._get_evidence_html()

    def _get_evidence_html(self):
        """Show the comparison as a table: ours, the bank's, and the verdict."""
        self.ensure_one()
        verdicts = {
            "agrees": self.env._("agrees"),
            "contradicts": self.env._("contradicts"),
            "missing": self.env._("was asked for and not given"),
            "unknown": self.env._("cannot be compared"),
        }
        labels = self._get_labels()
        rows = Markup().join(
            Markup(
                "<tr><td>%s</td><td>%s</td><td>%s</td>"
                "<td class='text-nowrap %s'>%s</td></tr>"
            )
            % (
                labels[item["label"]],
                self._get_given(item) or "–",
                self._get_known(item) or "–",
                STYLES[item["verdict"]],
                verdicts[item["verdict"]],
            )
            for item in self.evidence or []
        )
        head = Markup("<tr><th></th><th>%s</th><th>%s</th><th></th></tr>") % (
            self.env._("From the bank"),
            self.env._("In our register"),
        )
        return Markup("<table class='table table-sm small mb-0'>%s%s</table>") % (
            head,
            rows,
        )

    def _get_given(self, item):
        """Return what the bank told; only private persons order in a netbank."""
        return self.env._("yes") if item["label"] == "consumer" else item["given"]

    def _get_known(self, item):
        """Return what we know; of some of it a word that stands for it was stored."""
        if item["label"] != "consumer":
            return item["known"]
        words = {"company": self.env._("company"), "archived": self.env._("archived")}
        return words.get(item["known"], item["known"])

    def _get_labels(self):
        return {
            "customer_number": self.env._("Customer number"),
            "reference": self.env._("Reference"),
            "phone": self.env._("Phone"),
            "business_id": self.env._("Business ID"),
            "form": self.env._("Form or check digit"),
            "paid_reference": self.env._("Paid reference"),
            "name": self.env._("Name"),
            "zip": self.env._("Postcode"),
            "street": self.env._("Street"),
            "consumer": self.env._("Private person"),
        }

    def action_accept(self):
        """Allocate the order to this customer."""
        self.ensure_one()
        return self.agreement_id.allocate(self.partner_id.id)
