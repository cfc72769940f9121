from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import (
    Day,
    Flag,
    Text,
    Word,
    check_one,
    remote_call,
)

from ...tools import join
from ..states import WAITING_STATES

_lt = LazyTranslate(__name__)

# What a person may ask of the agency, as far as the agency offers it at the moment, and
# what the timeline says of it.
ACTIONS = {
    "pause": _lt("Asked the agency to pause."),
    "resume": _lt("Asked the agency to go on."),
    "withdraw": _lt("Took the invoice back."),
    "approve": _lt("Approved the next step."),
    "reject": _lt("Rejected the next step."),
    "dispute": _lt("Told the agency that the debtor disputes the claim."),
    "undispute": _lt("Told the agency that the dispute is settled."),
    "change_due_date": _lt("Asked the agency for another due date."),
    "reopen": _lt("Asked the agency to take the case up again."),
}


def _get_kind(action):
    """Return the action that is meant, also by the agency's own word for it, such as
    ``approve_legal``."""
    start, _line, rest = action.partition("_")
    return start if rest and start in ("approve", "reject") else action


class CollectionCase(models.Model):
    """What people and programs ask of the agency, and where they go from a case."""

    _inherit = "collection.case"

    @remote_call(
        action=Text(filled=True),
        reason=Text(),
        until=Day(coming=True),
        confirmed=Flag(),
    )
    def request_action(self, action, reason="", until=False, confirmed=False):
        """Ask the agency to do something with cases.

        The wish is written down and sent by the job; the case shows it as under way
        until the agency has answered. A repeated call asks once.

        :param str action: a word of the case's ``available_actions``; ``approve`` and
            ``reject`` also stand for the step that the agency waits for, such as
            ``approve_legal``
        :param str reason: why; required for ``withdraw``, ``reject`` and ``dispute``
        :param str until: ISO date until which a pause lasts, or False; the new due date
            for ``change_due_date``
        :param bool confirmed: take a step against the debtor (``approve``, ``resume``,
            ``undispute``, ``reopen``) although the agency demands more than is open
        :return: True
        :raise UserError: the agency does not offer the action at this moment, or the
            step against the debtor is not confirmed
        """
        self._check_user()
        kind = _get_kind(action)
        Word(*ACTIONS).read(self.env, "action", kind)
        if kind in ("withdraw", "reject", "dispute") and not reason.strip():
            raise UserError(self.env._("Say why; the agency is told the reason."))
        if kind == "change_due_date" and not until:
            raise UserError(self.env._("until is missing: say the new due date."))
        if not confirmed:
            objections = [case._get_objection(kind) for case in self]
            if any(objections):
                raise UserError("\n".join(filter(None, objections)))
        for case in self:
            if action == "withdraw" and case.state == "cancelled":
                continue
            if action == "withdraw" and case.state in WAITING_STATES:
                case.action_undo()
            else:
                case._queue_action(action, reason.strip(), until)
        return True

    def _queue_action(self, action, reason, until):
        self.ensure_one()
        word = self._get_awaited_step(action) or action
        values = {
            "action": word,
            "reason": reason,
            "until": fields.Date.to_string(until) if until else None,
        }
        is_offered = word in (self.available_actions or ())
        if self._is_asked(values, is_offered):
            return
        if not is_offered:
            raise UserError(
                self.env._(
                    "The agency does not offer this for %(case)s at the moment "
                    "(%(status)s).",
                    case=self.display_name,
                    status=self.status_text,
                )
            )
        if self.pending_action:
            raise UserError(
                self.env._(
                    "Another request for %s is on its way. Wait for its answer.",
                    self.display_name,
                )
            )
        case = self.sudo()
        self.env["collection.message"]._queue(
            case.agency_id, "action", case=case, values=values
        )
        kind, end = _get_kind(action), values["until"]
        parts = (ACTIONS[kind], end and _lt("Until %s.", end), reason)
        case._log_event(kind, join(list(filter(None, parts))))
        self.invalidate_recordset(["pending_action"], flush=False)

    def _is_asked(self, values, is_offered):
        """Whether the last thing that the agency was asked is the same: a program that
        got no answer calls again. Once the agency has done it and offers it anew, it
        is another wish."""
        self.ensure_one()
        last = self.sudo().exchange_ids.filtered(lambda m: m.type == "action")[:1]
        if last.state != "to_send" and (last.state != "sent" or is_offered):
            return False
        asked = last._get_values()
        if values["action"] in ("approve", "reject"):
            asked["action"] = _get_kind(asked["action"])
        return asked == values

    def _get_awaited_step(self, action):
        """Return the agency's word for approving or rejecting what it waits for, such
        as ``approve_legal``; empty when it waits for nothing."""
        self.ensure_one()
        if action not in ("approve", "reject"):
            return ""
        return next(
            (
                word
                for word in self.available_actions or ()
                if word.startswith(f"{action}_")
            ),
            "",
        )

    def action_ask(self):
        """Open the dialog that asks for the reason of an action (in the context)."""
        check_one(self)
        return self.env["collection.action.wizard"]._get_records_action(
            name=self.display_name,
            target="new",
            context={
                "default_case_id": self.id,
                "default_action": self.env.context.get("collection_action", False),
            },
        )

    def _ask_or_request(self, action):
        """Ask the agency; where the two sides differ, ask the user first, one case at
        a time."""
        self._check_user()
        doubtful = self.filtered(lambda c: c._get_objection(action))
        if agreed := self - doubtful:
            agreed.request_action(action)
        if not doubtful:
            return True
        if len(self) == 1:
            return self.with_context(collection_action=action).action_ask()
        name = self.env._("To be confirmed one by one")
        action = doubtful._get_records_action(name=name)
        return {
            **action,
            "domain": [("id", "in", doubtful.ids)],
            "res_id": False,
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
        }

    def action_approve(self):
        return self._ask_or_request("approve")

    def action_resume(self):
        return self._ask_or_request("resume")

    def action_undispute(self):
        return self._ask_or_request("undispute")

    def action_open_portal(self):
        """Open the case in the agency's portal."""
        check_one(self)
        if not self.portal_url:
            raise UserError(
                self.env._("%s is not in the agency's portal yet.", self.display_name)
            )
        return {"type": "ir.actions.act_url", "url": self.portal_url, "target": "new"}

    def action_view_move(self):
        self.ensure_one()
        return self.move_id._get_records_action(name=self.move_id.name)

    def action_view_partner(self):
        self.ensure_one()
        return self.partner_id._get_records_action(name=self.partner_id.name)

    def action_view_messages(self):
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "collection_partner.collection_message_action"
        )
        return {**action, "domain": [("case_id", "=", self.id)], "context": {}}

    def action_decide_outcome(self):
        """Open the dialog that asks what becomes of the invoice."""
        check_one(self)
        self.check_access("read")
        return self.env["collection.outcome.wizard"]._get_records_action(
            name=self.env._("The agency has closed the case"),
            target="new",
            context={"default_case_id": self.id},
        )

    def action_use_new_address(self):
        """Take over the address that the agency has found."""
        self._check_user()
        for case in self:
            if not case.new_street:
                raise UserError(self.env._("The agency has found no new address."))
            # Who collects need not be allowed to change customers otherwise.
            case.move_id.partner_id.sudo().write(
                {
                    "street": case.new_street,
                    "street2": False,
                    "zip": case.new_zip,
                    "city": case.new_city,
                    "country_id": case.new_country_id.id
                    or case.move_id.partner_id.country_id.id,
                }
            )
            case.sudo()._forget_new_address()
            case.sudo()._log_event("address", _lt("The new address was taken over."))
        return True

    def action_dismiss_new_address(self):
        self._check_user()
        self.sudo()._forget_new_address()
        return True

    def _forget_new_address(self):
        """Note that somebody has decided about the address: it is proposed once."""
        for case in self:
            address = {
                name: case[f"new_{name}"] or "" for name in ("street", "zip", "city")
            }
            case.write(
                {
                    "decided_address": self._get_address_key(address),
                    "new_street": False,
                    "new_zip": False,
                    "new_city": False,
                    "new_country_id": False,
                }
            )
        self.filtered(lambda c: not c.action_required)._settle(
            "collection_partner.mail_activity_type_decide"
        )

    @api.model
    def _get_address_key(self, address):
        return "\n".join(address[name] or "" for name in ("street", "zip", "city"))
