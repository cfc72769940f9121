from odoo import api, fields, models
from odoo.tools import LazyTranslate

from ...adapters import Agency
from ...exceptions import AgencyError

_lt = LazyTranslate(__name__)

SYSTEM = "base.group_system"


class CollectionAgency(models.Model):
    """The line to an agency: a connection, whose essentials the agency shows too."""

    _inherit = "collection.agency"

    _CONNECTION = "connection_id"

    connection_id = fields.Many2one(
        "receivables.connection",
        check_company=True,
        copy=False,
        tracking=True,
        ondelete="restrict",
        index="btree_not_null",
        groups=SYSTEM,
        help="The line to the agency. One is made when address or credentials are "
        "entered here.",
    )
    connection_health = fields.Selection(related="connection_id.health")
    connection_summary = fields.Text(related="connection_id.summary")
    environment = fields.Selection(
        [("disabled", "Disabled"), ("test", "Test"), ("prod", "Production")],
        compute="_compute_environment",
        inverse="_inverse_connection",
        store=True,
        precompute=True,
        required=True,
        tracking=True,
        copy=False,
        help="Disabled: no call leaves. Test: the agency's test service; every screen "
        "says so. Production: real letters go out.",
    )
    base_url = fields.Char(
        string="Address of the service",
        compute="_compute_base_url",
        inverse="_inverse_connection",
        compute_sudo=True,
        groups=SYSTEM,
        help="Where the agency's service answers, such as https://api.example.com/v1.",
    )
    client_id = fields.Char(
        string="Client identifier",
        compute="_compute_client_id",
        inverse="_inverse_connection",
        compute_sudo=True,
        groups=SYSTEM,
    )
    client_secret = fields.Char(
        "Client secret",
        compute="_compute_client_secret",
        inverse="_inverse_connection",
        compute_sudo=True,
        groups=SYSTEM,
    )

    @api.depends("connection_id.environment")
    def _compute_environment(self):
        for agency in self:
            connection = agency.sudo().connection_id
            agency.environment = connection.environment or "disabled"

    # One method each: of fields that share one, those not written would count as empty.

    @api.depends("connection_id.url")
    def _compute_base_url(self):
        for agency in self:
            agency.base_url = agency.connection_id.url

    @api.depends("connection_id.username")
    def _compute_client_id(self):
        for agency in self:
            agency.client_id = agency.connection_id.username

    @api.depends("connection_id.password")
    def _compute_client_secret(self):
        for agency in self:
            agency.client_secret = agency.connection_id.password

    def _inverse_connection(self):
        for agency in self.sudo():
            vals = {
                "url": agency.base_url,
                "username": agency.client_id,
                "password": agency.client_secret,
                "environment": agency.environment or "disabled",
            }
            preset = agency._get_adapter().connection
            if line := agency.connection_id:
                line.write({k: v for k, v in vals.items() if (v or False) != line[k]})
            elif agency.base_url or agency.client_id or agency.client_secret:
                agency.connection_id = (
                    self.env["receivables.connection"]
                    .sudo()
                    .create(
                        {
                            "name": agency.name,
                            "company_id": agency.company_id.id,
                            **preset,
                            **{k: v for k, v in vals.items() if v},
                        }
                    )
                )

    def _open_line(self):
        """Return the adapter and an open line to the agency: all that calls need, read
        while a transaction is open.

        :raise AgencyError: no connection is chosen
        :raise LineError: it is disabled or not complete
        """
        self.ensure_one()
        connection = self.sudo().connection_id
        if not connection:
            raise self._get_unconnected()
        return self._get_adapter(), connection._open()

    def _get_adapter(self):
        return Agency.get(self.env, self.adapter)

    def _takes(self, kind):
        """Whether the agency can be told calls of a type of ``collection.message``."""
        return kind not in self._get_adapter().lacks

    def _get_unconnected(self):
        """Return the fault of having no connection."""
        return AgencyError(
            "final",
            "not_configured",
            _lt(
                "The address of %s is missing: nothing is sent. An administrator "
                "enters it in the agency's connection.",
                self.name,
            ),
            is_line=True,
        )

    def _end_pause(self):
        """Try a line again at once that was left alone for a while: a person asks."""
        self.sudo().connection_id.filtered("paused_until").paused_until = False
