import base64
import csv
import io
from datetime import date, datetime

import xlsxwriter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate
from odoo.tools.misc import get_lang

from odoo.addons.base_import.models.base_import import ImportValidationError

from ..models.agreement.existing_rows import ExistingRows

_lt = LazyTranslate(__name__)

# the columns of a spreadsheet, as `einvoice.agreement.import_existing` calls them
COLUMNS = {
    "customer_number": _lt("Customer number"),
    "address": _lt("E-invoice address"),
    "intermediator": _lt("Bank code"),
    "service": _lt("Service"),
    "since": _lt("Ordered on"),
    "name": _lt("Name at the bank"),
}
NEEDED = ("customer_number", "address", "intermediator")
EXAMPLE = {
    "customer_number": "10014",
    "address": "FI2112345600000785",
    "intermediator": "NDEAFIHH",
    "since": "2024-05-31",
    "name": "Maija Meikäläinen",
}
OUTCOMES = [
    ("new", "Brought in"),
    ("known", "Here already"),
    ("refused", "Stays out"),
]


class EinvoiceExistingWizard(models.TransientModel):
    """Brings in agreements of an earlier system from a spreadsheet."""

    _name = "einvoice.existing.wizard"
    _description = "Bring in existing agreements"

    channel_id = fields.Many2one(
        "einvoice.channel",
        required=True,
        default=lambda self: self.env["einvoice.channel"].search(
            [("company_id", "=", self.env.company.id)], limit=1
        ),
        help="The channel on which the consumers ordered.",
    )
    content = fields.Binary(string="Spreadsheet", help="XLSX, XLS, ODS or CSV.")
    filename = fields.Char()
    template = fields.Binary(compute="_compute_template")
    template_name = fields.Char("Template name", compute="_compute_template")
    step = fields.Selection(
        [("choose", "File"), ("preview", "Preview"), ("done", "Report")],
        required=True,
        readonly=True,
        default="choose",
    )
    line_ids = fields.One2many(
        "einvoice.existing.wizard.line", "wizard_id", readonly=True
    )
    new_count = fields.Integer(string="Brought in", compute="_compute_counts")
    known_count = fields.Integer(string="Here already", compute="_compute_counts")
    refused_count = fields.Integer(string="Stays out", compute="_compute_counts")

    @api.depends_context("lang")
    def _compute_template(self):
        for wizard in self:
            wizard.template = base64.b64encode(wizard._make_template())
            wizard.template_name = self.env._("Agreements of e-invoices.xlsx")

    @api.depends("line_ids.outcome")
    def _compute_counts(self):
        for wizard in self:
            outcomes = wizard.line_ids.mapped("outcome")
            for outcome, _label in OUTCOMES:
                wizard[f"{outcome}_count"] = outcomes.count(outcome)

    def _make_template(self):
        """Return a workbook with the columns and one row as an example."""
        services = dict(self._get_services())
        example = {**EXAMPLE, "service": services["einvoice"]}
        written = io.BytesIO()
        with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
            sheet = book.add_worksheet()
            # customer numbers keep their zeros, and days stay as they are written
            text = book.add_format({"num_format": "@"})
            sheet.set_column(0, len(COLUMNS) - 1, 22, text)
            bold = book.add_format({"bold": True})
            for place, (name, label) in enumerate(COLUMNS.items()):
                sheet.write_string(0, place, self.env._(label), bold)
                sheet.write_string(1, place, example[name], text)
        return written.getvalue()

    def _get_services(self):
        field = self.env["einvoice.agreement"]._fields["service"]
        return field._description_selection(self.env)

    # === WHAT A PERSON DOES === #

    def action_template(self):
        """Give a spreadsheet to fill in."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/template"
            "?download=true&filename_field=template_name",
            "target": "download",
        }

    def action_preview(self):
        """Show what would become of each row; nothing is changed."""
        return self._show("preview")

    def action_import(self):
        """Bring in what can be, and report on each row."""
        return self._show("done")

    def action_back(self):
        """Choose another file."""
        self.ensure_one()
        self.check_access("write")
        self.line_ids.unlink()
        self.step = "choose"
        return self._reopen()

    def action_view_agreements(self):
        """Show what was brought in."""
        self.ensure_one()
        self.check_access("read")
        brought = self.line_ids.filtered(lambda line: line.outcome == "new")
        return brought.agreement_id._get_records_action(
            name=self.env._("Agreements that were brought in")
        )

    def _show(self, step):
        self.ensure_one()
        self.check_access("write")
        agreements = self.env["einvoice.agreement"]
        agreements._check_may_import()
        self.channel_id.check_access("read")
        sheet = self._read_sheet()
        rows = [self._read_row(cells) for cells in sheet]
        if step == "done":
            found = agreements._import_rows(self.channel_id, rows)
        else:
            found = ExistingRows(self.channel_id).judge(rows)
        self.line_ids.unlink()
        lines = self.env["einvoice.existing.wizard.line"]
        self.line_ids = lines.create(lines._prepare(self, sheet, found))
        self.step = step
        return self._reopen()

    def _reopen(self):
        return self._get_records_action(
            name=self.env._("Bring in existing agreements"),
            target="new",
            context={"dialog_size": "extra-large"},
        )

    # === THE SPREADSHEET === #

    def _read_sheet(self):
        """Return the rows below the headings, as ``{column: text}``.

        A row may end before the last columns.
        """
        cells = self._read_cells()
        columns = self._find_columns(cells[0])
        return [
            {
                name: _text(row[place]) if place < len(row) else ""
                for name, place in columns.items()
            }
            for row in cells[1:]
        ]

    def _read_cells(self):
        """Read the file as Odoo's own import does."""
        if not self.content:
            raise UserError(self.env._("Choose the spreadsheet first."))
        reader = self.env["base_import.import"].create(
            {
                "file": base64.b64decode(self.content),
                "file_name": self.filename or "",
            }
        )
        try:
            _count, cells = reader._read_file({"quoting": '"'})
        except (ImportValidationError, ValueError, csv.Error) as error:
            raise UserError(
                self.env._("The file cannot be read: %s", str(error))
            ) from error
        if len(cells) < 2:
            raise UserError(
                self.env._("There is nothing below the headings: add the agreements.")
            )
        return cells

    def _find_columns(self, headings):
        """Return where each column is, by its name here or by its label."""
        labels = {}
        for name, label in COLUMNS.items():
            english = label._source
            labels |= dict.fromkeys(
                (name, english.casefold(), self.env._(label).casefold()), name
            )
        columns = {}
        for place, heading in enumerate(headings):
            if name := labels.get(_text(heading).casefold()):
                columns[name] = place
        missing = [self.env._(COLUMNS[name]) for name in NEEDED if name not in columns]
        if missing:
            raise UserError(
                self.env._(
                    "These columns are missing: %s. The template shows them all.",
                    ", ".join(missing),
                )
            )
        return columns

    def _read_row(self, cells):
        """Return a row as ``einvoice.agreement.import_existing`` takes it.

        :return: ``(values, fault)``
        """
        values = {name: text for name, text in cells.items() if text}
        for name in NEEDED:
            if name not in values:
                label = self.env._(COLUMNS[name])
                return {}, self.env._("%s is missing: fill it in.", label)
        if "service" in values:
            word = values["service"].casefold()
            services = {label.casefold(): key for key, label in self._get_services()}
            values["service"] = services.get(word, word)
            if word not in services and word not in services.values():
                return {}, self.env._(
                    "“%(given)s” is no service; there are: %(services)s.",
                    given=cells["service"],
                    services=", ".join(label for _key, label in self._get_services()),
                )
        if "since" in values:
            values["since"] = self._read_day(values["since"])
            if not values["since"]:
                return {}, self.env._(
                    "“%s” is no day: write it like 2024-05-31.", cells["since"]
                )
        return values, ""

    def _read_day(self, text):
        for form in ("%Y-%m-%d", "%d.%m.%Y", get_lang(self.env).date_format):
            try:
                return datetime.strptime(text, form).date()
            except ValueError:
                continue
        return False


