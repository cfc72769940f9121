from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import LazyTranslate

from odoo.addons.receivables_base.tools import Sentence, Text, Whole, remote_call

_lt = LazyTranslate(__name__)


class EinvoiceAgreement(models.Model):
    """Whose order it is, decided by proof or by a person, and what follows of it."""

    _inherit = "einvoice.agreement"

    # === REMOTE API === #

    @remote_call(ids="one", partner_id=Whole())
    def allocate(self, partner_id):
        """Allocate the order to a customer, who gets e-invoices from now on.

        :param int partner_id: id of the customer (``res.partner``)
        :return: True
        :raise UserError: the order has ended, or the customer does not exist or
            belongs to another company
        """
        self._check_user()
        partner = self.env["res.partner"].browse(partner_id).exists()
        if not partner:
            raise UserError(self.env._("There is no customer %s.", partner_id))
        partner.check_access("read")
        if partner.company_id and partner.company_id != self.company_id:
            raise UserError(
                self.env._(
                    "%(customer)s belongs to %(company)s, the order does not.",
                    customer=partner.display_name,
                    company=partner.company_id.name,
                )
            )
        if self.state == "active" and self.partner_id == partner.commercial_partner_id:
            return True
        if self.state not in ("to_review", "invited", "rejected"):
            raise UserError(
                self.env._(
                    "Only an order that waits can be allocated; this one is %s.",
                    dict(self._fields["state"]._description_selection(self.env))[
                        self.state
                    ],
                )
            )
        self.sudo()._activate(partner.commercial_partner_id.sudo())
        return True

    @remote_call(reason=Text(filled=True))
    def reject(self, reason):
        """Reject an order that belongs to no customer; nothing is ever sent to it.

        :param str reason: why, for colleagues; required
        :return: True
        """
        self._check_user()
        for agreement in self:
            if agreement.state not in ("to_review", "invited", "rejected"):
                raise UserError(
                    self.env._(
                        "%s is in use or has ended: it can be ended, not rejected.",
                        agreement.display_name,
                    )
                )
        self.sudo()._set_state(
            "rejected", reason_stored=Sentence.store(reason.strip()), partner_id=False
        )
        return True

    @remote_call()
    def end(self):
        """End the agreements; the customers get invoices as they did before.

        :return: True
        """
        self._check_user()
        self.sudo()._end(_lt("Ended by %s", self.env.user.name))
        return True

    def _check_user(self):
        if not self.env.user.has_group(
            "einvoice_consumer.einvoice_consumer_group_user"
        ):
            raise AccessError(
                self.env._("Only users of consumer e-invoices can decide on orders.")
            )
        self.check_access("read")

    # === FROM ORDER TO END === #

    def _match(self):
        """Look for the customer; activate on complete proof, else ask a person.

        An active agreement whose new details still fit its customer stays active.
        """
        self.ensure_one()
        candidates = self.env["einvoice.agreement.candidate"]._propose(self)
        proven = candidates.filtered("is_proven")
        if len(proven) == 1 and len(candidates.filtered("identified")) == 1:
            partner = proven.partner_id
            if self.state != "active" or self.partner_id == partner:
                self._activate(partner, proven)
                return
        if self.state == "active":
            self._restore_sending_method()
        self._set_state("to_review")
        self._remind(
            "einvoice_consumer.mail_activity_type_review",
            _lt(
                "%(name)s ordered e-invoices. Compare the candidates and accept one, "
                "or reject the order.",
                name=self.consumer_name,
            ),
        )

    def _activate(self, partner, candidate=None):
        """Put the agreement in force for ``partner`` and say on what evidence."""
        self.ensure_one()
        if not candidate:
            candidate = self.candidate_ids.filtered(lambda c: c.partner_id == partner)
            if not candidate:
                candidate = self.env["einvoice.agreement.candidate"]._propose_partner(
                    self, partner
                )
        if self.state == "active" and self.partner_id == partner:
            return
        self._put_in_force(partner)
        self._message_log(body=candidate._get_evidence_html())
        self._ask_about_wishes()
        self._send_stranded(partner)

    def _put_in_force(self, partner):
        """Let ``partner`` get e-invoices from now on."""
        self.ensure_one()
        vals = {
            "partner_id": partner.id,
            "activated_at": fields.Datetime.now(),
            "reason_stored": False,
        }
        method = partner.with_company(self.company_id).invoice_sending_method
        if method != "einvoice_consumer":
            vals["previous_sending_method"] = method
        else:
            vals["previous_sending_method"] = self.search(
                [("partner_id", "=", partner.id), ("state", "=", "active")], limit=1
            ).previous_sending_method
        self._set_state("active", **vals)
        partner.with_company(
            self.company_id
        ).invoice_sending_method = "einvoice_consumer"

    def _send_stranded(self, partner):
        """Send what the customer's earlier bank refused and nobody has seen to yet:
        the refusal came before the order at the new bank."""
        stranded = self.env["einvoice.document"].search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "rejected"),
                ("is_latest", "=", True),
                ("environment", "=", self.channel_id.environment),
                ("reason_id.effect", "=", "reroute"),
            ]
        )
        open_moves = stranded.move_id.filtered(
            lambda move: move.payment_state in ("not_paid", "partial")
        )
        open_moves._einvoice_render_and_queue()

    def _end(self, reason, ended_at=None):
        """End agreements: the customers go back to their earlier sending method,
        and what still waits for the ended address finds another way."""
        for agreement in self:
            was_active = agreement.state == "active"
            changed = agreement._set_state(
                "ended",
                reason_stored=Sentence.store(reason),
                ended_at=ended_at or fields.Datetime.now(),
            )
            if changed and was_active:
                agreement._restore_sending_method()
            waiting = agreement.document_ids.filtered(
                lambda d: (
                    d.direction == "out"
                    and d.type != "cancellation"
                    and d.is_latest
                    and d.state in ("to_send", "error")
                )
            )
            waiting._redirect()

    def _restore_sending_method(self):
        """Give the customer's earlier sending method back, unless another
        agreement of the customer goes on (a change of bank)."""
        self.ensure_one()
        partner = self.partner_id.with_company(self.company_id)
        others = self.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "active"),
                ("id", "!=", self.id),
            ],
            limit=1,
        )
        if not others and partner.invoice_sending_method == "einvoice_consumer":
            partner.invoice_sending_method = self.previous_sending_method or False

    @api.model
    def _get_active(self, partners, company):
        """Map each customer to the agreement that their invoices go to.

        After a change of bank two may be active for a while: the newest counts. One
        that was ordered in a test counts only where there is no real one.

        :return: dict of partner id to agreement; without those who have none
        """
        agreements = self.search_fetch(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "=", company.id),
                ("state", "=", "active"),
                ("channel_id.environment", "!=", "disabled"),
                ("channel_id.active", "=", True),
            ],
            [
                "channel_id",
                "language",
                "partner_id",
                "recipient_address",
                "recipient_intermediator",
                "service",
            ],
            order="ordered_at, id",
        )
        real = agreements.filtered(lambda agreement: agreement._is_live())
        return {
            agreement.partner_id.id: agreement
            for agreement in (agreements - real) + real
        }
