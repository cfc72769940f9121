from odoo import models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from ..formats.privacy import mask_address
from .account_move import METHOD

_lt = LazyTranslate(__name__)

# What one types, by what is asked for (``einvoice.notification``); else the customer
# number.
REFERENCES = {"national_reference", "rf_reference"}
OWN = {
    "personal_code": _lt("Your personal identity code"),
    "business_id": _lt("Your business ID"),
    "phone": _lt("Your phone number"),
    "phone_international": _lt("Your phone number, with country code"),
}


class ResPartner(models.Model):
    """What a customer sees and changes on the portal of how invoices arrive."""

    _inherit = "res.partner"

    def write(self, vals):
        # What a customer says on the portal never contradicts an order in force: that
        # is changed in the netbank.
        if "invoice_sending_method" in vals and not self.env.user._is_internal():
            is_bound = bool(self._get_einvoice_agreement(self.env.company))
            if is_bound != (vals["invoice_sending_method"] == METHOD):
                vals = {
                    name: value
                    for name, value in vals.items()
                    if name != "invoice_sending_method"
                }
        return super().write(vals)

    def _get_einvoice_agreement(self, company):
        """Return the order that the customer's invoices of a company go to, if any."""
        customers = self.sudo().commercial_partner_id
        agreements = self.env["einvoice.agreement"].sudo()
        active = agreements._get_active(customers, company)
        return agreements.union(*active.values()).filtered(lambda a: a._is_live())

    def _get_einvoice_ways(self):
        """Say how invoices reach a customer and how to change it.

        Read as superuser: to be called for the customer who asks, and nobody else.

        :return: for each company whose portal it is ``{company, way, address, email,
            may_choose_email, netbank, direct, looked_up, phone, channels}``; ``way``
            is a sentence, ``looked_up`` tells that the order is a consent to be found
            in the netbank; ``channels`` are ``{name, looks_up, identifiers}`` with
            pairs of what is asked and what to type
        """
        self.ensure_one()
        customer = self.sudo().commercial_partner_id
        return [
            customer.with_company(company)._get_einvoice_way(company)
            for company in self.env.user.company_ids.sudo()
        ]

    def _get_einvoice_way(self, company):
        agreement = self._get_einvoice_agreement(company)
        method = self.invoice_sending_method or "email"
        if method == METHOD and not agreement:
            method = "email"  # as invoices are sent then
        channels = self.env["einvoice.channel"]
        if not self.is_company:
            channels = channels.search(
                [("company_id", "=", company.id), ("environment", "=", "prod")]
            ).filtered(lambda c: c.has_notifications or c.has_access_point)
        looked_up = agreement.has_access_point
        return {
            "company": company,
            "way": self._get_einvoice_way_sentence(agreement, method),
            "address": not looked_up
            and mask_address(agreement.recipient_address or ""),
            "email": self.email or "",
            "may_choose_email": not agreement and method != "email",
            "netbank": bool(agreement),
            "direct": agreement._is_direct(),
            "looked_up": looked_up,
            "phone": self.phone or "",
            "channels": [
                {
                    "name": channel._get_invoicer_name(),
                    "looks_up": channel.has_access_point,
                    "identifiers": channel._get_asked_of(self),
                }
                for channel in channels
            ],
        }

    def _get_einvoice_way_sentence(self, agreement, method):
        bank = agreement.intermediator_id.name or agreement.recipient_intermediator
        if agreement and agreement._is_direct():
            return self.env._(
                "By direct payment: %s pays each invoice on its due date, and the "
                "invoice itself comes to you as before.",
                bank,
            )
        if agreement.has_access_point:
            return self.env._("As eFaktura, in your netbank.")
        if agreement:
            return self.env._("As e-invoices, in your netbank at %s.", bank)
        if method == "email" and self.email:
            return self.env._("By e-mail to %s.", self.email)
        if method in ("email", "manual", "snailmail"):
            return self.env._("By post.")
        labels = dict(
            self._fields["invoice_sending_method"]._description_selection(self.env)
        )
        return labels.get(method, method)

    def _choose_email(self, company):
        """Have invoices of a company sent by e-mail, as the customer asks on the
        portal.

        :raise UserError: an order in the netbank is in force, or no address is known
        """
        self.ensure_one()
        customer = self.sudo().commercial_partner_id.with_company(company)
        if self._get_einvoice_agreement(company):
            raise UserError(
                self.env._(
                    "Your order of e-invoices is in force: end it in your netbank "
                    "first."
                )
            )
        if not customer.email:
            raise UserError(self.env._("Enter your e-mail address first."))
        customer.invoice_sending_method = "email"


class EinvoiceChannel(models.Model):
    """What the netbanks ask consumers for, in the words that the banks were told."""

    _inherit = "einvoice.channel"

    def _get_told_terms(self):
        """Return what a bank knows of the channel, or nothing."""
        told = self.sudo().notification_ids.filtered(lambda n: n.state == "announced")
        return told[:1].terms or {}

    def _get_invoicer_name(self):
        """Return by what name consumers find the company in their netbank."""
        names = self._get_told_terms().get("names") or {}
        return self._in_own_words(names) or self.company_id.name

    def _in_own_words(self, texts):
        """Return the text in the reader's language, of those that banks show."""
        language = (self.env.lang or "").upper()[:2]
        found = [texts.get(code) for code in (language, "EN", "FI")]
        return next(filter(None, found), "")

    def _get_asked_of(self, partner):
        """Return pairs of what is asked of a customer and what to type."""
        self.ensure_one()
        told = self._get_told_terms().get("identifiers") or []
        asked = [(each["type"], self._in_own_words(each["labels"])) for each in told]
        if not asked:
            number = ("text", self.env._("Customer number"))
            reference = (
                "national_reference",
                self.env._("Reference of an earlier invoice"),
            )
            kinds = {
                "customer": [number],
                "reference": [reference],
                "both": [number, reference],
            }
            asked = kinds[self.asked_identifiers]
        return [(label, self._get_answer_of(partner, kind)) for kind, label in asked]

    def _get_answer_of(self, partner, kind):
        if kind in OWN:
            return self.env._(OWN[kind])
        if kind not in REFERENCES:
            return partner.ref or self.env._("It stands on your invoices")
        latest = (
            self.env["account.move"]
            .sudo()
            .search(
                [
                    ("commercial_partner_id", "=", partner.id),
                    ("company_id", "=", self.company_id.id),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("payment_reference", "!=", False),
                ],
                order="invoice_date desc, id desc",
                limit=1,
            )
        )
        return latest.payment_reference or self.env._("It stands on your invoices")
