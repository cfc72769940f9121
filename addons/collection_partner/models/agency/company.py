import hashlib
import json

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)


class CollectionAgency(models.Model):
    """What an agency knows of the company: kept as it is here."""

    _inherit = "collection.agency"

    company_digest = fields.Char(
        "Company as told",
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Of the name, address, accounts and contact person that the agency knows.",
    )

    def _follow_company(self):
        """Tell the agency, or a person, when what it knows of the company has changed:
        its name, address, accounts or contact person.

        It is compared with what was told last, so that no way of changing them is
        forgotten.
        """
        self.ensure_one()
        present = self._get_company_digest()
        told, self.company_digest = self.company_digest, present
        if not told or told == present:
            return
        if self._takes("company") and self._takes("company_data"):
            self._queue_company()
        else:
            self._tell(
                _lt(
                    "The company's name, address, bank accounts or contact person have "
                    "changed. The agency cannot be told over its interface: write to "
                    "it."
                )
            )

    def _get_company_digest(self):
        about = list(self._prepare_company().values())
        text = json.dumps(about, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def action_send_company(self):
        """Tell the agency the company's present name, address and accounts."""
        self._check_user("manager")
        for agency in self:
            if agency.state not in ("active", "suspended"):
                raise UserError(self.env._("Open the service first."))
            agency._queue_company()
        return True

    def _queue_company(self):
        for agency in self.filtered(lambda a: a._takes("company")):
            if not agency._get_waiting("company"):
                self.env["collection.message"]._queue(agency, "company")
