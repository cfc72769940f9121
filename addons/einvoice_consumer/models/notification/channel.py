from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

MANAGER = "einvoice_consumer.einvoice_consumer_group_manager"


class EinvoiceChannel(models.Model):
    """What banks know of a channel beside what the channel does."""

    _inherit = "einvoice.channel"

    notification_ids = fields.One2many(
        "einvoice.notification", "channel_id", "Invoicer notifications"
    )
    announced_count = fields.Integer(
        "Number of banks that know it", compute="_compute_announced_count"
    )
    has_notifications = fields.Boolean(
        "Is opened by messages",
        compute="_compute_has_notifications",
        help="The service is opened at the banks by messages.",
    )

    def _compute_announced_count(self):
        for channel in self:
            channel.announced_count = len(channel.notification_ids.filtered("terms"))

    @api.depends("rail")
    def _compute_has_notifications(self):
        for channel in self:
            channel.has_notifications = channel._get_rail().has_notifications

    @api.depends(
        "notification_ids.terms",
        "address_id.date_from",
        "address_id.date_to",
        "bank_account_ids.sanitized_acc_number",
        "payment_subject",
    )
    def _compute_checklist(self):
        # EXTENDS 'receivables_base'
        return super()._compute_checklist()

    def _get_checklist(self):
        # EXTENDS 'einvoice_consumer': what banks would refuse invoices for
        checklist = super()._get_checklist()
        for notification in self.notification_ids.filtered("terms"):
            bank, terms = notification.intermediator_id, notification.terms
            told = {iban for iban, _bic in terms["accounts"]}
            missing = self.bank_account_ids.filtered(
                lambda account, told=told: account.sanitized_acc_number not in told
            )
            if missing:
                checklist[f"untold_{bank.code}"] = {
                    "level": "warning",
                    "message": self.env._(
                        "%(bank)s was not told of %(accounts)s: tell the banks before "
                        "an invoice asks for payment there.",
                        bank=bank.name,
                        accounts=", ".join(missing.mapped("acc_number")),
                    ),
                }
            if terms["payment_subject"] != self.payment_subject:
                checklist[f"subject_{bank.code}"] = {
                    "level": "warning",
                    "message": self.env._(
                        "%(bank)s knows the payment subject %(theirs)s, and refuses "
                        "invoices with another.",
                        bank=bank.name,
                        theirs=terms["payment_subject"],
                    ),
                }
            ours = self.sender_address, self.sender_intermediator_id.code
            if ours != (terms["sender_address"], terms["sender_intermediator"]):
                checklist[f"address_{bank.code}"] = {
                    "level": "warning",
                    "message": self.env._(
                        "%(bank)s knows the e-invoice address %(theirs)s "
                        "(%(carrier)s), and the channel has another: choose that one "
                        "here, and its connection, or tell the banks.",
                        bank=bank.name,
                        theirs=terms["sender_address"],
                        carrier=terms["sender_intermediator"],
                    ),
                }
        return checklist

    def _is_told(self, account, bank):
        """Whether a bank knows an account, as far as it was told from here.

        A bank without a notification of its own knows what the others passed on. Where
        no bank was told anything from here, nothing speaks against an account.

        :param str bank: routing code
        """
        self.ensure_one()
        told = self.sudo().notification_ids.filtered("terms")
        known = told.filtered(lambda n: n.intermediator_id.code == bank) or told
        return not known or any(
            iban == account.sanitized_acc_number
            for notification in known
            for iban, _bic in notification.terms["accounts"]
        )

    # === ACTIONS === #

    def _check_manager(self):
        """Refuse who may not decide what the banks know."""
        if not self.env.user.has_group(MANAGER):
            raise AccessError(
                self.env._(
                    "Only managers of consumer e-invoices decide what the banks know."
                )
            )
        self.check_access("write")

    def action_announce(self):
        """Open the wizard that opens the service at the banks, or changes it."""
        return self._open_notification_wizard("tell")

    def action_take_over(self):
        """Open the wizard that enters what the banks know already."""
        return self._open_notification_wizard("take_over")

    def _open_notification_wizard(self, purpose, banks=None):
        self.ensure_one()
        self._check_manager()
        if not self._get_rail().has_notifications:
            raise UserError(
                self.env._("The service is not opened by messages on this rail.")
            )
        if purpose != "take_over":
            self._check_enabled()
        values = {"channel_id": self.id, "purpose": purpose}
        wizard = self.env["einvoice.notification.wizard"]
        return wizard.create(wizard._prepare(self, purpose, banks) | values)._open()

    def action_view_notifications(self):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "einvoice_consumer.einvoice_notification_action"
        )
        return {
            **action,
            "domain": [("channel_id", "=", self.id)],
            "context": {"default_channel_id": self.id},
        }
