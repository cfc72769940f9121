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
        if self.has_access_point:
            raise UserError(
                self.env._("On this channel customers are asked: nothing is allocated.")
            )
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
        customer = partner.commercial_partner_id.sudo()
        candidate = self.sudo().candidate_ids.filtered(
            lambda c: c.partner_id == customer
        ) or self.env["einvoice.agreement.candidate"].sudo()._propose_partner(
            self.sudo(), customer
        )
        self.sudo()._activate(candidate)
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
        """Look for the customers; activate on complete proof, else ask a person.

        An active agreement whose new details still fit its customer stays active.
        """
        candidates = self.env["einvoice.agreement.candidate"]._propose(self)
        certain = candidates.browse()
        for agreement, own in candidates.grouped("agreement_id").items():
            proven = own.filtered("is_proven")
            if len(proven) != 1 or len(own.filtered("identified")) != 1:
                continue
            if agreement.state != "active" or agreement.partner_id == proven.partner_id:
                certain += proven
        certain.agreement_id._activate(certain)
        open_ones = self - certain.agreement_id
        open_ones.filtered(lambda a: a.state == "active")._restore_sending_method()
        open_ones._set_state("to_review")
        open_ones._remind(
            "einvoice_consumer.mail_activity_type_review",
            lambda agreement: _lt(
                "%(name)s ordered e-invoices. Compare the candidates and accept one, "
                "or reject the order.",
                name=agreement.consumer_name,
            ),
        )

    def _activate(self, candidates):
        """Put agreements in force, and say on what evidence.

        :param candidates: the customer of each
        """
        partners = {each.agreement_id: each.partner_id for each in candidates}
        new = self.filtered(
            lambda a: not (a.state == "active" and a.partner_id == partners[a])
        )
        new._put_in_force(partners)
        new._message_log_batch(
            bodies={
                candidate.agreement_id.id: candidate._get_evidence_html()
                for candidate in candidates
            }
        )
        new._ask_about_wishes()
        new._send_stranded()

    def _put_in_force(self, partners):
        """Let customers get e-invoices from now on.

        :param dict partners: the customer of each agreement
        """
        customers = self.env["res.partner"].union(*partners.values())
        before = {}
        for agreement in self.search(
            [("partner_id", "in", customers.ids), ("state", "=", "active")]
        ):
            before.setdefault(agreement.partner_id, agreement.previous_sending_method)
        entering = self._set_state(
            "active", activated_at=fields.Datetime.now(), reason_stored=False
        )
        for agreement in entering:
            partner = partners[agreement]
            method = partner.with_company(agreement.company_id).invoice_sending_method
            if method == "einvoice_consumer":
                method = before.get(partner, False)
            agreement.write(
                {"partner_id": partner.id, "previous_sending_method": method}
            )
        for company, agreements in entering.grouped("company_id").items():
            agreements.partner_id.with_company(
                company
            ).invoice_sending_method = "einvoice_consumer"

    def _send_stranded(self):
        """Send what the customers' earlier banks refused and nobody has seen to yet:
        the refusal came before the order at the new bank."""
        stranded = self.env["einvoice.document"].search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("state", "=", "rejected"),
                ("is_latest", "=", True),
                ("environment", "in", self.channel_id.mapped("environment")),
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
        in_force = self.filtered(lambda a: a.state == "active")
        ended = self._set_state(
            "ended",
            reason_stored=Sentence.store(reason),
            ended_at=ended_at or fields.Datetime.now(),
        )
        (in_force & ended)._restore_sending_method()
        waiting = self.document_ids.filtered(
            lambda d: (
                d.direction == "out"
                and d.type != "cancellation"
                and d.is_latest
                and d.state in ("to_send", "error")
            )
        )
        waiting._redirect()

    def _restore_sending_method(self):
        """Give the customers' earlier sending method back, unless another agreement of
        the customer goes on (a change of bank)."""
        for company, agreements in self.grouped("company_id").items():
            others = self.search(
                [
                    ("partner_id", "in", agreements.partner_id.ids),
                    ("company_id", "=", company.id),
                    ("state", "=", "active"),
                    ("id", "not in", self.ids),
                ]
            )
            for agreement in agreements:
                partner = agreement.partner_id.with_company(company)
                if (
                    partner not in others.partner_id
                    and partner.invoice_sending_method == "einvoice_consumer"
                ):
                    partner.invoice_sending_method = (
                        agreement.previous_sending_method or False
                    )

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
