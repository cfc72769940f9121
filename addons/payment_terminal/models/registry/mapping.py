import base64

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.receivables_base.tools import Sentence

from ...formats import csv_payments, csv_registry, registries, registry
from ...formats.statement import FileError, disagreements
from .faults import explain
from .reading import show

_SHOWN = 20
# What a column may be called.
_COLUMNS = (
    *("txn_id", "amount", "day", "time", "account", "fee", "terminal"),
    *("total_count", "total_amount"),
    *("reference", "payer", "payer_account", "text"),
)


class PaymentTerminalCsvMapping(models.Model):
    """How a table of a network or a bank is read that is none of the known formats."""

    _name = "payment.terminal.csv.mapping"
    _description = "Mapping of a table"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    use = fields.Selection(
        [("registry", "Registry of a network"), ("bank", "Payments of a bank")],
        string="What it holds",
        required=True,
        default="registry",
    )
    delimiter = fields.Selection(
        [(";", "Semicolon"), (",", "Comma"), ("tab", "Tab"), ("|", "Vertical bar")],
        string="Fields are apart by",
        required=True,
        default=";",
    )
    charset = fields.Selection(
        [(name, name.upper().removesuffix("-SIG")) for name in csv_registry.CHARSETS],
        string="Character set",
        required=True,
        default="utf-8-sig",
    )
    decimal = fields.Selection(
        [(".", "Point: 1250.50"), (",", "Comma: 1250,50")],
        string="Decimal sign",
        required=True,
        default=".",
    )
    order = fields.Selection(
        [
            ("dmy", "Day, month, year: 20.11.2026"),
            ("ymd", "Year, month, day: 2026-11-20"),
            ("mdy", "Month, day, year: 11/20/2026"),
        ],
        string="Dates",
        required=True,
        default="dmy",
    )
    head = fields.Integer(string="Lines before the payments", default=1)
    foot = fields.Integer(string="Lines after the payments")
    sign = fields.Selection(
        [("1", "Above zero"), ("-1", "Below zero")],
        string="Payments are",
        required=True,
        default="1",
    )
    txn_id = fields.Char(string="Transaction ID", default="1")
    amount = fields.Char(required=True, default="2")
    day = fields.Char(string="Date", required=True, default="3")
    time = fields.Char(help="Where it stands in a field of its own.")
    account = fields.Char(string="Customer number")
    fee = fields.Char("Network fee")
    terminal = fields.Char(string="Kiosk")
    reference = fields.Char(help="Of the invoice: it pays it.")
    payer = fields.Char()
    payer_account = fields.Char("Account of the payer")
    text = fields.Char("Message")
    total_count = fields.Char(
        string="Number of payments", help="A column of the last line."
    )
    total_amount = fields.Char(string="Sum", help="A column of the last line.")
    sample = fields.Binary(string="Sample file", attachment=False)
    sample_name = fields.Char("Sample name")
    preview_text = fields.Text(string="What is read", compute="_compute_preview")

    @api.constrains("head", "foot", "use", *_COLUMNS)
    def _check_lines(self):
        for mapping in self:
            if mapping.use == "registry" and not mapping.txn_id:
                raise ValidationError(
                    self.env._("A registry has a column with the transaction ID.")
                )
            if not 0 <= mapping.head <= 50 or not 0 <= mapping.foot <= 50:
                raise ValidationError(
                    self.env._("A table has 0 to 50 lines before and after payments.")
                )
            if (mapping.total_count or mapping.total_amount) and not mapping.foot:
                raise ValidationError(
                    self.env._("Totals stand in the last line: say how many follow.")
                )

    def _get_mapping(self):
        """Return what the format needs."""
        self.ensure_one()
        delimiter = "\t" if self.delimiter == "tab" else self.delimiter
        return csv_registry.Mapping(
            delimiter=delimiter,
            charset=self.charset,
            decimal=self.decimal,
            order=self.order,
            head=self.head,
            foot=self.foot,
            sign=int(self.sign),
            **{name: (self[name] or "").strip() for name in _COLUMNS},
        )

    @api.depends(
        *("sample", "head", "foot", "delimiter", "charset", "decimal", "order"),
        *("sign", "use", *_COLUMNS),
    )
    @api.depends_context("lang")
    def _compute_preview(self):
        for mapping in self:
            mapping.preview_text = False
            content = mapping.with_context(bin_size=False).sample
            if content:
                mapping.preview_text = mapping._describe(base64.b64decode(content))

    def _describe(self, data):
        """Return what would be read, in lines for people."""
        is_bank = self.use == "bank"
        describe = self._describe_payments if is_bank else self._describe_registry
        try:
            return "\n".join(describe(data))
        except FileError as error:
            return Sentence.read(explain(error), self.env)

    def _describe_payments(self, data):
        currency = self.company_id.currency_id
        found = csv_payments.read(
            data, self._get_mapping(), currency.decimal_places, currency.name
        )
        for error in disagreements(found):
            yield Sentence.read(explain(error), self.env)
        amount = sum(entry.amount for entry in found.entries)
        yield self.env._(
            "Payments: %(count)s; sum: %(amount)s",
            count=len(found.entries),
            amount=amount,
        )
        for entry in found.entries[:_SHOWN]:
            yield (
                f"{entry.place}: {entry.bank_id} | {entry.reference} | {entry.amount} "
                f"| {entry.booked_on} | {entry.payer} | {entry.payer_account} "
                f"| {entry.text}"
            )

    def _describe_registry(self, data):
        decimals = self.company_id.currency_id.decimal_places
        found = registries.read(data, decimals, self._get_mapping())
        yield self.env._(
            "Payments: %(count)s; sum: %(amount)s; fees: %(fee)s",
            count=len(found.rows),
            amount=found.amount,
            fee=found.fee,
        )
        for problem in registry.get_problems(found)[:_SHOWN]:
            yield self.env._(
                "Line %(place)s: %(sentence)s %(content)s",
                place=problem.place,
                sentence=Sentence.read(explain(problem.error), self.env),
                content=show(problem.content),
            )
        for row in found.rows[:_SHOWN]:
            yield (
                f"{row.place}: {row.txn_id} | {row.account} | {row.amount} "
                f"| {row.paid_at} | {row.fee} | {row.terminal}"
            )
