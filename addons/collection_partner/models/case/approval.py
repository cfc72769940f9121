from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import LazyTranslate, format_date

from .request import TRANSFER_JOB

_lt = LazyTranslate(__name__)

APPROVE = "mail_activity_type_approve"


class CollectionCase(models.Model):
    """Four eyes: who asked for a transfer does not approve it."""

    _inherit = "collection.case"

    approved_by_id = fields.Many2one(
        "res.users", string="Transfer approved by", readonly=True
    )
    approved_at = fields.Datetime("Transfer approved at", readonly=True)
    can_approve_transfer = fields.Boolean(
        "Can approve the transfer", compute="_compute_can_approve_transfer"
    )

    @api.depends("state", "requested_by_id")
    @api.depends_context("uid")
    def _compute_can_approve_transfer(self):
        is_approver = self._is_approver(self.env.user)
        for case in self:
            case.can_approve_transfer = (
                is_approver
                and case.state == "to_approve"
                and case.requested_by_id != self.env.user
            )

    @api.model
    def _is_approver(self, user):
        return user.has_group("collection_partner.collection_partner_group_approver")

    def action_approve_transfer(self):
        """Let go what somebody else has asked for; the time to undo begins."""
        self._check_user()
        if not self._is_approver(self.env.user):
            raise AccessError(
                self.env._("Only people who approve transfers can do this.")
            )
        waiting = self.filtered(lambda c: c.state == "to_approve")
        if own := waiting.filtered(lambda c: c.requested_by_id == self.env.user):
            raise UserError(
                self.env._(
                    "You asked for the transfer of %s yourself; somebody else has to "
                    "approve it.",
                    ", ".join(own.move_id.mapped("name")),
                )
            )
        cases = waiting.sudo()
        cases.lock_for_update()
        for agency, mine in cases.grouped("agency_id").items():
            now = fields.Datetime.now()
            send_after = now + timedelta(minutes=agency.undo_minutes)
            approved = mine._set_state(
                "to_send",
                approved_by_id=self.env.user.id,
                approved_at=now,
                send_after=send_after,
            )
            approved._log_event("approved", _lt("The transfer was approved."))
            approved._settle(f"collection_partner.{APPROVE}")
            self._wake(TRANSFER_JOB, send_after)
        return True

    def _get_candidates(self):
        # EXTENDS 'receivables_base'
        if self.state == "to_approve":
            return self._get_approvers()
        return super()._get_candidates()

    def _get_approvers(self):
        """Return who may approve the transfer, the agreement's own choice first."""
        self.ensure_one()
        group = self.env.ref("collection_partner.collection_partner_group_approver")
        users = self.agency_id.approver_id | group.sudo().all_user_ids.sorted("id")
        return users.filtered(
            lambda user: (
                user.active
                and user != self.requested_by_id
                and self.company_id in user.company_ids
                and self._is_approver(user)
            )
        )

    def _ask_to_approve(self):
        """Give those who may approve an activity, and one message whatever the
        number of transfers."""
        cases = self.sudo()
        cases._remind(
            f"collection_partner.{APPROVE}",
            _lt("The transfer waits for a second person to approve it."),
        )
        cases._write_to_approvers(lambda case: case._get_responsible())

    @api.model
    def _remind_approvers(self):
        """Once a day, write to everybody who may approve what waits too long."""
        now = fields.Datetime.now()
        late = self.search([("state", "=", "to_approve")]).filtered(
            lambda c: c.requested_at + timedelta(days=c.agency_id.approval_days) <= now
        )
        late._write_to_approvers(lambda case: case._get_approvers())

    def _write_to_approvers(self, get_users):
        """Write to people how many transfers wait for them.

        :param get_users: function that returns whom a case concerns
        """
        waiting = {}
        for case in self:
            for user in get_users(case):
                key = case.agency_id, user
                waiting[key] = waiting.get(key, self.browse()) | case
        for (agency, user), cases in waiting.items():
            told = agency._in_language_of(user)
            told.message_notify(
                partner_ids=user.partner_id.ids,
                subject=told.env._("Transfers wait for your approval"),
                body=told.env._(
                    "Transfers to %(agency)s that wait for your approval: %(count)s. "
                    "The oldest was asked for on %(day)s.",
                    count=len(cases),
                    agency=agency.name,
                    day=format_date(told.env, min(cases.mapped("requested_at"))),
                ),
            )