class EinvoiceExistingWizardLine(models.TransientModel):
    """What becomes of a row of the spreadsheet."""

    _name = "einvoice.existing.wizard.line"
    _description = "Row of existing agreements"
    _order = "row"

    wizard_id = fields.Many2one(
        "einvoice.existing.wizard", required=True, ondelete="cascade", readonly=True
    )
    row = fields.Integer(readonly=True)
    customer_number = fields.Char(string="Customer number", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    address = fields.Char(string="E-invoice address", readonly=True)
    intermediator = fields.Char(string="Bank code", readonly=True)
    since = fields.Char(string="Ordered on", readonly=True)
    agreement_id = fields.Many2one("einvoice.agreement", readonly=True)
    outcome = fields.Selection(OUTCOMES, readonly=True)
    message = fields.Text(readonly=True)

    @api.model
    def _prepare(self, wizard, sheet, found):
        """Return the values of lines that tell what becomes of rows."""
        seen, lines = set(), []
        for number, (cells, row) in enumerate(zip(sheet, found, strict=True), 2):
            is_new = bool(row.values) and row not in seen
            seen.add(row)
            lines.append(
                {
                    "wizard_id": wizard.id,
                    "row": number,
                    "customer_number": cells["customer_number"],
                    "partner_id": row.partner.id,
                    "address": cells["address"],
                    "intermediator": cells["intermediator"],
                    "since": cells.get("since"),
                    "agreement_id": row.agreement.id,
                    "outcome": "refused"
                    if row.is_refused
                    else "new"
                    if is_new
                    else "known",
                    "message": "\n".join(each["message"] for each in row.reasons),
                }
            )
        return lines


def _text(cell):
    """Return a cell as a person typed it; days in ISO form."""
    if isinstance(cell, date):
        return cell.strftime("%Y-%m-%d")
    return str(cell).strip()
