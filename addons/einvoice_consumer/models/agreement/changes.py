from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.receivables_base.tools import Text, Whole, remote_call, split_usable

# What other programs keep of an agreement.
TOLD = ("state", "service", "partner_id", "recipient_address", "channel_id")
# What may be asked for at once.
MOST = 1000
NOTED = "einvoice_consumer.agreements_changed"


class EinvoiceAgreement(models.Model):
    """Which agreements have changed, for programs that ask."""

    _inherit = "einvoice.agreement"

    @api.model_create_multi
    def create(self, vals_list):
        agreements = super().create(vals_list)
        agreements._note_changes()
        return agreements

    def write(self, vals):
        told = [name for name in TOLD if name in vals]
        before = {
            agreement: [agreement[name] for name in told] for agreement in self if told
        }
        result = super().write(vals)
        self.filtered(
            lambda a: told and before[a] != [a[name] for name in told]
        )._note_changes()
        return result

    def _note_changes(self):
        """Note them when the transaction is written, once each and all together."""
        precommit = self.env.cr.precommit
        if NOTED not in precommit.data:
            precommit.data[NOTED] = set()
            precommit.add(self.env[self._name].sudo()._note_all)
        precommit.data[NOTED].update(self.ids)

    @api.model
    def _note_all(self):
        log = self.env["receivables.change"].sudo()
        changed = self.browse(self.env.cr.precommit.data.pop(NOTED, ())).exists()
        for channel, agreements in changed.grouped("channel_id").items():
            log._note(self._get_topic(channel), {channel.company_id.id: agreements.ids})

    @api.model
    def _get_topic(self, channel):
        return f"{self._name}/{channel.id}"

    @api.model
    @remote_call(ids="none", channel_id=Whole(), since=Text(), limit=Whole())
    def fetch_changes(self, channel_id, since="", limit=100):
        """Tell which agreements of a channel are new or have changed their state,
        service, customer or recipient address, page by page.

        Nothing is passed over and nothing comes twice, whatever is written meanwhile;
        an agreement that changes again comes again. What changed more than 90 days ago
        is not told: read all of them before the first call.

        :param int channel_id: the channel on which the consumers ordered
        :param str since: ``next`` of the answer before; empty for the first
        :param int limit: so many changes at most, up to 1000
        :return: ``{changes, next, more}``; ``changes`` is a list of ``{agreement_id,
            state, service, partner_id, at}``: as the agreement is now, and when it
            changed, in UTC; ``partner_id`` is False while nobody knows whose it is.
            ``more`` tells that another page is there
        :rtype: dict
        """
        channel, unknown = split_usable(self.env["einvoice.channel"].browse(channel_id))
        if unknown:
            raise AccessError(
                self.env._("channel_id %s is no channel of yours.", channel_id)
            )
        channel._check_user()
        if limit > MOST:
            raise UserError(self.env._("The limit may be %s at most.", MOST))
        self.env.cr.flush()  # what this very transaction has changed, too
        rows, last, more = (
            self.env["receivables.change"]
            .sudo()
            ._read(self._get_topic(channel), channel.company_id, since, limit)
        )
        agreements = self.browse([number for number, _at in rows]).exists()
        readable = set(agreements._filtered_access("read")._ids)
        return {
            "changes": [
                {
                    "agreement_id": agreement.id,
                    "state": agreement.state,
                    "service": agreement.service,
                    "partner_id": agreement.partner_id.id,
                    "at": fields.Datetime.to_string(at),
                }
                for agreement, at in ((self.browse(row[0]), row[1]) for row in rows)
                if agreement.id in readable
            ],
            "next": last,
            "more": more,
        }
