from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.formats.safe_xml import local, parse

from ..formats.errors import FormatError
from ..formats.schema_findings import find, read_schema

_lt = LazyTranslate(__name__)

SENTENCES = {
    "missing": _lt(
        "%(element)s lacks %(expected)s here. Where it is empty or in another place in "
        "the message, it counts as missing."
    ),
    "unexpected": _lt("%(element)s is not expected in %(expected)s."),
    "too_long": _lt("%(element)s is “%(value)s”: at most %(expected)s characters fit."),
    "too_short": _lt(
        "%(element)s is “%(value)s”: at least %(expected)s characters are needed."
    ),
    "choice": _lt("%(element)s is “%(value)s”, but must be one of: %(expected)s."),
    "form": _lt("%(element)s is “%(value)s”, which does not have the right form."),
    "out_of_range": _lt("%(element)s is “%(value)s”, which is out of range."),
    "attribute": _lt("An attribute of %(element)s is wrong or missing (%(reason)s)."),
    "other": _lt("%(element)s is not as it must be (%(reason)s)."),
}
# what corrects an element of our own invoices, by the part of the message it is in
REMEDIES = {
    "BuyerPartyDetails": _lt("Correct the customer's name and address."),
    "EpiDetails": _lt("Correct the invoice's account, reference and due date."),
    "InvoiceDetails": _lt("Correct the invoice."),
    "InvoiceRow": _lt("Correct the invoice's lines."),
    "MessageTransmissionDetails": _lt("Correct the addresses on the channel."),
    "SellerInformationDetails": _lt("Correct the company's accounts and details."),
    "SellerPartyDetails": _lt("Correct the company's name, address and numbers."),
}


class EinvoiceSchema(models.Model):
    """A schema of messages, loaded by an administrator from where it is published.

    A message that failed is explained against it, element by element. Banks' schemas
    may not be passed on by this addon.
    """

    _name = "einvoice.schema"
    _description = "Schema of e-invoice messages"
    _order = "root, name"

    name = fields.Char(required=True, help="As published, with its date.")
    root = fields.Char(
        string="Root element",
        required=True,
        help="Messages that begin with this element are compared, as Finvoice or "
        "FinvoiceReceiverInfo.",
    )
    version = fields.Char(
        help="Only messages whose Version attribute says the same. Empty: all."
    )
    attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Files",
        required=True,
        help="The .xsd file that declares the root element, and those it imports.",
    )
    active = fields.Boolean(default=True)

    @api.constrains("root", "attachment_ids")
    def _check_files(self):
        for schema in self:
            try:
                read_schema(schema._get_files(), schema.root)
            except FormatError as error:
                raise ValidationError(
                    self.env._(
                        "These files are no schema of %(root)s messages: %(reason)s "
                        "Load the file that declares the element, and every file that "
                        "it imports.",
                        root=schema.root,
                        reason=error,
                    )
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        schemas = super().create(vals_list)
        schemas._own_files()
        return schemas

    def write(self, vals):
        result = super().write(vals)
        self._own_files()
        return result

    def _own_files(self):
        """Let whoever reads a schema read its files: uploaded ones are nobody's."""
        for schema in self:
            files = schema.sudo().attachment_ids.filtered(lambda file: not file.res_id)
            files.write({"res_model": self._name, "res_id": schema.id})

    def _get_files(self):
        return tuple(
            (attachment.name, attachment.raw)
            for attachment in self.sudo()
            .with_context(bin_size=False)
            .attachment_ids.sorted("name")
        )

    @api.model
    def _check_message(self, document):
        """Compare a message with our own schemas of its kind and with loaded ones.

        :return: list of ``(schema's name, sentences)``; empty where no schema is for it
        """
        try:
            payload = document.channel_id._get_rail().get_payload(document._get_bytes())
            element = parse(payload)
        except (FormatError, UserError):
            return []  # its summary says so
        root, version = local(element), element.get("Version") or ""
        rail = document.channel_id._get_rail()
        schemas = rail.get_profiles(root) if document.direction == "out" else []
        loaded = self.sudo().search(
            [("root", "=", root), ("version", "in", (False, version))]
        )
        schemas += [(schema.name, schema._get_files()) for schema in loaded]
        return [
            (
                name if isinstance(name, str) else self.env._(name),
                self._get_sentences(payload, root, files, document),
            )
            for name, files in schemas
        ]

    @api.model
    def _get_sentences(self, payload, root, files, document):
        try:
            found = find(payload, read_schema(files, root))
        except FormatError as error:
            # its files were right when they were loaded
            return [self.env._("This schema cannot be used any more: %s", error)]
        return [self._get_sentence(finding, document) for finding in found]

    @api.model
    def _get_sentence(self, finding, document):
        """Say what is wrong and what to do, in the reader's language."""
        sentence = self.env._(SENTENCES[finding.code])
        wrong = sentence % {
            "element": finding.element,
            "value": finding.value,
            "expected": finding.expected,
            "reason": finding.reason,
        }
        place = self.env._("In %s:", finding.path)
        if document.direction == "in":
            remedy = self.env._("Ask the bank to send it again in the right form.")
        else:
            part = "".join(finding.path.split("/")[2:3]).partition("[")[0]
            remedy = REMEDIES.get(part) or REMEDIES["InvoiceDetails"]
            remedy = self.env._(remedy)
        return f"{place} {wrong} {remedy}"
