"""How invoices of the demo companies are entered. Imported, not run.

Dates count from today. Each record has an external identifier: `demo.invoice_…`,
`demo.credit_note_…`, `demo.payment_…`.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

PAYMENT_DAYS = 30


class Sale(NamedTuple):
    """One invoice: who owes it, when it falls due, what was sold."""

    customer: str
    due: int
    """Days from today; negative when it is overdue."""
    lines: tuple[tuple[str, int], ...]
    sent: bool = True
    currency: str = ""
    """Where it is not the company's."""


def made(env: Any, name: str, records: Any) -> Any:
    """Give a record its external identifier."""
    env["ir.model.data"]._update_xmlids(
        [{"xml_id": f"demo.{name}", "record": records, "noupdate": True}]
    )
    return records


def add_invoices(env: Any, sales: Mapping[str, Sale], today: date) -> None:
    """Every invoice, posted in the order of the dates."""
    moves = env["account.move"]
    for key, sale in sorted(sales.items(), key=lambda item: item[1].due):
        due = today + timedelta(days=sale.due)
        lines = [
            {"product_id": env.ref(f"demo.product_{product}").id, "quantity": count}
            for product, count in sale.lines
        ]
        currency = env.company.currency_id
        if sale.currency:
            currency = env.ref(f"base.{sale.currency}")
        move = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": env.ref(f"demo.partner_{sale.customer}").id,
                "currency_id": currency.id,
                "invoice_date": due - timedelta(days=PAYMENT_DAYS),
                "invoice_payment_term_id": False,
                "invoice_date_due": due,
                "invoice_line_ids": [(0, 0, line) for line in lines],
            }
        )
        moves += made(env, f"invoice_{key}", move)
    moves.action_post()
    for key, sale in sales.items():
        # only marked: printing their PDFs would take longer than all the rest
        env.ref(f"demo.invoice_{key}").is_move_sent = sale.sent


def pay(env: Any, key: str, share: float) -> None:
    """The customer pays a share of an invoice five days after the due date."""
    move = env.ref(f"demo.invoice_{key}")
    wizard = (
        env["account.payment.register"]
        .with_context(active_model="account.move", active_ids=move.ids)
        .create(
            {
                "amount": move.currency_id.round(move.amount_total * share),
                "payment_date": move.invoice_date_due + timedelta(days=5),
            }
        )
    )
    wizard.action_create_payments()
    made(env, f"payment_{key}", move.matched_payment_ids)


def take_back(env: Any, key: str, product: str, reason: str) -> None:
    """A product is returned, which a credit note of that one line settles."""
    move = env.ref(f"demo.invoice_{key}")
    wizard = (
        env["account.move.reversal"]
        .with_context(active_model="account.move", active_ids=move.ids)
        .create(
            {
                "journal_id": move.journal_id.id,
                "reason": reason,
                "date": move.invoice_date_due + timedelta(days=3),
            }
        )
    )
    wizard.refund_moves()
    note = made(env, f"credit_note_{key}", wizard.new_move_ids)
    note.invoice_line_ids.filtered(
        lambda line: line.product_id != env.ref(f"demo.product_{product}")
    ).unlink()
    note.action_post()
    note.is_move_sent = True
