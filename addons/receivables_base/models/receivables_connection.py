import secrets

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..adapters import LineError, Way

SYSTEM = "base.group_system"
# A token that was got with other credentials, or elsewhere, is not used again.
TOKEN_DEPENDS = {
    "way",
    "url",
    "username",
    "password",
    "authentication",
    "token_url",
    "token_style",
    "token_scope",
    "token_extra",
    "client_certificate",
    "environment",
}
# What was wrong may be right now: it is tried at once.
SETTINGS = TOKEN_DEPENDS | {
    "folder_path",
    "host",
    "port",
    "host_key",
    "private_key",
    "passphrase",
    "dir_out",
    "dir_in",
    "dir_archive",
    "authority",
    "allow_private",
    "timeout",
}
# What a way of connecting looks at before it can be switched on.
NEEDED = (
    *("way", "folder_path", "host", "host_key", "username", "password", "private_key"),
    *("url", "authentication", "header_name", "token_url"),
    *("dir_in", "dir_out", "dir_archive"),
)


class ReceivablesConnection(models.Model):
    """A line to another party, set up and tested once, used by whatever needs it.

    What is needed for a call is read by :meth:`_open`; the line it returns knows
    neither database nor transaction. What a call tells about the connection is noted by
    :meth:`_note` (see ``receivables_connection_watch.py``).
    """

    _name = "receivables.connection"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "receivables.facts",
        "receivables.readiness",
        "receivables.responsible",
    ]
    _description = "Connection to another party"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    way = fields.Selection(
        selection=lambda self: Way.selection(self.env),
        required=True,
        default="manual",
        tracking=True,
        help="How files and calls travel to the other party and back.",
    )
    carries_files = fields.Boolean(
        string="Carries files",
        compute="_compute_carries_files",
        search="_search_carries_files",
    )
    is_web = fields.Boolean("Calls the web", compute="_compute_carries_files")
    environment = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("prod", "Production")],
        required=True,
        default="disabled",
        copy=False,
        tracking=True,
        help="Nothing is sent or fetched while it is disabled.",
    )
    timeout = fields.Integer(
        string="Seconds a call may take",
        default=30,
        groups=SYSTEM,
        help="In all, from looking up the name to the last byte of the answer.",
    )

    # === FOLDER === #

    folder_path = fields.Char(
        string="Folder",
        copy=False,
        groups=SYSTEM,
        tracking=True,
        help="Full path on the server. Below it are inbox, outbox, archive and error.",
    )
    folder_key = fields.Char(
        "Folder key",
        copy=False,
        groups=SYSTEM,
        default=lambda self: secrets.token_hex(16),
    )

    # === SFTP === #

    host = fields.Char(groups=SYSTEM, tracking=True)
    port = fields.Integer(default=22, groups=SYSTEM, aggregator=None)
    host_key = fields.Char(
        string="Server's key",
        readonly=True,
        copy=False,
        groups=SYSTEM,
        tracking=True,
        help="The only key that is taken for the server's: kind and SHA-256.",
    )
    host_key_shown = fields.Char(
        "Host key shown", readonly=True, copy=False, groups=SYSTEM
    )
    private_key = fields.Text("Private key", copy=False, groups=SYSTEM)
    passphrase = fields.Char(copy=False, groups=SYSTEM)
    dir_out = fields.Char(
        string="Directory for what we send", default="inbox", groups=SYSTEM
    )
    dir_in = fields.Char(
        string="Directory with what we fetch", default="outbox", groups=SYSTEM
    )
    dir_archive = fields.Char(
        string="Directory of our own",
        default="archive",
        groups=SYSTEM,
        help="Files that were fetched are moved here, and what was sent is noted here, "
        "so that nothing is sent twice after an interruption. Without it, fetched "
        "files are removed, and a file may arrive twice under the same name.",
    )

    # === HTTPS === #

    url = fields.Char(
        string="Address",
        groups=SYSTEM,
        tracking=True,
        help="As https://api.example.com/v1.",
    )
    authentication = fields.Selection(
        [
            ("none", "None, or the client certificate"),
            ("basic", "User name and password"),
            ("header", "A header"),
            ("oauth2", "OAuth 2 client credentials"),
        ],
        required=True,
        default="oauth2",
        groups=SYSTEM,
    )
    username = fields.Char(string="User or client ID", copy=False, groups=SYSTEM)
    password = fields.Char(string="Password or secret", copy=False, groups=SYSTEM)
    header_name = fields.Char("Header name", default="X-API-Key", groups=SYSTEM)
    token_url = fields.Char(
        string="Address for tokens",
        groups=SYSTEM,
        help="In full, or as a path below the address.",
    )
    token_style = fields.Selection(
        [
            ("basic", "Form, secret in the header"),
            ("form", "Form, secret in the form"),
            ("json", "JSON"),
        ],
        string="Way of asking for tokens",
        required=True,
        default="basic",
        groups=SYSTEM,
    )
    token_scope = fields.Char(string="Scope", groups=SYSTEM)
    token_extra = fields.Char(
        string="More for tokens",
        copy=False,
        groups=SYSTEM,
        help="What the other party wants to be told besides when a token is asked for "
        "in a form, such as vendor_api_key=12345.",
    )
    access_token = fields.Char("Access token", readonly=True, copy=False, groups=SYSTEM)
    access_token_expiry = fields.Datetime(
        "Access token expiry", readonly=True, copy=False, groups=SYSTEM
    )
    authority = fields.Text(
        string="Certificate authority",
        groups=SYSTEM,
        help="PEM. Only certificates that it signed are then trusted; otherwise those "
        "of the public authorities.",
    )
    client_certificate = fields.Text(
        "Client certificate",
        copy=False,
        groups=SYSTEM,
        help="PEM, with its private key.",
    )
    allow_private = fields.Boolean(
        string="May lie in a private network",
        groups=SYSTEM,
        tracking=True,
        help="In production, private and link-local addresses and this server itself "
        "are refused unless this is set.",
    )

    @api.depends("way")
    def _compute_carries_files(self):
        for connection in self:
            way = connection._get_way()
            connection.carries_files = way.carries_files
            connection.is_web = way.is_web

    def _search_carries_files(self, operator, value):
        if operator != "in":
            return NotImplemented
        names = Way.names(self.env, lambda way: way.carries_files in value)
        return [("way", "in", names)]

    # === CHECKS === #

    @api.depends(*NEEDED)
    def _compute_checklist(self):
        # EXTENDS 'receivables_base'
        return super()._compute_checklist()

    def _get_checklist(self):
        # EXTENDS 'receivables_base'
        connection = self.sudo()
        missing = connection._get_way().get_missing(connection) if self.way else ()
        return {
            f"missing_{number}": {"level": "danger", "message": self.env._(sentence)}
            for number, sentence in enumerate(missing)
        }

    @api.constrains("environment", *NEEDED)
    def _check_complete(self):
        for connection in self.filtered(lambda c: c.environment != "disabled"):
            if missing := connection._get_missing():
                raise ValidationError(
                    "\n".join(
                        [
                            self.env._(
                                "%s cannot be switched on yet:", connection.name
                            ),
                            *(f"- {sentence}" for sentence in missing),
                        ]
                    )
                )

    @api.constrains("timeout")
    def _check_timeout(self):
        # a job's lease on what it sends lasts longer (receivables.queue)
        for connection in self.sudo():
            if not 1 <= connection.timeout <= 100:
                raise ValidationError(
                    self.env._("A call may take between 1 and 100 seconds.")
                )

    def write(self, vals):
        result = super().write(vals)
        outdated = set()
        if TOKEN_DEPENDS & vals.keys():
            outdated |= {"access_token", "access_token_expiry"}
        if SETTINGS & vals.keys():
            outdated.add("paused_until")
        if outdated := outdated - vals.keys():
            self.sudo().write(dict.fromkeys(outdated, False))
        return result

    # === THE LINE === #

    def _get_way(self):
        return Way.get(self.env, self.way)

    def _open(self):
        """Return the line, a plain object: see ``adapters.line.Line``.

        In a job's run it goes on with what the last one kept open.

        :raise LineError: the connection is disabled, worked by hand, or incomplete
        """
        self.ensure_one()
        connection = self.sudo()
        if not connection.active or connection.environment == "disabled":
            raise LineError("disabled", name=connection.name)
        line = connection._make_line()
        if (lines := self.env.context.get("receivables_lines")) is not None:
            if self.id in lines:
                line.take_over(lines[self.id])
            lines[self.id] = line
        return line

    def _make_line(self):
        line = self._get_way().open(self)
        line.label = str(self)
        line.seconds = self.timeout
        line.keep_token = self._get_token_keeper()
        return line

    def _get_token_keeper(self):
        """Return what stores a token in a transaction of its own, and needs no env.

        A row that is in use elsewhere is left alone: the next call logs in anew.
        """
        registry, own_id = self.env.registry, self.id

        def keep(token, expiry):
            with registry.cursor() as cr:
                env = api.Environment(cr, api.SUPERUSER_ID, {})
                connection = env["receivables.connection"].browse(own_id)
                if connection.try_lock_for_update(allow_referencing=True):
                    connection.write(
                        {"access_token": token, "access_token_expiry": expiry}
                    )

        return keep
