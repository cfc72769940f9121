from odoo import api, models


class ReceivablesFacts(models.AbstractModel):
    """What is read-only on every screen is so for programs too.

    The states, times and answers that stand in such fields are facts: the addons'
    own code writes them, as superuser, and nobody else.
    """

    _name = "receivables.facts"
    _description = "Facts of receivables"

    @api.model
    def _has_field_access(self, field, operation):
        # EXTENDS 'base'
        if operation == "write" and not self.env.su and self._is_fact(field):
            return False
        return super()._has_field_access(field, operation)

    @api.model
    def _is_fact(self, field):
        """Whether only our own code writes a field."""
        return field.store and field.readonly
