from odoo import api, fields, models


class EinvoiceAgreement(models.Model):
    """Orders that end with the service at a bank."""

    _inherit = "einvoice.agreement"

    ended_notification_id = fields.Many2one(
        "einvoice.notification",
        "Ended with the service at",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    was_active = fields.Boolean(
        "Was active",
        readonly=True,
        copy=False,
        help="It was in force when the service ended at the bank.",
    )

    @api.model
    def _process_deletes(self, channel, ends):
        # EXTENDS 'einvoice_consumer': what the consumer ended too, stays ended when the
        # bank does not take our end
        for order, known in ends:
            since = order["values"]["ordered_at"]
            known.filtered(
                lambda a, since=since: (
                    a.ended_notification_id
                    and a.state == "ended"
                    and not (a.ordered_at and a.ordered_at > since)
                )
            ).ended_notification_id = False
        return super()._process_deletes(channel, ends)

    def _resume(self, sentence):
        """Put what has ended in force again, where nothing took its place."""
        for agreement in self.filtered(lambda a: a.state == "ended"):
            place = [
                ("channel_id", "=", agreement.channel_id.id),
                ("recipient_address", "=", agreement.recipient_address),
                ("state", "in", ("to_review", "invited", "active")),
                ("id", "not in", self.ids),
            ]
            if self.search_count(place, limit=1):
                continue
            agreement._set_state("to_review", ended_at=False, reason_stored=False)
            agreement._message_log(body=self.env._(sentence))
            if agreement.was_active:
                agreement._put_in_force({agreement: agreement.partner_id})
            else:
                agreement._match()
