from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...formats.letter import LIMIT as LETTER_LIMIT
from .agency import SYNCED_SETTINGS

# What the other side calls the services.
SERVICE_WORDS = {
    "collection": "collection",
    "reminder_collection": "reminder_and_collection",
}


class CollectionAgency(models.Model):
    """What was agreed with an agency in settings, most of which it keeps too: a change
    on either side reaches the other."""

    _inherit = "collection.agency"

    service = fields.Selection(
        [
            ("reminder_collection", "Reminders and collection"),
            ("collection", "Collection only"),
        ],
        required=True,
        default="reminder_collection",
        tracking=True,
        help="With reminders, the agency begins with a payment reminder; without, with "
        "its demand.",
    )
    send_from = fields.Selection(
        [("overdue", "Overdue"), ("reminded", "Reminded")],
        string="Invoices may go from status",
        compute="_compute_send_from",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        help="Overdue: as soon as the waiting time is over. Reminded: only after the "
        "company has sent a reminder itself.",
    )
    join_cases = fields.Boolean(
        string="Collect a customer's invoices together",
        tracking=True,
        help="The agency is asked to collect a customer's invoices in one: its letters "
        "name all of them, and its costs are charged once. Each invoice keeps its own "
        "case. An agency that does not do so collects each invoice by itself.",
    )
    approve_before_demand = fields.Boolean(
        string="Approve each case before the demand", tracking=True
    )
    approve_before_legal = fields.Boolean(
        string="Approve each case before legal action", default=True, tracking=True
    )
    notification_email = fields.Char(
        string="E-mail for approvals",
        help="Who the agency writes to when an approval is awaited. Empty: the contact "
        "person.",
    )
    settings_state = fields.Selection(
        [
            ("synced", "Known to the agency"),
            ("waiting", "On their way to the agency"),
            ("refused", "Not accepted by the agency"),
        ],
        string="Settings state",
        default="synced",
        readonly=True,
        copy=False,
    )
    letter_include_lines = fields.Boolean(
        string="Additional information and products",
        tracking=True,
        help="The letter shows the invoice's additional information and the names and "
        "comments of its first ten products, at most 1,000 characters.",
    )
    letter_external_number = fields.Boolean(
        string="Original number of invoices from other systems",
        default=True,
        tracking=True,
    )
    letter_text = fields.Text(
        string="Collection text",
        translate=True,
        help="Added to the description on every letter.",
    )

    @api.depends("service")
    def _compute_send_from(self):
        """Collection alone begins after the company's own reminders."""
        for agency in self:
            agency.send_from = (
                "reminded" if agency.service == "collection" else "overdue"
            )

    @api.constrains("letter_text")
    def _check_letter_text(self):
        for agency in self:
            if len(agency.letter_text or "") > LETTER_LIMIT:
                raise ValidationError(
                    self.env._(
                        "The collection text has %(length)s characters; a letter "
                        "shows %(limit)s.",
                        length=len(agency.letter_text),
                        limit=LETTER_LIMIT,
                    )
                )

    def _prepare_settings(self, names):
        """Return settings as the agency calls them.

        An empty e-mail address stands for the contact person's.
        """
        self.ensure_one()
        values = {name: self[name] for name in sorted(names)}
        if "service" in values:
            values["services"] = SERVICE_WORDS[values.pop("service")]
        if "notification_email" in values:
            values["notification_email"] = self.notification_email or ""
        return values

    def _queue_settings(self, names):
        """Put changed settings on their way, together with those that still wait.

        The others are left out: they may have been changed in the portal meanwhile.
        Before the service is open nothing can be told; it is when it opens.
        """
        queue = self.env["collection.message"].sudo()
        for agency in self.sudo() if names else ():
            if not agency._takes("settings"):
                continue
            agency.settings_state = "waiting"
            # The job locks in this order too: the agency, then what it was told.
            agency.flush_recordset()
            if agency.state not in ("active", "suspended"):
                continue
            waiting = agency._get_waiting("settings", ("to_send", "error"))
            # One that is being sent just now stays; this one comes after it.
            waiting = waiting.try_lock_for_update().filtered(
                lambda m: not m._is_under_way()
            )
            values = {}
            for message in waiting.sorted("id"):
                values.update(message._get_values())
            waiting._set_state("cancelled")
            values.update(agency._prepare_settings(names))
            queue._queue(agency, "settings", values=values)

    def _apply_settings(self, settings):
        """Take over the settings that hold at the agency."""
        self.ensure_one()
        words = {word: name for name, word in SERVICE_WORDS.items()}
        values = {**settings, "service": words.get(settings.get("services"))}
        changed = {
            name: values[name]
            for name in sorted(SYNCED_SETTINGS)
            if values.get(name) is not None
            and (values[name] or False) != (self[name] or False)
        }
        self.write({"settings_state": "synced", **changed})
        if changed:
            labels = self.fields_get(list(changed), ["string"])
            self._message_log(
                body=self.env._(
                    "Changed in the agency's portal: %s.",
                    ", ".join(labels[name]["string"] for name in changed),
                )
            )
