import uuid
from datetime import datetime, timedelta, timezone

from stdnum.no import orgnr

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.formats import references
from odoo.addons.receivables_base.formats.errors import FormatError

from ..formats import efaktura, mobile
from . import efaktura_consumers as consumers
from .efaktura_invoice import CURRENCY, EfakturaInvoices
from .rail import Problem, Rail

_lt = LazyTranslate(__name__)

COUNTRY = "NO"


def organisation_number(company):
    """Return the nine digits by which Norway knows a company, or ""."""
    company = company.sudo()
    for number in (company.company_registry, company.vat):
        digits = "".join(char for char in number or "" if char in "0123456789")
        if orgnr.is_valid(digits):
            return digits
    return ""


class Efaktura(Rail):
    """eFaktura to private persons in Norway, through an operator."""

    name = "efaktura"
    label = _lt("Norway: eFaktura")
    time_zone = "Europe/Oslo"
    country = COUNTRY
    access_point = "B2CNO"
    takes_credit_notes = False
    days_to_due = 4
    has_issuer_agreement = True
    confirms_delivery = True
    holds_print = True
    mimetype = "application/json"

    def get_missing(self, channel):
        company = (channel.company_id or self.env.company).sudo()
        address = [company.street, company.zip, company.city]
        countries = company.country_id | company.account_fiscal_country_id
        accounts = channel.bank_account_ids
        lacking = {
            "organisation_number": (
                organisation_number(company),
                "company",
                _lt("The company's organisation number is missing."),
            ),
            "country": (
                COUNTRY in countries.mapped("code"),
                "company",
                _lt(
                    "The company's country is %s: eFaktura is for companies in Norway.",
                    company.country_id.name or _lt("not entered"),
                ),
            ),
            "address": (
                all(address),
                "company",
                _lt("The company's street address, postcode or city is missing."),
            ),
            "currency": (
                company.currency_id.name == CURRENCY,
                "company",
                _lt(
                    "The company's currency is %s: eFaktura asks for Norwegian kroner.",
                    company.currency_id.name,
                ),
            ),
            "accounts": (
                accounts,
                not company.partner_id.bank_ids and "bank_account",
                _lt("The account that customers pay to is missing."),
            ),
        }
        return [
            Problem(code, "danger", fix, message)
            for code, (there, fix, message) in lacking.items()
            if not there
        ]

    def get_business_id(self, company):
        return organisation_number(company)

    def get_reference_variants(self, value):
        plain = references.normalise(value)
        return sorted({value, plain, plain.lstrip("0")} - {""})

    # === CONSUMERS === #

    def check_consumer(self, partner):
        return consumers.check(partner)

    def correct_phone(self, number):
        return mobile.correct(number or "")

    def get_lookup(self, partner):
        return consumers.get_lookup(partner)

    def get_consent_request(self, partner):
        return consumers.get_consent_request(partner)

    # === INVOICES === #

    def render_invoices(self, channel, pairs):
        channel = channel.sudo()
        invoices = EfakturaInvoices(channel)
        moves = channel.env["account.move"].union(*[move for move, _one in pairs])
        paid = moves.sudo()._avtalegiro_get_paid()
        results = []
        for asked, agreement in pairs:
            move, agreement = asked.sudo(), agreement.sudo()
            problems = invoices.check(move, agreement)
            rendered = []
            if not problems:
                values, problems = invoices.get_values(move, agreement, move in paid)
                rendered = [self._render(asked, agreement, "invoice", values)]
            results.append((asked, [] if problems else rendered, problems))
        return results

    def _render(self, move, agreement, kind, values):
        message = self._make_message(kind, values)
        return {
            "move": move,
            "agreement": agreement,
            "type": kind,
            "part": 1,
            "due_date": move.sudo()._get_due_dates()[0],
            "content": message,
            "message_id": message.message_id,
            "message_timestamp": message.created_at,
            "filename": f"{kind}_{message.message_id}.json",
        }

    def get_contents(self, rendered):
        drawn = iter(self._draw([i for i in rendered if i["type"] == "invoice"]))
        return [
            efaktura.write(
                next(drawn) if item["type"] == "invoice" else item["content"]
            )
            for item in rendered
        ]

    def _draw(self, items):
        if not items:
            return []
        invoices = EfakturaInvoices(items[0]["agreement"].channel_id.sudo())
        return invoices.draw([(i["move"].sudo(), i["content"]) for i in items])

    def explain_refusal(self, code, meaning):
        if meaning:
            return _lt(
                "It did not arrive: %(meaning)s (code %(code)s).",
                meaning=meaning,
                code=code,
            )
        return _lt("The operator refused it with code %s.", code)

    def get_last_cancel_day(self, channel, document):
        """An invoice can be taken back until the consumer has approved it, and until
        the day before it falls due."""
        last = document.due_date - timedelta(days=1)
        if document.progress != "approved":
            return last
        approved = fields.Datetime.context_timestamp(
            document.with_context(tz=self.time_zone), document.progress_at
        )
        return min(last, approved.date() - timedelta(days=1))

    def render_cancellations(self, channel, move, documents):
        rendered = []
        for document in documents:
            item = self._render(
                move,
                document.agreement_id,
                "cancellation",
                {"cancels": document.message_id},
            )
            item |= {
                "due_date": document.due_date,
                "original_id": document.id,
                "recipient_address": document.recipient_address,
            }
            rendered.append(item)
        return rendered, []

    # === MESSAGES === #

    def split(self, data):
        part = {"type": "unknown", "raw": data, "error": ""}
        part |= {"message_id": "", "message_timestamp": ""}
        try:
            event = efaktura.read_event(data)
            part["type"] = efaktura.read_kind(data)
            part["message_id"] = event.event_id
            part["message_timestamp"] = event.created_at
        except FormatError as error:
            part["error"] = _explain(error)
        return [part]

    def show(self, raw):
        return efaktura.show(raw) or super().show(raw)

    def read_event(self, raw):
        try:
            return efaktura.read_event(raw)
        except FormatError as error:
            raise UserError(_explain(error)) from error

    def render_message(self, kind, values):
        message = self._make_message(kind, values)
        return {
            "content": efaktura.write(message),
            "filename": f"{kind}_{message.message_id}.json",
            "message_id": message.message_id,
            "message_timestamp": message.created_at,
        }

    def _make_message(self, kind, values):
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        return efaktura.OUTGOING[kind](
            message_id=str(uuid.uuid4()), created_at=now, **values
        )


def _explain(error):
    """Say what is wrong in an operator's message: nobody here can correct it."""
    if error.code == "missing":
        return _lt(
            "The operator's message lacks %s. Ask the operator to send it again in the "
            "right form.",
            error.field,
        )
    return _lt(
        "The operator's message is not as agreed (%s). Ask the operator to send it "
        "again in the right form.",
        str(error),
    )
