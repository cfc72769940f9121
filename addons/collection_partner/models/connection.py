from odoo import models

# What an agency waits for that could not be reached.
AWAITED = {"environment", "url", "username", "password"}


class ReceivablesConnection(models.Model):
    _inherit = "receivables.connection"

    def write(self, vals):
        # EXTENDS 'receivables_base': the terms are wanted as soon as it is possible
        result = super().write(vals)
        if AWAITED & vals.keys():
            agencies = self.env["collection.agency"].sudo()
            agencies = agencies.search([("connection_id", "in", self.ids)])
            if agencies:
                agencies._ask_soon()
                agencies._toggle_crons()
        return result
