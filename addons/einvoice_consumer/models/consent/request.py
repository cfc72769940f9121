from odoo import api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.receivables_base.tools import (
    Ids,
    Sentence,
    Whole,
    reason,
    remote_call,
    split_usable,
)


class EinvoiceAgreement(models.Model):
    """Asking customers without an invoice, by a program or by hand."""

    _inherit = "einvoice.agreement"

    @api.model
    @remote_call(ids="none", partner_ids=Ids(), channel_id=Whole())
    def request_consent(self, partner_ids, channel_id):
        """Look customers up and, where they have to approve, ask them.

        They receive e-documents from now on: the form says so. Who has approved, or is
        being asked, is not asked again, and a repeated call gets the same answer; who
        refused, did not answer or blocks us is asked anew.

        :param list[int] partner_ids: customers (``res.partner``)
        :param int channel_id: a channel on which consumers are looked up
        :return: one dict a customer: ``{partner_id, state, agreement_id, message,
            reasons}``; ``state`` is as in ``einvoice.agreement.state``, or False where
            nobody was asked; reasons of level ``danger`` say why, ``message`` is their
            sentences, or how far asking has come
        :rtype: list[dict]
        """
        channel, unknown = split_usable(self.env["einvoice.channel"].browse(channel_id))
        if unknown:
            raise AccessError(
                self.env._("channel_id %s is no channel of yours.", channel_id)
            )
        channel._check_user()
        channel._check_enabled()
        if not channel.has_access_point:
            raise UserError(
                self.env._(
                    "On the channel %s consumers order by themselves: nobody is asked.",
                    channel.name,
                )
            )
        given = self.env["res.partner"].browse(partner_ids)
        partners, refused = split_usable(given)
        results = {
            number: (self.browse(), [refusal]) for number, refusal in refused.items()
        }
        fit = partners.browse()
        for partner in partners:
            stops = self._get_stops(channel, partner)
            results[partner.id] = (self.browse(), stops)
            if not any(each["level"] == "danger" for each in stops):
                fit += partner
        asked = self._request(channel, fit.commercial_partner_id)
        for partner in fit:
            agreement = asked[partner.commercial_partner_id]
            results[partner.id] = (agreement, results[partner.id][1])
        return [
            {
                "partner_id": number,
                "state": agreement.state,
                "agreement_id": agreement.id,
                "message": agreement._get_consent_text()
                or "\n".join(each["message"] for each in stops),
                "reasons": stops,
            }
            for number in given.ids
            for agreement, stops in (results[number],)
        ]

    def action_ask_again(self):
        """Look the customer up again, and ask where they have to approve."""
        self.ensure_one()
        [result] = self.request_consent(self.partner_id.ids, self.channel_id.id)
        if not result["agreement_id"]:
            raise UserError(result["message"])
        return self.browse(result["agreement_id"])._get_records_action(
            name=self.partner_id.name
        )

    @api.model
    def _get_stops(self, channel, partner):
        """Return what keeps a customer, or whose contact it is, from being asked, as
        reasons of the remote API; see ``Rail.check_consumer``."""
        customer = partner.commercial_partner_id
        if customer.company_id and customer.company_id != channel.company_id:
            sentence = self.env._(
                "%(customer)s belongs to %(company)s, the channel does not.",
                customer=customer.display_name,
                company=customer.company_id.name,
            )
            return [reason("other_company", sentence, fix="partner")]
        return [
            reason(p.code, self.env._(p.message), p.level, p.fix, **p.more)
            for p in channel._get_rail().check_consumer(customer)
        ]

    @api.model
    def _request(self, channel, partners):
        """Ask customers who were not yet, or in vain.

        :return: dict of customer to agreement
        """
        partners.sudo().with_company(channel.company_id).write(
            {
                "einvoice_access_point": channel._get_rail().access_point,
                "einvoice_receives": True,
            }
        )
        last = self._get_last_of(channel, partners)
        there = {
            partner: agreement
            for partner, agreement in last.items()
            if agreement.state in ("invited", "active")
        }
        new = partners.filtered(lambda p: p not in there)
        return there | dict(zip(new, self._ask(channel, new), strict=True))

    def _get_consent_text(self):
        """Say how far asking a customer has come."""
        if not self:
            return ""
        labels = dict(self._fields["consent_state"]._description_selection(self.env))
        said = Sentence.read(self.sudo().reason_stored, self.env)
        return said or labels.get(self.consent_state, "")
