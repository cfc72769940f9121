from decimal import Decimal

from odoo import Command

from .transfer_common import TransferCommon

AMOUNTS = (
    *("capital", "interest", "fees", "agency_fees", "court_fees"),
    *("commission", "vat"),
)


class SettlementCommon(TransferCommon):
    """An agency that pays out, and the company's accounts for it. It has a case,
    ``self.case``, which is what the first ``transferred()`` of a test returns."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accounts = {
            name: cls.make_account(code, kind, reconcile=name == "clearing")
            for name, code, kind in (
                ("clearing", "1512X", "asset_receivable"),
                ("interest", "8313X", "income_other"),
                ("fee", "3990X", "income_other"),
                ("commission", "6062X", "expense"),
                ("rounding", "3740X", "income_other"),
            )
        }
        cls.vat_account = cls.make_account("2641X", "asset_current")
        cls.tax = cls.make_tax(25)
        cls.agency.write(
            {
                **{
                    f"{name}_account_id": account.id
                    for name, account in cls.accounts.items()
                },
                "commission_tax_id": cls.tax.id,
                "payer_name": "Nord Inkasso",
            }
        )
        cls.send_one()

    @classmethod
    def make_account(cls, code, kind, reconcile=False):
        return cls.env["account.account"].create(
            {
                "code": code,
                "name": code,
                "account_type": kind,
                "reconcile": reconcile,
                "company_ids": [Command.link(cls.company.id)],
            }
        )

    @classmethod
    def make_tax(cls, rate):
        shares = [
            Command.create({"repartition_type": "base"}),
            Command.create(
                {"repartition_type": "tax", "account_id": cls.vat_account.id}
            ),
        ]
        return cls.env["account.tax"].create(
            {
                "name": f"VAT {rate} %",
                "amount": rate,
                "type_tax_use": "purchase",
                "company_id": cls.company.id,
                "invoice_repartition_line_ids": shares,
                "refund_repartition_line_ids": shares,
            }
        )

    @classmethod
    def told_line(cls, case, number=1, **amounts):
        """A line as the adapter gives it; its net as the contract says."""
        parts = {name: Decimal(amounts.get(name, "0")) for name in AMOUNTS}
        net = parts["capital"] + parts["interest"] + parts["fees"]
        net -= parts["commission"] + parts["vat"]
        return {
            "case_id": case.agency_case_id if case else "",
            "case_number": "",
            "external_id": "",
            "invoice_number": case.move_id.name if case else "",
            "reference": "",
            "payment_id": f"P-{number}",
            "date": cls.today,
            **parts,
            "net": Decimal(amounts.get("net", net)),
        }

    @classmethod
    def prepare_settlement(cls, *lines, name="SE-1", **values):
        """A payout as the adapter gives it."""
        return {
            "settlement_id": name,
            "kind": "daily_batch",
            "date": cls.today,
            "bank_reference": f"NI-{name}",
            "payer_name": "Nord Inkasso AB",
            "payer_account": "SE45 5000 0000 0583 9825 7466",
            "currency": "SEK",
            "total": sum((line["net"] for line in lines), Decimal(0)),
            "has_pdf": False,
            "lines": list(lines),
            **values,
        }

    def tell_settlement(self, *lines, **values):
        """The agency pays out: what its next answer tells."""
        told = self.prepare_settlement(*lines, **values)
        self.other.settlements.append(told)
        return told

    def poll(self):
        """The job asks the agency."""
        self.agency.sudo().next_attempt = False
        self.run_jobs()

    def settlement(self, name="SE-1"):
        return self.env["collection.settlement"].search([("name", "=", name)])

    def pay_out(self, *lines, name="SE-1", **values):
        """The agency pays out, and the job has heard of it."""
        self.tell_settlement(*lines, name=name, **values)
        self.poll()
        return self.settlement(name)

    def entry(self, settlement):
        """The entry as a bookkeeper reads it: account and amount, debit above zero."""
        return sorted(
            (item.account_id.code, item.balance) for item in settlement.move_id.line_ids
        )

    def bank_line(self, amount, **values):
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "payment_ref": "Payment",
                "date": self.today,
                "amount": amount,
                **values,
            }
        )

    def receivable(self, move):
        return move.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
