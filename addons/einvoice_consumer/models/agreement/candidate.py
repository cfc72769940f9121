import re
import unicodedata

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

MAX_CANDIDATES = 10
STYLES = {
    "agrees": "text-success",
    "contradicts": "text-danger",
    "missing": "text-danger",
    "unknown": "text-muted",
}
# what a kind of identifier is compared with
LABELS = {
    "customer": "customer_number",
    "unknown": "customer_number",
    "reference": "reference",
    "paid": "paid_reference",
    "proposal": "proposal",
}


def _words(text):
    """Fold a name or address to comparable words: case, accents, punctuation."""
    folded = unicodedata.normalize("NFKD", text or "").casefold()
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return frozenset(re.findall(r"\w+", plain))


def _compact(text):
    """Fold an identifier: consumers type spaces and hyphens as they like."""
    return re.sub(r"[\s\-]", "", text or "").casefold()


def _has_number(compact):
    """A domain of the customers with a number, however it is spaced; by an index."""
    return Domain.custom(
        to_sql=lambda model, alias, query: SQL(
            r"lower(regexp_replace(%s, '[\s-]', '', 'g')) = %s",
            model._field_to_sql(alias, "ref", query),
            compact,
        )
    )


def _is_called(words):
    """A domain of the customers with words in their name; by an index.

    :param str words: joined by ``&`` or ``|``
    """
    return Domain.custom(
        to_sql=lambda model, alias, query: SQL(
            "to_tsvector('simple', %s) @@ to_tsquery('simple', %s)",
            model._field_to_sql(alias, "name", query),
            words,
        )
    )


def _same_place(given, known):
    """Compare postcodes or streets letter by letter ("Kuja 2 B 7", "Kuja 2b7")."""
    return (
        re.sub(r"[\W_]", "", given).casefold() == re.sub(r"[\W_]", "", known).casefold()
    )


def _point(label, given, known, agrees):
    """A point of comparison; ``agrees`` is None where there is nothing to compare."""
    verdict = "agrees" if agrees else "unknown" if agrees is None else "contradicts"
    return _evidence(label, given, known, verdict)


