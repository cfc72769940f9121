"""Invoices as eFaktura: EHF Billing 3 by Odoo's own builder, and a picture of each."""

import dataclasses
from datetime import timedelta
from decimal import Decimal

from lxml import etree

from odoo.tools import LazyTranslate, format_date, frozendict

from odoo.addons.account.tools import dict_to_xml

from .rail import Problem

_lt = LazyTranslate(__name__)

CURRENCY = "NOK"
EHF = "account.edi.xml.ubl_bis3"


class EfakturaInvoices:
    """Checks invoices of one channel and makes what their messages say."""

    def __init__(self, channel):
        self.channel = channel
        self.env = channel.env
        self.today = channel._get_today()

    # === CHECKS === #

    def check(self, move, agreement):
        """Return what the operator would refuse, each with where it is fixed.

        :rtype: list[Problem]
        """
        return [
            *self._check_issuer(),
            *self._check_recipient(move, agreement),
            *self._check_reference(move),
            *self._check_money(move),
            *self._check_due_date(move),
        ]

    def _check_issuer(self):
        if not self.channel._lacks_issuer_agreement():
            return []
        message = _lt(
            "The issuer agreement of the channel %s is not approved: no invoice can be "
            "sent until it is.",
            self.channel.name,
        )
        return [Problem("issuer_agreement", "danger", "channel", message)]

    def _check_recipient(self, move, agreement):
        if agreement.recipient_address:
            return []
        message = _lt(
            "The eFaktura identifier of %s is not known: look the customer up first.",
            move.commercial_partner_id.display_name,
        )
        return [Problem("recipient", "danger", "partner", message)]

    def _check_reference(self, move):
        if move.move_type != "out_invoice" or move._has_valid_kid():
            return []
        message = _lt(
            "%(reference)s is no KID: choose a KID layout as the journal's "
            "communication standard.",
            reference=move.payment_reference or _lt("An empty field"),
        )
        return [Problem("reference", "danger", "journal", message)]

    def _check_money(self, move):
        problems = []
        if move.currency_id.name != CURRENCY:
            message = _lt(
                "%(invoice)s is in %(currency)s; eFaktura asks for Norwegian kroner.",
                invoice=move.name,
                currency=move.currency_id.name,
            )
            problems.append(Problem("currency", "danger", "move", message))
        if move.partner_bank_id not in self.channel.bank_account_ids:
            message = _lt(
                "%(invoice)s asks for payment to %(account)s, which is no account of "
                "the channel.",
                invoice=move.name,
                account=move.partner_bank_id.acc_number or _lt("(none)"),
            )
            problems.append(Problem("account", "danger", "channel", message))
        return problems

    def _check_due_date(self, move):
        days = move._get_due_dates()
        if len(days) > 1:
            message = _lt(
                "%(invoice)s falls due in %(count)s parts; an eFaktura has one due "
                "date.",
                invoice=move.name,
                count=len(days),
            )
            return [Problem("instalments", "danger", "due_date", message)]
        earliest = self.today + timedelta(days=self.channel.min_days_to_due)
        if days and days[0] >= earliest:
            return []
        advised = self.today + timedelta(days=self.channel.advised_days_to_due)
        message = _lt(
            "%(invoice)s falls due on %(due)s; eFaktura takes nothing that falls due "
            "before %(earliest)s.",
            invoice=move.name,
            due=days and format_date(self.env, days[0]) or "",
            earliest=format_date(self.env, earliest),
        )
        more = frozendict(
            earliest_due_date=earliest.isoformat(),
            advised_due_date=max(earliest, advised).isoformat(),
        )
        return [Problem("due_date", "danger", "due_date", message, more)]

    # === MESSAGES === #

    def get_values(self, move, agreement, is_paid_by_bank):
        """Return what the message about an invoice says, and what EHF lacks.

        :return: ``(values, problems)``; see ``formats.efaktura.Invoice``
        """
        ehf, faults = self._make_ehf(move, agreement.recipient_address)
        problems = [
            Problem(f"ehf_{rule}", "danger", "move", fault)
            for rule, fault in faults.items()
        ]
        values = {
            "recipient": agreement.recipient_address,
            "number": move.name,
            "kid": move.payment_reference or "",
            "amount": Decimal(f"{move.amount_residual:.2f}"),
            "currency": move.currency_id.name,
            "due_date": move._get_due_dates()[0],
            "avtalegiro": is_paid_by_bank,
            "ehf": ehf,
        }
        return values, problems

    def _make_ehf(self, move, recipient):
        """Return EHF Billing 3 (that is, BIS Billing 3) and what is wrong with it, by
        the names of core's rules.

        A private person gives no reference of their own, and the format asks for one:
        their eFaktura identifier stands there.
        """
        builder = self.env[EHF]
        builder._validate_taxes(move.invoice_line_ids.tax_ids)
        values = {"invoice": move.with_context(lang=move.partner_id.lang)}
        node = builder._get_invoice_node(values)
        if not (node["cbc:BuyerReference"] or {}).get("_text"):
            node["cbc:BuyerReference"] = {"_text": recipient}
        values["document_node"] = node
        found = builder._export_invoice_constraints(move, values)
        xml = dict_to_xml(
            node,
            nsmap=builder._get_document_nsmap(values),
            template=builder._get_document_template(values),
        )
        data = etree.tostring(
            xml, xml_declaration=True, encoding="UTF-8", pretty_print=True
        )
        return data, {rule: str(fault) for rule, fault in found.items() if fault}

    def draw(self, pairs):
        """Put the pictures beside invoices, in the layout that the customer, else the
        journal, has.

        :param pairs: list of ``(move, message)``
        :return: the messages with their pictures, in this order
        """
        send = self.env["account.move.send"]
        by_report = {}
        for move, _message in pairs:
            report = send._get_default_pdf_report_id(move)
            by_report.setdefault(report, []).append(move.id)
        drawn = {}
        for report, ids in by_report.items():
            reports = self.env["ir.actions.report"].with_company(
                self.channel.company_id
            )
            name = report.report_name
            content, kind = reports._pre_render_qweb_pdf(name, res_ids=ids)
            drawn |= reports._get_splitted_report(name, content, kind)
        return [
            dataclasses.replace(message, pdf=drawn[move.id]) for move, message in pairs
        ]
