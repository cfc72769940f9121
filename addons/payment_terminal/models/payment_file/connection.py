from odoo import api, fields, models
from odoo.fields import Domain

from ...formats import payment_files

RECEIVING_JOB = "payment_terminal.ir_cron_payment_terminal_receive"


class ReceivablesConnection(models.Model):
    """Lines that bring files of payments."""

    _inherit = "receivables.connection"

    @api.model
    def _get_taker_domain(self):
        # EXTENDS 'receivables_base'
        journals = self.env["account.journal"].sudo()
        used = journals._search([("terminal_connection_id", "!=", False)])
        return super()._get_taker_domain() | Domain(
            "id", "in", used.subselect("terminal_connection_id")
        )

    def _take_in(self, filename, data):
        # EXTENDS 'receivables_base'
        journals = self.env["account.journal"].search(
            [("terminal_connection_id", "=", self.id)]
        )
        mapped = journals.filtered("terminal_mapping_id")
        is_known = payment_files.recognises(data)
        if not is_known and len(mapped) != 1:
            return super()._take_in(filename, data)
        files = self.env["payment.terminal.file"]
        found, _is_repeat = files._import(
            filename,
            data,
            journal=self.env["account.journal"] if is_known else mapped,
            company=self.company_id,
            usual=journals if len(journals) == 1 else None,
        )
        if payment_files.is_for_others_too(data):
            super()._take_in(filename, data)
        return found

    @api.model
    def _switch_receiving(self):
        """Let the job run only while payments or registries come over some line."""
        used = any(
            self.env[model].sudo().search_count([(name, "!=", False)], limit=1)
            for model, name in (
                ("account.journal", "terminal_connection_id"),
                ("payment.terminal.registry.source", "connection_id"),
            )
        )
        jobs = self.env["payment.terminal.file.line"]
        jobs._switch_jobs({RECEIVING_JOB: used})


class AccountJournal(models.Model):
    _inherit = "account.journal"

    terminal_connection_id = fields.Many2one(
        "receivables.connection",
        "Connection",
        check_company=True,
        index="btree_not_null",
        domain=[("carries_files", "=", True)],
        help="The line on which the bank sends its files of payments. Each file finds "
        "its journal by the account that it is of.",
    )
    terminal_mapping_id = fields.Many2one(
        "payment.terminal.csv.mapping",
        "Table of payments",
        check_company=True,
        index="btree_not_null",
        domain="[('use', '=', 'bank')]",
        help="How a table is read that the bank sends, where it is none of the known "
        "formats.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS 'account'
        journals = super().create(vals_list)
        if lines := journals.terminal_connection_id:
            lines._switch_receiving()
        return journals

    def write(self, vals):
        # EXTENDS 'account'
        result = super().write(vals)
        if {"terminal_connection_id", "active"} & vals.keys():
            self.env["receivables.connection"]._switch_receiving()
        return result
