import base64
import itertools
import json

from odoo import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

from .common import InvoicesCommon

# Organisation number of the public example (Brønnøysundregistrene's own).
ORGANISATION = "974760673"
ACCOUNT = "86011117947"
MOBILE = "+4790000001"


@tagged("post_install", "-at_install")
class NorwayCommon(InvoicesCommon):
    """A Norwegian company with an open channel and one customer, Kari."""

    sold = "Strøm, november"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        norway = cls.env.ref("base.no")
        nok = cls.env.ref("base.NOK")
        nok.active = True
        cls.company = cls.env["res.company"].create(
            {
                "name": "Fjordkraft og Lys AS",
                "country_id": norway.id,
                "currency_id": nok.id,
                "company_registry": ORGANISATION,
                "vat": f"NO{ORGANISATION}MVA",
                "street": "Kaigaten 4",
                "zip": "5003",
                "city": "Bergen",
                "email": "post@fjordlys.example.com",
            }
        )
        cls.env["account.chart.template"].try_loading(
            "generic_coa", cls.company, install_demo=False
        )
        # that chart is a small one, of no country; it comes with dollars
        cls.company.write(
            {"currency_id": nok.id, "account_fiscal_country_id": norway.id}
        )
        cls.bookkeeper = new_test_user(
            cls.env,
            "norwegian_bookkeeper",
            groups="base.group_system,account.group_account_manager,"
            "einvoice_consumer.einvoice_consumer_group_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.env = cls.env(
            user=cls.bookkeeper, context={**cls.env.context, **DISABLED_MAIL_CONTEXT}
        )
        cls.company = cls.env.company
        cls.account = cls.env["res.partner.bank"].create(
            {
                "acc_number": ACCOUNT,
                "partner_id": cls.company.partner_id.id,
                "allow_out_payment": True,
            }
        )
        cls.journal = cls.env["account.journal"].search(
            [("company_id", "=", cls.company.id), ("type", "=", "sale")], limit=1
        )
        # customer, invoice, check digit
        cls.layout = cls.env["einvoice.kid.layout"].create(
            {
                "name": "Seven and nine",
                "company_id": cls.company.id,
                "part_ids": [
                    Command.create({"kind": "customer", "digit_count": 7}),
                    Command.create({"kind": "invoice", "digit_count": 9}),
                ],
            }
        )
        cls.journal.write(
            {"invoice_reference_model": "own_kid", "kid_layout_id": cls.layout.id}
        )
        at_home = {"country_id": norway.id, "company_id": cls.company.id}
        group = cls.env["account.tax.group"].create({"name": "MVA", **at_home})
        cls.tax = cls.env["account.tax"].create(
            {
                "name": "25 %",
                "amount": 25,
                "type_tax_use": "sale",
                "tax_group_id": group.id,
                **at_home,
            }
        )
        cls.channel = cls.env["einvoice.channel"].create(
            {
                "name": "eFaktura",
                "rail": "efaktura",
                "company_id": cls.company.id,
                "bank_account_ids": cls.account.ids,
                "environment": "prod",
            }
        )
        cls.customer = cls.kari = cls.env["res.partner"].create(
            {
                "name": "Kari Nordmann",
                "company_type": "person",
                "street": "Strandgaten 18",
                "zip": "5013",
                "city": "Bergen",
                "country_id": norway.id,
                "phone": MOBILE,
                "email": "kari@example.com",
            }
        )
        cls.events = itertools.count(1)

    @classmethod
    def approve_issuer(cls, channel=None):
        """Let the company have its issuer agreement."""
        channel = channel or cls.channel
        channel.action_view_issuer_agreement()
        channel.issuer_agreement_ids.sudo().state = "approved"

    @classmethod
    def tell(cls, kind, channel=None, **values):
        """Let the operator tell something; return the document it became."""
        number = next(cls.events)
        event = {
            "type": kind,
            "event_id": f"EV-{number}",
            "created_at": f"2026-11-21T08:00:{number:02}Z",
            **values,
        }
        content = base64.b64encode(json.dumps(event).encode()).decode()
        [taken] = (channel or cls.channel).import_message("event.json", content)
        return cls.env["einvoice.document"].browse(taken["document_id"])

    @classmethod
    def fetch(cls, kind=None, channel=None):
        """Carry what waits to the operator; return it as it reads it, of one type."""
        channel = channel or cls.channel
        waiting = channel.fetch_outgoing()
        channel.confirm_outgoing([one["document_id"] for one in waiting])
        told = [json.loads(base64.b64decode(one["content"])) for one in waiting]
        return [one for one in told if kind in (None, one["type"])]
