import base64
import hashlib
import json

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate, formatLang

from odoo.addons.receivables_base.tools import NO_RECORDS_FAULT, Sentence

from ...exceptions import AgencyError
from .line import AMOUNTS
from .settlement import TO_CHECK, UNBOOKED

_lt = LazyTranslate(__name__)

KINDS = ("per_invoice", "daily_batch")


class CollectionSettlement(models.Model):
    """What an agency tells of its payouts: kept once, and never merged when it tells
    the same one otherwise."""

    _inherit = "collection.settlement"

    digest = fields.Char(readonly=True, copy=False)
    told_again = fields.Json(
        "Told again",
        readonly=True,
        copy=False,
        help="What the agency told under the same number, with other contents.",
    )
    has_conflict = fields.Boolean(
        string="Told in two ways", compute="_compute_has_conflict", store=True
    )

    @api.depends("told_again")
    def _compute_has_conflict(self):
        for settlement in self:
            settlement.has_conflict = bool(settlement.told_again)

    @api.model
    def _take_in(self, agency, told):
        """Keep what an agency tells of its payouts. One that cannot be kept is for a
        person, and stops no other.

        :param list told: as the adapter's ``get_settlements`` gives it
        """
        names = [one["settlement_id"] for one in told]
        known = self._find_known(agency, names).grouped("name")
        for one in told:
            name = one["settlement_id"]
            try:
                with self.env.cr.savepoint():
                    known[name] = self._keep(agency, one, known.get(name))
            except NO_RECORDS_FAULT:
                raise
            except Exception as fault:
                agency._remind_of_fault(self._explain(fault))

    @api.model
    def _take_in_one(self, agency, one):
        """Keep what an agency tells of one payout.

        :raise AgencyError: it cannot be kept
        """
        known = self._find_known(agency, [one["settlement_id"]])
        return self._keep(agency, one, known)

    @api.model
    def _find_known(self, agency, names):
        return self.search([("agency_id", "=", agency.id), ("name", "in", names)])

    @api.model
    def _keep(self, agency, one, known):
        """Keep a payout. A repeat is silent. The same number with other contents is a
        conflict: what is here stays, and a person decides.

        :param known: the settlement that has its number, if there is one
        :return: the settlement
        """
        plain = json.loads(json.dumps(one, default=str, sort_keys=True))
        digest = self._get_digest(plain)
        if known:
            known._compare(plain, digest)
            return known
        made = self.create(
            {
                **self._prepare_told(agency, one),
                "name": one["settlement_id"],
                "agency_id": agency.id,
                "origin": "agency",
                "digest": digest,
            }
        )
        agency._learn_payer(one["payer_name"], one["payer_account"])
        if one["has_pdf"]:
            self.env["collection.message"]._queue(
                agency, "settlement_pdf", settlement_id=made.id
            )
        return made

    @api.model
    def _get_digest(self, plain):
        contents = {name: plain[name] for name in sorted(plain.keys() - {"has_pdf"})}
        text = json.dumps(contents, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @api.model
    def _prepare_told(self, agency, one):
        """Return the values of a settlement that was told.

        :raise AgencyError: its currency is not in use here
        """
        currency = self.env["res.currency"].search([("name", "=", one["currency"])])
        if not currency:
            raise AgencyError(
                "final",
                "inactive_currency",
                _lt(
                    "Settlement %(number)s is in %(currency)s, a currency that is not "
                    "active here. Activate it and fetch again.",
                    number=one["settlement_id"],
                    currency=one["currency"],
                ),
            )
        cases = self.line_ids._find_cases(agency, one["lines"])
        return {
            "kind": one["kind"] if one["kind"] in KINDS else KINDS[0],
            "date": one["date"],
            "bank_reference": one["bank_reference"],
            "payer_name": one["payer_name"],
            "payer_account": one["payer_account"],
            "currency_id": currency.id,
            "total": float(one["total"]),
            "line_ids": [
                Command.create(
                    {
                        "case_id": case.id,
                        "case_ref": line["case_id"],
                        "case_number": line["case_number"],
                        "external_id": line["external_id"],
                        "reference": line["reference"],
                        "invoice_number": line["invoice_number"],
                        "payment_ref": line["payment_id"],
                        "date": line["date"],
                        **{name: float(line[name]) for name in AMOUNTS},
                    }
                )
                for line, case in zip(one["lines"], cases, strict=True)
            ],
        }

    def _compare(self, plain, digest):
        """What is here was told once more."""
        self.ensure_one()
        if digest == self.digest:
            return
        if not self.digest and self._is_what_was_typed(plain):
            self.digest = digest
            return
        if self.told_again and digest == self._get_digest(self.told_again):
            return
        self.told_again = plain
        sentence = _lt(
            "The agency tells settlement %(number)s with other contents than before: "
            "%(theirs)s paid out instead of %(ours)s, %(count)s lines. What is here "
            "stays until somebody decides. Ask the agency which of the two holds.",
            number=self.name,
            theirs=self._format(plain["total"]),
            ours=self._format(self.total),
            count=len(plain["lines"]),
        )
        if self.state in UNBOOKED:
            self._park_for_person(sentence)
        else:
            self.reason = Sentence.store(sentence)
            self._tell(sentence)

    def _is_what_was_typed(self, plain):
        """Whether a settlement that was entered by hand is the one that was told."""
        return (
            plain["currency"] == self.currency_id.name
            and len(plain["lines"]) == self.line_count
            and not self.currency_id.compare_amounts(float(plain["total"]), self.total)
        )

    def _format(self, amount):
        return formatLang(self.env, float(amount), currency_obj=self.currency_id)

    def _store_pdf(self, data):
        """Keep the agency's paper, here and with the entry."""
        self.write(
            {
                "pdf": base64.b64encode(data),
                "pdf_name": f"{self.name}.pdf".replace("/", "-"),
            }
        )
        self._copy_pdf()

    # === A PERSON DECIDES ABOUT A CONFLICT === #

    def action_keep(self):
        """What is here holds; what was told otherwise is never asked about again."""
        self._check_user()
        for settlement in self.sudo().filtered("has_conflict"):
            settlement.digest = settlement._get_digest(settlement.told_again)
            settlement.write({"told_again": False, "reason": False})
            settlement._settle(TO_CHECK)
            settlement._message_log(
                body=self.env._("%s: what is here holds.", self.env.user.name)
            )
        return True

    def action_take_over(self):
        """What was told last holds, where nothing is booked yet."""
        self._check_user()
        for settlement in self.sudo().filtered("has_conflict"):
            settlement._check_unbooked()
            told = settlement.told_again
            lines = [
                {**line, "date": fields.Date.to_date(line["date"])}
                for line in told["lines"]
            ]
            told_last = {**told, "date": fields.Date.to_date(told["date"])}
            try:
                values = settlement._prepare_told(
                    settlement.agency_id, {**told_last, "lines": lines}
                )
            except AgencyError as error:
                sentence = Sentence.read(Sentence.store(error), self.env)
                raise UserError(sentence) from error
            settlement.line_ids.unlink()
            settlement.write(
                {
                    **values,
                    "told_again": False,
                    "reason": False,
                    "digest": settlement._get_digest(told),
                }
            )
            settlement._set_state("to_review")
            settlement._settle(TO_CHECK)
            settlement._message_log(
                body=self.env._(
                    "%s: what the agency told last holds.", self.env.user.name
                )
            )
        return True
