import base64

import netsgiro

from .common_norway import NorwayCommon

ATTENTION = "einvoice_consumer.mail_activity_type_avtalegiro"
DEADLINE = (
    "odoo.addons.einvoice_consumer.adapters.avtalegiro.Avtalegiro"
    ".get_last_cancel_moment"
)


class AvtalegiroCommon(NorwayCommon):
    """Kari has given her bank a mandate; invoices go to her by e-mail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.environment = "disabled"
        cls.giro = cls.env["einvoice.channel"].create(
            {
                "name": "AvtaleGiro",
                "rail": "avtalegiro",
                "company_id": cls.company.id,
                "bank_account_ids": cls.account.ids,
                "avtalegiro_unit": "55555555",
                "avtalegiro_number": 41,
                "environment": "prod",
            }
        )
        cls.kari.invoice_sending_method = "email"

    @classmethod
    def make_kid(cls, partner=None, invoice="0", layout=None):
        """A KID as a bank registers it with a mandate."""
        layout = layout or cls.layout
        return layout._make(partner or cls.kari, invoice)

    @classmethod
    def make_file(cls, *rows, number="0000001"):
        """A bank's file of mandates; rows are ``(registration type, KID, J or N)``."""
        body = [
            f"NY219470{place:07}{kind}{kid:>25}{notice}{'0' * 38}"
            for place, (kind, kid, notice) in enumerate(rows, start=1)
        ]
        return "\r\n".join(
            [
                f"NY00001000008080{number}55555555{'0' * 49}",
                f"NY212420000000000000000286011117947{'0' * 45}",
                *body,
                f"NY212488{len(rows):08}{len(rows) + 2:08}{'0' * 56}",
                f"NY000089{len(rows):08}{len(rows) + 4:08}{'0' * 17}190426{'0' * 33}",
                "",
            ]
        ).encode()

    @classmethod
    def bring(cls, *rows, number="0000001"):
        content = base64.b64encode(cls.make_file(*rows, number=number)).decode()
        [taken] = cls.giro.import_message("mandates.txt", content)
        return cls.env["einvoice.document"].browse(taken["document_id"])

    @classmethod
    def get_mandate(cls, kid=None):
        return cls.env["einvoice.avtalegiro.mandate"].search(
            [("channel_id", "=", cls.giro.id), ("kid", "=", kid or cls.make_kid())]
        )

    @classmethod
    def send_invoice(cls, move, **settings):
        cls.env["account.move.send"]._generate_and_send_invoices(move, **settings)
        return move.avtalegiro_claim_ids

    def carry(self):
        """Write the file, carry it to the bank, and read it there."""
        document = self.giro.sudo()._write_claims()
        self.giro.confirm_outgoing(document.ids)
        return netsgiro.parse(document._get_bytes().decode("iso-8859-1"))

    def run_job(self):
        with self.enter_registry_test_mode():
            job = self.env.ref("einvoice_consumer.ir_cron_einvoice_claims")
            job.method_direct_trigger()

    def get_notes(self, move):
        kind = self.env.ref(ATTENTION)
        return move._get_activities(kind).mapped("note")

    def pay(self, move, amount=None, day=None):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        values = {"payment_date": day or self.giro._get_today()}
        if amount:
            values["amount"] = amount
        wizard.create(values).action_create_payments()
