import re

from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.formats.banking_days import add_banking_days

from ..formats import avtalegiro
from ..formats.errors import FormatError
from .efaktura import COUNTRY, CURRENCY, organisation_number
from .rail import Problem, Rail

_lt = LazyTranslate(__name__)

# So many banking days after a payment the bank's file with it has come.
DAYS_TO_KNOW = 3
UNIT = re.compile("[0-9]{8}")
# Communication standards that give KIDs: ours and that of Norway's chart.
REFERENCES = ("own_kid", "no")


def get_account_number(account):
    """Return the eleven digits of a Norwegian account, or ""."""
    number = re.sub(r"[\s.]", "", account.acc_number or "")
    if number[:2].upper() == COUNTRY:
        number = number[4:]
    return number if re.fullmatch("[0-9]{11}", number) else ""


class Avtalegiro(Rail):
    """AvtaleGiro: Norwegian banks pay claims from their customers' accounts.

    It brings no invoice; the invoice goes its own way, and the claim beside it.
    """

    name = "avtalegiro"
    label = _lt("AvtaleGiro (Norway)")
    time_zone = avtalegiro.NORWAY.key
    has_mandates = True
    mimetype = "text/plain"
    charset = avtalegiro.ENCODING

    def get_missing(self, channel):
        company = (channel.company_id or self.env.company).sudo()
        countries = company.country_id | company.account_fiscal_country_id
        journals = (
            self.env["account.journal"]
            .sudo()
            .search([("company_id", "=", company.id), ("type", "=", "sale")])
        )
        found = [layout for j in journals if (layout := j._get_kid_layout())]
        account = channel.bank_account_ids
        lacking = {
            "country": (
                COUNTRY in countries.mapped("code"),
                "company",
                _lt(
                    "The company's country is %s: AvtaleGiro is for companies in "
                    "Norway.",
                    company.country_id.name or _lt("not entered"),
                ),
            ),
            "currency": (
                company.currency_id.name == CURRENCY,
                "company",
                _lt(
                    "The company's currency is %s: AvtaleGiro claims Norwegian kroner.",
                    company.currency_id.name,
                ),
            ),
            "avtalegiro_unit": (
                UNIT.fullmatch(channel.avtalegiro_unit or ""),
                False,
                _lt(
                    "The customer unit is missing: eight digits, in the agreement on "
                    "AvtaleGiro."
                ),
            ),
            "accounts": (
                len(account) == 1 and get_account_number(account),
                not company.partner_id.bank_ids and "bank_account",
                _lt(
                    "The one account of the agreement on AvtaleGiro is missing: eleven "
                    "digits."
                ),
            ),
            "reference": (
                any(layout.find("customer") for layout, _told_by in found),
                "journal",
                _lt(
                    "No sales journal gives invoices a KID that tells the customer: "
                    "choose a KID layout as its communication standard, under Advanced "
                    "Settings."
                ),
            ),
        }
        return [
            Problem(code, "danger", fix, message)
            for code, (there, fix, message) in lacking.items()
            if not there
        ]

    def get_business_id(self, company):
        return organisation_number(company)

    def get_payload(self, raw):
        return raw

    def show(self, raw):
        return "" if avtalegiro.is_receipt(raw) else super().show(raw)

    # === MANDATES AND RECEIPTS === #

    def knows(self, data):
        return avtalegiro.recognises(data) or avtalegiro.is_receipt(data)

    def split(self, data):
        part = {"type": "unknown", "raw": data, "error": ""}
        part |= {"message_id": "", "message_timestamp": ""}
        if avtalegiro.recognises(data):
            part["type"] = "avtalegiro_mandates"
        elif avtalegiro.is_receipt(data):
            part["type"] = "avtalegiro_receipt"
        return [part]

    def read_mandates(self, channel, raw):
        try:
            lists = avtalegiro.read_mandates(raw)
        except FormatError as error:
            raise UserError(_explain(error)) from error
        ours = get_account_number(channel.bank_account_ids)
        if wrong := [each.account for each in lists if each.account != ours]:
            raise UserError(
                _lt(
                    "The mandates are for the account %(theirs)s, and this channel has "
                    "%(ours)s: import the file on the right channel.",
                    theirs=wrong[0],
                    ours=ours,
                )
            )
        return lists

    def has_payments(self, raw):
        return avtalegiro.has_payments(raw)

    # === CLAIMS === #

    def render_claims(self, channel, number, claims, cancellations):
        content = avtalegiro.write(
            channel.avtalegiro_unit,
            number,
            get_account_number(channel.bank_account_ids),
            [
                avtalegiro.Claim(
                    **_get_words(claim),
                    notice=claim.notice if claim.is_told_by_bank else None,
                )
                for claim in claims
            ],
            [avtalegiro.Claim(**_get_words(claim)) for claim in cancellations],
        )
        return {
            "content": content,
            "filename": f"avtalegiro_{number:07d}.txt",
            "message_id": f"{number:07d}",
        }

    def get_claim_deadlines(self, now):
        return (
            avtalegiro.get_earliest_due_date(now),
            avtalegiro.get_latest_due_date(now.astimezone(avtalegiro.NORWAY).date()),
        )

    def get_last_cancel_moment(self, due):
        return avtalegiro.get_last_cancel_moment(due)

    def get_day_of_knowledge(self, due):
        paid_on = avtalegiro.get_payment_day(due)
        return add_banking_days(paid_on, DAYS_TO_KNOW, COUNTRY)


def _get_words(claim):
    return {
        "kid": claim.kid,
        "amount": claim._get_decimal(),
        "due_date": claim.due_date,
        "name": claim.partner_id.name or "",
        "reference": claim.move_id.name or "",
    }


def _explain(error):
    """Say what is wrong in the bank's file: nobody here can correct it."""
    if error.code == "mandate_file":
        return _lt(
            "Line %s of the file is no record of AvtaleGiro mandates: ask the bank to "
            "send it again.",
            error.params["line"],
        )
    return _lt(
        "The file of mandates ends in the middle, or its totals do not agree with what "
        "is in it: ask the bank to send it again."
    )