def _evidence(label, given, known, verdict):
    return {
        "label": label,
        "given": given or "",
        "known": known or "",
        "verdict": verdict,
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
            for move in self.env["account.move"].search(
                [
                    ("commercial_partner_id", "in", candidates.partner_id.ids),
                    ("company_id", "=", company.id),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                ],
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

    # === MATCHING === #

    @api.model
    def _propose(self, agreement):
        """Replace the candidates of ``agreement`` by what the register says now."""
        agreement.candidate_ids.unlink()
        found = self._find_identified(agreement)
        partners = self.env["res.partner"].union(*[hits for _k, _v, hits in found])
        if not partners:
            partners = self._find_similar(agreement)
        return self.create(
            [
                self._prepare_values(agreement, partner, found)
                for partner in partners[:MAX_CANDIDATES]
            ]
        )

    @api.model
    def _propose_partner(self, agreement, partner):
        """Compare a customer whom a person picked, with no search."""
        found = self._find_identified(agreement)
        return self.create(self._prepare_values(agreement, partner, found))

    @api.model
    def _find_identified(self, agreement):
        """Look up every identifier that was typed or that the bank added.

        :return: a list of ``(kind, value, customers)``
        """
        found = []
        for identifier in agreement.identifiers or []:
            kind, value = identifier["kind"], identifier["value"]
            hits = self.env["res.partner"]
            if kind in ("customer", "unknown"):
                hits = self._find_by_number(agreement, value)
                kind = "customer" if hits else kind
            if kind in ("reference", "unknown") and not hits:
                hits = self._find_by_reference(agreement, value)
                kind = "reference" if hits else kind
            found.append((kind, value, hits))
        if agreement.paid_reference:
            hits = self._find_by_reference(agreement, agreement.paid_reference)
            if hits:
                found.append(("paid", agreement.paid_reference, hits))
        return found

    @api.model
    def _partner_domain(self, agreement):
        return Domain(
            self.env["res.partner"]._check_company_domain(agreement.company_id)
        )

    @api.model
    def _find_by_number(self, agreement, value):
        compact = _compact(value)
        partners = self.env["res.partner"].search(
            self._partner_domain(agreement) & _has_number(compact)
        )
        return partners.commercial_partner_id.filtered(
            lambda p: _compact(p.ref) == compact
        )

    @api.model
    def _find_by_reference(self, agreement, value):
        variants = agreement.channel_id._get_rail().get_reference_variants(value)
        moves = self.env["account.move"].search(
            [
                ("payment_reference", "in", variants),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("state", "=", "posted"),
                ("company_id", "=", agreement.company_id.id),
            ]
        )
        return moves.commercial_partner_id

    @api.model
    def _find_similar(self, agreement):
        """Find customers to show a person when no identifier points anywhere."""
        words = re.findall(r"[^\W_]+", agreement.consumer_name or "")
        if not words:
            return self.env["res.partner"]
        base = self._partner_domain(agreement) & Domain(
            [("is_company", "=", False), ("parent_id", "=", False)]
        )
        partners = self.env["res.partner"].search(
            base & _is_called(" & ".join(words)), limit=MAX_CANDIDATES
        )
        if not partners and agreement.consumer_zip:
            partners = self.env["res.partner"].search(
                base
                & _is_called(" | ".join(words))
                & Domain("zip", "=", agreement.consumer_zip),
                limit=MAX_CANDIDATES,
            )
        return partners

    @api.model
    def _prepare_values(self, agreement, partner, found):
        evidence = [
            *self._compare_identifiers(agreement, partner, found),
            *self._compare_person(agreement, partner),
        ]
        verdicts = [item["verdict"] for item in evidence]
        against = {"contradicts", "missing"}
        identified = any(
            partner in hits for kind, _value, hits in found if kind != "paid"
        )
        unique = all(len(hits) == 1 for kind, _v, hits in found if kind != "paid")
        return {
            "agreement_id": agreement.id,
            "partner_id": partner.id,
            "evidence": evidence,
            "score": verdicts.count("agrees")
            - sum(map(against.__contains__, verdicts)),
            "identified": identified,
            "is_proven": identified and unique and against.isdisjoint(verdicts),
        }

    @api.model
    def _compare_identifiers(self, agreement, partner, found):
        evidence = []
        for kind, value, hits in found:
            label, known = LABELS[kind], ""
            if label == "customer_number":
                known = partner.ref
            elif partner in hits:
                known = value
            evidence.append(_point(label, value, known, partner in hits))
        given = {kind for kind, _value, _hits in found}
        asked = agreement.channel_id.asked_identifiers
        for kind in ("customer", "reference"):
            # The channel asks for it, so an order without it proves too little.
            enough = {kind, "unknown", "proposal"}
            if asked in (kind, "both") and not given & enough:
                evidence.append(_evidence(LABELS[kind], "", "", "missing"))
        return evidence

    @api.model
    def _compare_person(self, agreement, partner):
        name = agreement.consumer_name
        ours, theirs = _words(partner.name), _words(name)
        # A second given name on one side only is no contradiction.
        same_name = len(ours & theirs) > 1 and (ours <= theirs or theirs <= ours)
        evidence = [_point("name", name, partner.name, same_name if theirs else None)]
        for label, given, known in (
            ("zip", agreement.consumer_zip, partner.zip),
            ("street", agreement.consumer_street, partner.street),
        ):
            same = _same_place(given, known) if given and known else None
            evidence.append(_point(label, given, known, same))
        if partner.is_company or not partner.active:
            known = "company" if partner.is_company else "archived"
            evidence.append(_point("consumer", "", known, False))
        return evidence
