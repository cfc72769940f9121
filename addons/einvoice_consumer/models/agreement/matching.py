import re
import unicodedata

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...formats.consumer_identifiers import business_ids, phone

MAX_CANDIDATES = 10
# what of a customer is compared with the order
COMPARED = ("name", "street", "zip", "ref", "is_company", "active")
# what a kind of identifier is compared with
LABELS = {
    "customer": "customer_number",
    "unknown": "customer_number",
    "reference": "reference",
    "phone": "phone",
    "business": "business_id",
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


def _has_number(compacts):
    """A domain of the customers with one of these numbers, however it is spaced; by an
    index."""
    return Domain.custom(
        to_sql=lambda model, alias, query: SQL(
            r"lower(regexp_replace(%s, '[\s-]', '', 'g')) = ANY(%s)",
            model._field_to_sql(alias, "ref", query),
            list(compacts),
        )
    )


def _is_called(words):
    """A domain of the customers with words in their name; by an index.

    :param SQL words: an expression of type tsquery
    """
    return Domain.custom(
        to_sql=lambda model, alias, query: SQL(
            "to_tsvector('simple', %s) @@ %s",
            model._field_to_sql(alias, "name", query),
            words,
        )
    )


def _is_at(postcode):
    """A domain of the customers at a postcode.

    :param SQL postcode: an expression
    """
    return Domain.custom(
        to_sql=lambda model, alias, query: SQL(
            "%s = %s", model._field_to_sql(alias, "zip", query), postcode
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
    """Whose order it may be: what the bank told is looked up in the customer register,
    for many orders by a few queries."""

    _inherit = "einvoice.agreement.candidate"

    @api.model
    def _propose(self, agreements):
        """Replace the candidates of agreements by what the register says now."""
        agreements.candidate_ids.unlink()
        identified = self._find_identified(agreements)
        partners = {
            agreement: self.env["res.partner"].union(*[hits for _k, _v, hits in found])
            for agreement, found in identified.items()
        }
        unknown = agreements.filtered(lambda agreement: not partners[agreement])
        partners |= self._find_similar(unknown)
        # read at once
        everybody = self.env["res.partner"].union(*partners.values())
        everybody.fetch(COMPARED)
        return self.create(
            [
                self._prepare_values(agreement, partner, identified[agreement])
                for agreement in agreements
                for partner in partners[agreement][:MAX_CANDIDATES]
            ]
        )

    @api.model
    def _propose_partner(self, agreement, partner):
        """Compare a customer whom a person picked, with no search."""
        found = self._find_identified(agreement)
        return self.create(self._prepare_values(agreement, partner, found[agreement]))

    @api.model
    def _find_identified(self, agreements):
        """Look up every identifier that was typed or that the bank added.

        :return: a dict of each agreement's list of ``(kind, value, customers)``
        """
        found = {}
        for channel, own in agreements.grouped("channel_id").items():
            typed = [typed for a in own for typed in a.identifiers or []]
            numbers = self._find_by_number(
                channel,
                {t["value"] for t in typed if t["kind"] in ("customer", "unknown")},
            )
            references = self._find_by_reference(
                channel,
                {t["value"] for t in typed if t["kind"] in ("reference", "unknown")}
                | set(filter(None, own.mapped("paid_reference"))),
            )
            phones = self._find_by_phone(
                channel, {t["value"] for t in typed if t["kind"] == "phone"}
            )
            businesses = self._find_by_business_id(
                channel, {t["value"] for t in typed if t["kind"] == "business"}
            )
            others = {"phone": phones, "business": businesses}
            for agreement in own:
                found[agreement] = self._get_found(
                    agreement, numbers, references, others
                )
        return found

    @api.model
    def _get_found(self, agreement, numbers, references, others):
        found = []
        nobody = self.env["res.partner"]
        for identifier in agreement.identifiers or []:
            kind, value = identifier["kind"], identifier["value"]
            hits = others[kind].get(value, nobody) if kind in others else nobody
            if kind in ("customer", "unknown"):
                hits = numbers.get(_compact(value), nobody)
                kind = "customer" if hits else kind
            if kind in ("reference", "unknown") and not hits:
                hits = references.get(value, nobody)
                kind = "reference" if hits else kind
            found.append((kind, value, hits))
        if hits := references.get(agreement.paid_reference):
            found.append(("paid", agreement.paid_reference, hits))
        return found

    @api.model
    def _partner_domain(self, company):
        return Domain(self.env["res.partner"]._check_company_domain(company))

    @api.model
    def _find_by_number(self, channel, values):
        """Map customer numbers, without what consumers type between, to customers."""
        found = {}
        wanted = set(map(_compact, values))
        if not wanted:
            return found
        for contact in self.env["res.partner"].search(
            self._partner_domain(channel.company_id) & _has_number(wanted)
        ):
            partner, number = contact.commercial_partner_id, _compact(contact.ref)
            if _compact(partner.ref) == number:
                found[number] = found.get(number, partner) | partner
        return found

    @api.model
    def _find_by_phone(self, channel, values):
        """Map telephone numbers, however they are written, to customers."""
        return self._find_by_forms(
            channel,
            {value: tuple(filter(None, (phone(value),))) for value in values},
            ("phone_sanitized",),
        )

    @api.model
    def _find_by_business_id(self, channel, values):
        """Map business IDs to customers."""
        forms = {value: business_ids(value) for value in values}
        return self._find_by_forms(channel, forms, ("vat", "company_registry"))

    @api.model
    def _find_by_forms(self, channel, forms, names):
        """Map values to the customers who have one of its forms in one of the fields.

        :param dict forms: each value's forms
        """
        wanted = [form for each in forms.values() for form in each]
        if not wanted:
            return {}
        found = {}
        partners = self.env["res.partner"].search(
            self._partner_domain(channel.company_id)
            & Domain("parent_id", "=", False)
            & Domain.OR([(name, "in", wanted)] for name in names)
        )
        for name in names:
            for known, having in partners.grouped(name).items():
                found[known] = found.get(known, having) | having
        nobody = self.env["res.partner"]
        return {
            value: nobody.union(*[found.get(form, nobody) for form in each])
            for value, each in forms.items()
        }

    @api.model
    def _find_by_reference(self, channel, values):
        """Map payment references to the customers whose invoices have them."""
        if not values:
            return {}
        variants = channel._get_rail().get_reference_variants
        forms = {value: variants(value) for value in values}
        moves = self.env["account.move"].search(
            [
                (
                    "payment_reference",
                    "in",
                    [f for each in forms.values() for f in each],
                ),
                ("move_type", "in", ("out_invoice", "out_refund")),
                ("state", "=", "posted"),
                ("company_id", "=", channel.company_id.id),
            ]
        )
        found = moves.grouped("payment_reference")
        return {
            value: moves.browse()
            .union(*(found[form] for form in each if form in found))
            .commercial_partner_id
            for value, each in forms.items()
        }

    @api.model
    def _find_similar(self, agreements):
        """Find customers to show a person when no identifier points anywhere.

        :return: a dict of each agreement's customers
        """
        names = {
            agreement: re.findall(r"[^\W_]+", agreement.consumer_name or "")
            for agreement in agreements
        }
        found = self._find_called(
            {agreement: " & ".join(words) for agreement, words in names.items()}
        )
        similar = self._find_called(
            {
                agreement: " | ".join(words)
                for agreement, words in names.items()
                if agreement not in found and agreement.consumer_zip
            },
            same_zip=True,
        )
        nobody = self.env["res.partner"]
        return {
            agreement: found.get(agreement) or similar.get(agreement) or nobody
            for agreement in agreements
        }

    @api.model
    def _find_called(self, words, same_zip=False):
        """Find customers by the words of their names.

        :param dict words: what is asked about each agreement, in the language of
            ``to_tsquery``; empty where nothing is
        :return: a dict of agreements to customers; without those where nobody is found
        """
        asked = self.env["einvoice.agreement"].union(*filter(words.get, words))
        found = {}
        for company, agreements in asked.grouped("company_id").items():
            domain = (
                self._partner_domain(company)
                & Domain([("is_company", "=", False), ("parent_id", "=", False)])
                & _is_called(SQL("to_tsquery('simple', asked.words)"))
            )
            if same_zip:
                domain &= _is_at(SQL("asked.zip"))
            partners = self.env["res.partner"]._search(domain, limit=MAX_CANDIDATES)
            rows = self.env.execute_query(
                SQL(
                    """SELECT asked.agreement_id, partner.id
                         FROM unnest(%s::int[], %s::text[], %s::text[])
                              AS asked (agreement_id, words, zip),
                              LATERAL (%s) AS partner""",
                    agreements.ids,
                    [words[agreement] for agreement in agreements],
                    [agreement.consumer_zip or None for agreement in agreements],
                    partners.select(),
                )
            )
            for agreement_id, partner_id in rows:
                agreement = asked.browse(agreement_id)
                partner = self.env["res.partner"].browse(partner_id)
                found[agreement] = found.get(agreement, partner) | partner
        return found

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
        for identifier in agreement.identifiers or []:
            if identifier.get("is_wrong"):
                evidence.append(_point("form", identifier["value"], "", False))
        given = {kind for kind, _value, _hits in found}
        asked = agreement.channel_id.asked_identifiers
        for kind in ("customer", "reference"):
            # The channel asks for it, so an order without it proves too little.
            enough = {kind, "unknown", "proposal"}
            if kind == "customer":
                enough |= {"phone", "business"}
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
