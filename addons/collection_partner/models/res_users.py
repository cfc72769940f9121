from odoo import api, models
from odoo.exceptions import UserError


class ResUsers(models.Model):
    _inherit = "res.users"

    def write(self, vals):
        # EXTENDS 'base'
        if vals.get("active") is False:
            self._check_collection_api_user()
        return super().write(vals)

    def _read_group_groupby(self, alias, groupby_spec, query):
        # EXTENDS 'base', which does not ask who may read a many2many of the partner
        if groupby_spec == "collection_co_debtor_ids":
            self._check_field_access(self._fields[groupby_spec], "read")
        return super()._read_group_groupby(alias, groupby_spec, query)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_collection_api_user(self):
        self._check_collection_api_user()

    def _check_collection_api_user(self):
        """What an agency reports is entered in its API user's name: without the user
        cases would stand still."""
        agencies = (
            self.env["collection.agency"]
            .sudo()
            .with_context(active_test=False)
            .search([("api_user_id", "in", self.ids)])
        )
        for agency in agencies:
            if agency.is_partner or agency._get_open_cases():
                raise UserError(
                    self.env._(
                        "%(user)s is needed until %(agency)s gets no new cases and its "
                        "last case is closed: without this user their progress would "
                        "not reach Odoo.",
                        user=agency.api_user_id.name,
                        agency=agency.name,
                    )
                )
