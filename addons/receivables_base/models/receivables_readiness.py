from odoo import api, fields, models


class ReceivablesReadiness(models.AbstractModel):
    """What is disabled, tried, or in production, as three buttons of its form say.

    What must be seen to before stands in a checklist, line by line, each with a link to
    where that is done. Heirs have a field ``environment``: disabled, test or prod.
    """

    _name = "receivables.readiness"
    _description = "Checklist before the first use"

    checklist = fields.Json(compute="_compute_checklist")

    @api.depends_context("lang", "uid")
    def _compute_checklist(self):
        for record in self:
            checklist = record._get_checklist()
            for line in checklist.values():
                # a link from a form to itself leads nowhere
                if line.get("action", {}).get("res_model") == record._name:
                    del line["action"], line["action_text"]
            record.checklist = checklist

    def _get_checklist(self):
        """Return what is to be seen to; a line of level danger must be, one of level
        warning should be.

        :return: ``{code: {level, message}}``, with ``action_text`` and ``action`` where
            a link leads to the remedy
        """
        raise NotImplementedError

    def _get_missing(self):
        """Return the sentences of what must be seen to."""
        return [
            line["message"]
            for line in self._get_checklist().values()
            if line["level"] == "danger"
        ]

    def _get_link(self, text, records, **action):
        """Return the part of a line that leads to records."""
        return {"action_text": text, "action": records._get_records_action(**action)}

    def _get_company_link(self):
        """Return the part of a line that leads to the company's details."""
        company = self.company_id or self.env.company
        return self._get_link(self.env._("Open the company"), company)

    def _get_accounts_link(self):
        """Return the part of a line that leads to the company's bank accounts."""
        partner = (self.company_id or self.env.company).partner_id
        return self._get_link(
            self.env._("Open the bank accounts"),
            self.env["res.partner.bank"],
            name=self.env._("Bank accounts"),
            domain=[("partner_id", "=", partner.id)],
            view_mode="list,form",
            context={"default_partner_id": partner.id},
        )

    def action_try(self):
        """Start the test with the other party."""
        self.write({"environment": "test"})
        return True

    def action_go_live(self):
        """Go into production: from now on all counts."""
        self.write({"environment": "prod"})
        return True

    def action_disable(self):
        """Stop until it is switched on again."""
        self.write({"environment": "disabled"})
        return True
