from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate, format_datetime

from ..states import WAITING_STATES

_lt = LazyTranslate(__name__)

TRANSFER_JOB = "collection_partner.ir_cron_collection_transfer"


class CollectionCase(models.Model):
    """The wish to transfer, as long as it can be undone or sent again."""

    _inherit = "collection.case"

    @api.model
    def _request(self, moves, agency, note="", origin="manual", user=None):
        """Write down that invoices go to the agency; the job sends them after the
        time to undo.

        :param moves: invoices that the engine let pass
        :param user: whose wish it is, where a job carries it out
        :return: the cases, one an invoice
        """
        now = fields.Datetime.now()
        send_after = now + timedelta(minutes=agency.undo_minutes)
        waits = agency._needs_approval(origin)
        cases = self.sudo().create(
            [
                {
                    "move_id": move.id,
                    "agency_id": agency.id,
                    "note": note,
                    "origin": origin,
                    "state": "to_approve" if waits else "to_send",
                    "send_after": not waits and send_after,
                    "requested_by_id": (user or self.env.user).id,
                    "capital_original": move.amount_residual,
                    "capital_open": move.amount_residual,
                }
                for move in moves
            ]
        )
        cases._hold_invoices()
        cases._log_event("requested", _lt("To be transferred."))
        if note:
            moves.sudo().write({"collection_note": note})
        body = self.env._(
            "To be transferred to %(agency)s on %(when)s; until then it can be undone.",
            agency=agency.name,
            when=format_datetime(self.env, send_after),
        )
        if waits:
            body = self.env._(
                "To be transferred to %s once a second person has approved it.",
                agency.name,
            )
            cases._ask_to_approve()
        moves._message_log_batch(dict.fromkeys(moves.ids, body))
        if not waits:
            self._wake(TRANSFER_JOB, send_after)
        return cases

    def action_undo(self):
        """Undo transfers that have not left yet; one that was undone stays so."""
        self._check_user()
        for case in self:
            if case.state == "cancelled":
                continue
            if (
                case.state not in WAITING_STATES
                or case.sudo()._get_transfer_under_way()
            ):
                raise UserError(
                    self.env._(
                        "%s has left for the agency and cannot be undone. Take it back "
                        "instead.",
                        case.move_id.name,
                    )
                )
        cases = self.sudo()
        cases.lock_for_update()
        undone = cases._set_state("cancelled", closed_at=fields.Datetime.now())
        for case in undone:
            case.move_id._message_log(
                body=self.env._("The transfer to %s was undone.", case.agency_id.name)
            )
        return True

    def action_send_now(self):
        """Do not wait for the time to undo."""
        self._check_user()
        self.sudo().filtered(lambda c: c.state == "to_send").write(
            {"send_after": fields.Datetime.now()}
        )
        self._wake(TRANSFER_JOB)
        return True

    def action_retry(self):
        """Send again what the agency did not accept, after it was fixed, or what did
        not reach it."""
        self._check_user()
        cases = self.sudo()
        cases._get_transfer_under_way().filtered(
            lambda m: m.state == "error"
        ).action_retry()
        refused = cases.filtered(lambda c: c.state == "refused")
        refused._set_state(
            "to_send",
            send_after=fields.Datetime.now(),
            next_attempt=False,
            attempts=0,
            reason=False,
            existing_case_id=False,
        )
        cases._settle("collection_partner.mail_activity_type_refused")
        cases._settle("collection_partner.mail_activity_type_decide")
        self._wake(TRANSFER_JOB)
        return True

    def _get_transfer_under_way(self):
        """Return the messages that carry cases to the agency, while they count: one
        that went unanswered may have arrived."""
        return self.exchange_ids.filtered(
            lambda m: m.type == "case" and m.state in ("to_send", "sent", "error")
        )

    def action_resend(self):
        """Take cases back and send them again under the agreement's new number."""
        self._check_user()
        for case in self:
            if case.state in WAITING_STATES:
                raise UserError(
                    self.env._(
                        "%s has not left yet; it will carry the current number.",
                        case.display_name,
                    )
                )
            if case.agreement_number == case.agency_id.agreement_number:
                raise UserError(
                    self.env._("%s carries the current number.", case.display_name)
                )
            case.request_action(
                "withdraw",
                self.env._(
                    "Sent again under agreement number %s.",
                    case.agency_id.agreement_number,
                ),
            )
            case.sudo().resend = True
        return True
