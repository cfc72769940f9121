from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.receivables_base.tools import Sentence

from ...formats.privacy import mask
from .shown import PRIVATE, show_addresses


class EinvoiceDocument(models.Model):
    """A message is kept as it came; who reads it whole needs to."""

    _inherit = "einvoice.document"

    recipient_address = fields.Char("Recipient address in full", groups=PRIVATE)
    attachment_id = fields.Many2one(groups=PRIVATE)
    content = fields.Binary(groups=PRIVATE)
    address_shown = fields.Char(
        "Recipient address",
        compute="_compute_address_shown",
        compute_sudo=True,
        help="Only its ends are shown to who does not need it.",
    )
    text = fields.Text(compute_sudo=True)
    findings = fields.Html(compute_sudo=True)

    @api.depends("recipient_address")
    @api.depends_context("uid")
    def _compute_address_shown(self):
        show_addresses(self)

    @api.depends("attachment_id")
    @api.depends_context("uid")
    def _compute_text(self):
        result = super()._compute_text()
        if not self.env.user.has_group(PRIVATE):
            for document in self:
                document.text = document._hide(document.text)
        return result

    @api.depends("state")
    @api.depends_context("uid", "lang")
    def _compute_findings(self):
        result = super()._compute_findings()
        if not self.env.user.has_group(PRIVATE):
            for document in self.filtered("findings"):
                document.findings = document._hide(document.findings)
        return result

    # === WHAT IS KEPT OF IT ELSEWHERE === #

    def _hide(self, said):
        """Return a text, or a sentence as it is stored, without what is personal."""
        self.ensure_one()
        if isinstance(said, str):
            return mask(said, self.sudo().recipient_address or "")
        if isinstance(said, dict):
            return {
                key: part if key in ("source", "module") else self._hide(part)
                for key, part in said.items()
            }
        if isinstance(said, list):
            return [self._hide(part) for part in said]
        return said

    def _set_state(self, state, **vals):
        # the reason is read on invoices, in activities and in lists
        if not vals.get("reason"):
            return super()._set_state(state, **vals)
        hidden = {document: document._hide(vals["reason"]) for document in self}
        alike = self.filtered(lambda d: hidden[d] == vals["reason"])
        changed = super(EinvoiceDocument, alike)._set_state(state, **vals)
        for document in self - alike:
            own = {**vals, "reason": hidden[document]}
            changed |= super(EinvoiceDocument, document)._set_state(state, **own)
        return changed

    def _set_parked(self, sentence, **vals):
        return super()._set_parked(self._hide(Sentence.store(sentence)), **vals)

    # === THE BYTES === #

    def _store_bytes(self, contents, mimetype="application/octet-stream"):
        # EXTENDS 'receivables_base': the file is for who may read the field
        result = super()._store_bytes(contents, mimetype)
        self.sudo().attachment_id.res_field = "content"
        return result

    def action_download(self):
        self._check_private()
        return super().action_download()

    @api.model
    def _check_private(self):
        """Refuse who does not need what is personal in messages."""
        if not self.env.user.has_group(PRIVATE):
            raise AccessError(
                self.env._(
                    "A message holds what is personal: only who is in the group "
                    "“Personal Data of Consumers” can take it out of Odoo."
                )
            )
