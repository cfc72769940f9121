from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence

from ..states import CLOSED_STATES

_lt = LazyTranslate(__name__)

# Messages that hold personal data beyond amounts and dates.
PERSONAL_TYPES = ("case", "documents", "action", "fetch")
REMOVED = _lt("Removed, since it need not be kept any longer.")


class CollectionCase(models.Model):
    """What the agency was told of people, and its removal when its time is over."""

    _inherit = "collection.case"

    disclosure_ids = fields.One2many("collection.disclosure", "case_id")
    purge_on = fields.Date(
        string="Personal data is removed on",
        compute="_compute_purge_on",
        store=True,
        index="btree_not_null",
    )
    purged_at = fields.Datetime(string="Personal data was removed on", readonly=True)

    @api.depends("state", "closed_at", "agency_id.retention_months")
    def _compute_purge_on(self):
        for case in self:
            months = case.agency_id.retention_months
            if months and case.state in CLOSED_STATES and case.closed_at:
                case.purge_on = case.closed_at.date() + relativedelta(months=months)
            else:
                case.purge_on = False

    # === WHAT IS TOLD === #

    def _get_told_kinds(self, told):
        """Return what a transfer tells of whom.

        :param dict told: as :meth:`_prepare_transfer` returns it
        :return: ``{partner id as text: [kind of data, …]}``
        """
        self.ensure_one()
        debtor = told["debtor"]
        contact = self._get_contact()
        has_contact = bool(debtor["contact"]["name"])
        given = {
            "customer_number": debtor["number"],
            "language": debtor["language"],
            "contact": has_contact,
            "invoice": told["invoice"],
            "letter_text": told["letter_text"],
            "fees": told["claim"]["fees_already_claimed"],
            "note": told["note"],
            "co_debtors": debtor["co_debtors"],
        }
        untold = self.agency_id._get_adapter().untold
        kinds = [*_get_person_kinds(debtor), *(kind for kind in given if given[kind])]
        persons = {self.partner_id.id: kinds}
        if has_contact:
            reached = {"email": contact.email, "phone": contact.phone}
            persons[contact.id] = [
                "name",
                *(kind for kind in reached if reached[kind] and debtor[kind]),
            ]
        if "contact" in untold:
            persons.pop(contact.id, None)
        if "co_debtors" not in untold:
            for partner, person in zip(
                self.partner_id.collection_co_debtor_ids,
                debtor["co_debtors"],
                strict=True,
            ):
                persons[partner.id] = _get_person_kinds(person)
        return {
            str(number): [kind for kind in kinds if kind not in untold]
            for number, kinds in persons.items()
        }

    def action_view_disclosures(self):
        """Show what the agency was told, when and why."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "collection_partner.collection_disclosure_action"
            ),
            "domain": [("case_id", "=", self.id)],
        }

    # === WHAT IS REMOVED === #

    def _apply(self, details):
        # what was removed does not come back while the case is closed
        if self.purged_at and details["state"] in ("closed", ""):
            personal = {"history": [], "documents": [], "instalments": []}
            details = {**details, **personal, "action_hint": "", "new_address": None}
        return super()._apply(details)

    @api.model
    def _get_purge_domain(self):
        return [
            ("purge_on", "<=", fields.Date.today()),
            ("purged_at", "=", False),
            ("capital_owed", "=", 0),
            ("is_money_new", "=", False),
            ("outcome_decision", "!=", "pending"),
        ]

    def _purge(self):
        """Remove what was kept of persons; amounts, dates and what was disclosed
        stay."""
        messages = self.exchange_ids.filtered(lambda m: m.type in PERSONAL_TYPES)
        messages.attachment_id.sudo().write({"raw": False, "name": "removed"})
        messages.write({"reason": False, "attachment_ids": [Command.clear()]})
        self.env["ir.attachment"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()
        self.event_ids.write({"sentence": Sentence.store(REMOVED)})
        self.instalment_ids.unlink()
        self.message_ids.sudo().unlink()
        moves = self.move_id.filtered(lambda move: move.collection_case_id in self)
        moves.collection_note = False
        self.write(
            {
                "purged_at": fields.Datetime.now(),
                "note": False,
                "reason": False,
                "action_hint": False,
                "decided_address": False,
                "new_street": False,
                "new_zip": False,
                "new_city": False,
                "new_country_id": False,
            }
        )


def _get_person_kinds(person):
    address = person["address"]
    given = {
        "name": person["name"],
        "id_number": person["id_number"],
        "address": address and any(address.values()),
        "email": person["email"],
        "phone": person["phone"],
    }
    return [kind for kind in given if given[kind]]
