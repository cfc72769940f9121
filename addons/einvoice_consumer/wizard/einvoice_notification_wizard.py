import base64

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.notification.notification import REPLACED, WAITING
from ..models.notification.notification_comparison import SERVICES

REFERENCES = ("national_reference", "rf_reference")


class EinvoiceNotificationWizard(models.TransientModel):
    """Composes what the banks shall know of a channel, shows it beside what they know,
    and writes one message for each of them.

    With ``purpose`` take_over it enters what they were told by other means, with end it
    ends the service.
    """

    _name = "einvoice.notification.wizard"
    _description = "What banks know of a channel"
    _check_company_auto = True

    channel_id = fields.Many2one("einvoice.channel", required=True, readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id")
    company_partner_id = fields.Many2one(related="company_id.partner_id")
    purpose = fields.Selection(
        [("tell", "Tell"), ("take_over", "Take over"), ("end", "End")],
        required=True,
        readonly=True,
        default="tell",
    )
    step = fields.Selection(
        [("compose", "Compose"), ("check", "Compare")],
        required=True,
        default="compose",
    )
    intermediator_ids = fields.Many2many(
        "einvoice.intermediator",
        string="Banks",
        domain="[('kind', '=', 'bank'), ('country_id.code', '=', 'FI')]",
        help="Each gets a message of its own. Your own bank passes on what it knows "
        "where that was agreed; otherwise choose all banks.",
    )
    is_known = fields.Boolean("A bank knows it", compute="_compute_is_known")
    identifier = fields.Char(
        help="As in the notification that the bank has. Every change names it."
    )
    file = fields.Binary(
        help="The notification as it was sent with the bank's own program, if you have "
        "it: everything is filled in from it."
    )
    filename = fields.Char("Name of the file")
    address_id = fields.Many2one(
        "einvoice.address", string="Own e-invoice address", check_company=True
    )
    payment_subject = fields.Char(
        "Payment subject",
        help="Every e-invoice repeats it. It cannot be changed once a bank knows it.",
    )
    names_fi = fields.Char("Name in Finnish")
    names_sv = fields.Char("Name in Swedish")
    names_en = fields.Char("Name in English")
    topics_fi = fields.Char("Topic in Finnish")
    topics_sv = fields.Char("Topic in Swedish")
    topics_en = fields.Char("Topic in English")
    instructions_fi = fields.Text("Advice in Finnish")
    instructions_sv = fields.Text("Advice in Swedish")
    instructions_en = fields.Text("Advice in English")
    street = fields.Char()
    postcode = fields.Char()
    town = fields.Char("City")
    industry_code = fields.Char(
        "Industry code", help="Of the national classification TOL 2008."
    )
    website_name = fields.Char("Name of the website")
    website = fields.Char()
    account_ids = fields.Many2many(
        "res.partner.bank",
        string="Accounts",
        domain="[('partner_id', '=', company_partner_id)]",
        help="All that consumers may be asked to pay to. Banks offer e-invoices when "
        "a paper invoice to one of them is paid, and refuse e-invoices to others.",
    )
    identifier_ids = fields.One2many(
        "einvoice.notification.identifier", "wizard_id", "Asked of consumers"
    )
    service = fields.Selection(SERVICES, default="einvoice")
    due_date_accepted = fields.Boolean("Consumers may propose a due date")
    period_accepted = fields.Boolean(
        "Consumers may propose how often they are invoiced"
    )
    comparison = fields.Html(compute="_compute_comparison")
    agreement_ids = fields.Many2many(
        "einvoice.agreement", compute="_compute_agreement_ids", string="Agreements"
    )

    # === COMPUTE METHODS === #

    def _get_notifications(self):
        """Return what the chosen banks have on the channel."""
        return self.channel_id.sudo().notification_ids.filtered(
            lambda n: n.intermediator_id in self.intermediator_ids._origin
        )

    @api.depends("intermediator_ids")
    def _compute_is_known(self):
        for wizard in self:
            wizard.is_known = any(wizard.channel_id.notification_ids.mapped("terms"))

    @api.depends("step", "intermediator_ids")
    @api.depends_context("lang")
    def _compute_comparison(self):
        for wizard in self:
            wizard.comparison = wizard.step == "check" and wizard._get_comparison()

    def _get_comparison(self):
        """Return what each bank knows beside what it shall know; banks that know the
        same share a table."""
        after = self._get_terms()
        known = {n.intermediator_id: n.terms for n in self._get_notifications()}
        groups = {}
        for bank in self.intermediator_ids:
            groups.setdefault(str(known.get(bank) or ""), []).append(bank)
        tables = []
        for banks in groups.values():
            before = known.get(banks[0])
            tables.append(
                Markup("<h4>%s</h4>%s")
                % (
                    ", ".join(bank.name for bank in banks),
                    self.env["einvoice.notification"]._get_comparison_html(
                        before, after
                    ),
                )
            )
        return Markup().join(tables)

    @api.depends("intermediator_ids", "purpose")
    def _compute_agreement_ids(self):
        for wizard in self:
            ends = wizard.purpose == "end"
            notifications = wizard._get_notifications() if ends else None
            wizard.agreement_ids = notifications and notifications._get_agreements()

    # === CHECKS === #

    def _check_composed(self):
        """Refuse what a bank would refuse before anything is shown or written."""
        self.ensure_one()
        self.channel_id._check_manager()
        if self.purpose == "tell":
            self.channel_id._check_enabled()
        problems = []
        if not self.intermediator_ids:
            problems.append(self.env._("Choose the banks that it is for."))
        told = self.channel_id.notification_ids.filtered("terms")
        subjects = {n.terms["payment_subject"] for n in told}
        if subjects - {(self.payment_subject or "").strip()}:
            problems.append(
                self.env._(
                    "Banks know the payment subject %s, by which they find the "
                    "notification: for another one, end the service first.",
                    ", ".join(subjects),
                )
            )
        if problems:
            raise UserError("\n".join(problems))
        self._try_to_write()

    def _get_told(self):
        return self._get_notifications().filtered("terms")

    def _try_to_write(self):
        """Have the rail say what does not fit, without keeping anything."""
        terms = self._get_terms()
        known = {n.intermediator_id: n.terms for n in self._get_notifications()}
        for bank in self.intermediator_ids:
            action = "change" if known.get(bank) else "add"
            self.channel_id._get_rail().render_notification(
                *(self.channel_id, bank.code, action, "SI", terms, known.get(bank))
            )

    @api.onchange("file")
    def _onchange_file(self):
        """Fill in everything from a notification that was sent before."""
        if not self.file:
            return
        found = self.channel_id._get_rail().read_notifications(
            base64.b64decode(self.file)
        )
        found = [item for item in found if item["action"] != "delete"]
        if not found:
            raise UserError(
                self.env._("There is no invoicer notification in this file.")
            )
        values = self._prepare_from_terms(self.channel_id._origin, found[-1]["terms"])
        banks = self.env["einvoice.intermediator"].search(
            [("code", "in", [item["bank"] for item in found])]
        )
        values["intermediator_ids"] = [Command.set(banks.ids)]
        values["identifier"] = found[-1]["identifier"]
        self.update(values)

    # === ACTIONS === #

    def action_check(self):
        """Show what the banks know beside what they shall know."""
        self._check_composed()
        self.step = "check"
        return self._open()

    def action_back(self):
        """Compose on."""
        self.step = "compose"
        return self._open()

    def action_send(self):
        """Write one message for each bank; the job sends them."""
        self._check_composed()
        terms = self._get_terms()
        self._apply_to_channel(is_first=not self.is_known)
        notifications = self.env["einvoice.notification"]._get_or_create(
            self.channel_id, self.intermediator_ids
        )
        same = notifications.filtered(lambda n: n._knows(terms))
        unsent = same.document_ids.filtered(lambda d: d.state in WAITING)
        if notifications == same and not unsent:
            raise UserError(self.env._("The banks know exactly this already."))
        unsent.notification_id._withdraw(REPLACED)
        (notifications - same)._tell(terms)
        return self.channel_id.action_view_notifications()

    def action_take_over(self):
        """Know what the banks were told by other means; nothing is sent."""
        self._check_composed()
        notifications = self.env["einvoice.notification"]._get_or_create(
            self.channel_id, self.intermediator_ids
        )
        notifications._take_over(self._get_terms(), self.identifier)
        self._apply_to_channel(is_first=True)
        return self.channel_id.action_view_notifications()

    def action_end(self):
        """Write the messages that end the service at the banks."""
        self.channel_id._check_manager()
        self.channel_id._check_enabled()
        told = self._get_told()
        if not told:
            raise UserError(self.env._("None of these banks knows the channel."))
        told._end_service()
        return self.channel_id.action_view_notifications()

    def _apply_to_channel(self, is_first):
        """Let the channel do what the banks are told.

        :param bool is_first: no bank knows the channel by another address or subject
        """
        kinds = {
            "reference" if line.type in REFERENCES else "customer"
            for line in self.identifier_ids
        }
        values = {
            "bank_account_ids": [Command.set(self.account_ids.ids)],
            "asked_identifiers": "both" if len(kinds) > 1 else kinds.pop(),
        }
        if is_first:
            values["address_id"] = self.address_id.id
            values["payment_subject"] = self.payment_subject.strip()
        self.channel_id.write(values)

    def _open(self):
        self.ensure_one()
        names = {
            "tell": self.env._("What the Banks Shall Know"),
            "take_over": self.env._("Take Over Notifications"),
            "end": self.env._("End the Service"),
        }
        return self._get_records_action(
            name=names[self.purpose], target="new", view_mode="form"
        )
