from collections import Counter
from contextlib import contextmanager
from decimal import Decimal
from unittest import skipUnless

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .any_order_common import Shaky
from .settlement_common import SettlementCommon

try:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

# Amounts on both sides of all that is open.
AMOUNTS = (100, 250, 400, 1000, 1200)
TROUBLES = ("", "", "unheard", "unanswered")
# What a debtor, a bookkeeper, an approver and an agency do, and how often.
STEPS = {
    **{"ask": 3, "approve": 3, "undo": 1},
    **{"pay": 3, "unpay": 2, "credit": 2, "write_off": 1},
    **{"collect": 3, "settle": 3, "settle_again": 1, "close": 1},
    **{"event": 2, "old_event": 1, "jobs": 6, "night": 1},
}


def draw_steps():
    """Steps, each about one of four invoices."""
    names = [name for name, often in STEPS.items() for _time in range(often)]
    step = st.tuples(
        st.sampled_from(names),
        st.integers(0, 3),
        st.sampled_from(AMOUNTS),
        st.lists(st.sampled_from(TROUBLES), max_size=4),
    )
    return st.lists(step, min_size=15, max_size=35)


@tagged("post_install", "-at_install")
@skipUnless(given, "hypothesis is not installed (dev/requirements.txt)")
class TestAnyOrder(SettlementCommon):
    """Whatever happens, in whatever order, with answers that get lost: at the end our
    capital and the agency's agree, the ledger balances, nothing was said twice, each
    invoice is at the agency that the rules choose, with the second person's consent
    where it is asked for, and nobody who owes nothing is pursued."""

    @classmethod
    def send_one(cls, move=None):
        """Nothing is there yet, and the agency answers unreliably from the start."""
        cls.known_agency = Shaky()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.approver = new_test_user(
            cls.env,
            "approver",
            "collection_partner.collection_partner_group_approver",
            company_id=cls.company.id,
        )
        norway = cls.env.ref("base.no")
        cls.oslo = cls.make_agency(
            "Oslo Inkasso",
            transfer_approval="manual",
            approver_id=cls.approver.id,
            payer_name="Oslo Inkasso",
            **{f"{name}_account_id": acc.id for name, acc in cls.accounts.items()},
        )
        cls.oslo.with_context(collection_from_agency=True).agreement_number = "B-1"
        cls.env["collection.route"].create(
            {
                "company_id": cls.company.id,
                "agency_id": cls.oslo.id,
                "country_ids": [Command.set(norway.ids)],
            }
        )
        values = {"country_id": norway.id, "company_registry": "999000111"}
        cls.invoices = [
            cls.make_invoice(cls.make_customer(f"Debtor {number}", **more))
            for number, more in enumerate(({}, values, {}, values))
        ]

    def setUp(self):
        super().setUp()
        connection = self.env.registry["receivables.connection"]
        self.patch(connection, "_open", lambda line: line)
        self.counts = Counter()
        self.given_up = Counter()

    @contextmanager
    def undone(self):
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            fresh = Shaky()
            vars(self.other).update(vars(fresh))

    # === STEPS === #

    def do_ask(self, move, _amount):
        move.with_user(self.collector).transfer_to_collection()

    def do_approve(self, move, _amount):
        case = move.collection_case_id.filtered(lambda c: c.state == "to_approve")
        case.with_user(self.approver).action_approve_transfer()

    def do_undo(self, move, _amount):
        waiting = ("to_approve", "to_send")
        case = move.collection_case_id.filtered(lambda c: c.state in waiting)
        case.with_user(self.collector).action_undo()

    def do_pay(self, move, amount):
        """The customer pays directly, as far as something is open."""
        amount = min(amount, move.amount_residual)
        if amount:
            register = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=move.ids
            )
            wizard = register.create({"payment_date": self.today, "amount": amount})
            wizard.is_collection_settlement = False
            payment = wizard._create_payments()
            payment.collection_payer = "debtor"

    def do_unpay(self, move, _amount):
        """The bookkeeper takes the last of the customer's payments off."""
        direct = self.receivable(move).matched_credit_ids.filtered(
            lambda partial: partial.credit_move_id.move_id.origin_payment_id
        )
        direct.sorted("id")[-1:].unlink()

    def do_credit(self, move, amount):
        note = self.make_invoice(move.partner_id, price=amount, move_type="out_refund")
        open_items = self.receivable(move).filtered(lambda item: not item.reconciled)
        if open_items:
            (open_items + self.receivable(note)).reconcile()

    def do_write_off(self, move, amount):
        """Part of it is given up here; the agency goes on, and a person is told."""
        [owed] = self.receivable(move)
        amount = min(amount, owed.amount_residual)
        if not amount:
            return
        entry = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create(
                        {
                            "account_id": owed.account_id.id,
                            "partner_id": owed.partner_id.id,
                            "credit": amount,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.accounts["commission"].id,
                            "debit": amount,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        if self.other.get_open(move.name):
            self.given_up[move] += amount
        (owed + entry.line_ids.filtered("credit")).reconcile()

    def get_case(self, move):
        """The case that the agency has of an invoice, and what it knows of it."""
        case = move.collection_case_id.filtered("agency_case_id")
        return case, self.other.cases.get(case.agency_case_id)

    def do_collect(self, move, amount):
        case, there = self.get_case(move)
        if case and there["state"] != "closed":
            left = there["balance"]["capital"]["remaining"]
            paid = min(amount, left)
            self.other.collect(case, paid)
            there["collected"] = there.get("collected", 0) + paid

    def do_settle(self, move, _amount):
        """The agency pays out what it has collected and not paid out."""
        case, there = self.get_case(move)
        if not case:
            return
        due = there.get("collected", 0) - there.get("settled", 0)
        if due:
            there["settled"] = there.get("settled", 0) + due
            payouts = self.other.payouts[case.agency_id.sudo().connection_id.id]
            name = f"SE-{case.agency_id.id}-{len(payouts)}"
            line = self.told_line(case, name, capital=due, commission=due / 10)
            payouts.append(self.tell_settlement(line, name=name))

    def do_settle_again(self, _move, _amount):
        """It tells the same once more."""
        for payouts in self.other.payouts.values():
            payouts += payouts[-1:]

    def do_close(self, move, _amount):
        case, there = self.get_case(move)
        if case and there["state"] != "closed":
            left = there["balance"]["capital"]["remaining"]
            self.other.change(
                case,
                state="closed",
                status_code="closed",
                outcome="uncollectable" if left else "paid",
            )

    def do_event(self, move, _amount):
        case, _there = self.get_case(move)
        if case:
            self.tell(case)

    def do_old_event(self, move, _amount):
        """An event comes a second time."""
        case, _there = self.get_case(move)
        mine = [e for e in self.other.events if e["case_id"] == case.agency_case_id]
        if case and mine:
            messages = self.env["collection.message"].sudo()
            messages._log_events(case.agency_id, mine[:1])

    def do_night(self, _move, _amount):
        self.night()

    def do_jobs(self, _move, _amount):
        """The jobs run, when all that waits has waited long enough."""
        agencies = self.agency | self.oslo
        agencies.sudo().write({"next_attempt": False})
        agencies.sudo().connection_id.paused_until = False
        cases = agencies.sudo().case_ids
        cases.next_attempt = False
        cases.exchange_ids.next_attempt = False
        self.run_jobs()

    # === WHAT HOLDS AT THE END === #

    def check(self, steps):
        self.given_up.clear()
        for name, number, amount, troubles in steps:
            self.other.troubles = list(troubles) if name == "jobs" else []
            try:
                with self.env.cr.savepoint():
                    getattr(self, f"do_{name}")(self.invoices[number], amount)
                self.counts[name] += 1
            except UserError:
                self.counts[f"{name} refused"] += 1
        self.other.troubles = []
        for _round in range(4):
            for move in self.invoices:
                self.do_event(move, 0)
            self.do_jobs(None, 0)
        self.check_told_once()
        for move in self.invoices:
            self.check_invoice(move)

    def check_told_once(self):
        for kind in ("report_payment", "report_credit_note"):
            told = Counter(
                (case, money["external_id"])
                for case, money, _key in self.other.told(kind)
            )
            self.assertFalse([key for key, times in told.items() if times > 1], kind)
        told = Counter(body["external_id"] for body, _key in self.other.told("case"))
        self.assertFalse([key for key, times in told.items() if times > 1])
        names = [
            settlement["settlement_id"]
            for payouts in self.other.payouts.values()
            for settlement in payouts
        ]
        kept = self.env["collection.settlement"].search([("name", "in", names)])
        self.assertEqual(sorted(kept.mapped("name")), sorted(set(names)))
        for settlement in kept:
            self.assertEqual(settlement.state, "booked", settlement.summary)
            items = settlement.move_id.line_ids
            self.assertFalse(
                self.company.currency_id.round(sum(items.mapped("balance")))
            )

    def check_invoice(self, move):
        open_there = self.other.get_open(move.name)
        self.assertLessEqual(len(open_there), 1, "pursued by two")
        norwegian = move.partner_id.country_id.code == "NO"
        for there in open_there:
            number = "B-1" if norwegian else "A-1"
            self.assertEqual(there["agreement_number"], number)
            case = move.collection_case_ids.filtered(
                lambda c, there=there: c.agency_case_id == there["agency_case_id"]
            )
            self.assertTrue(case)
            if norwegian:
                self.assertEqual(case.approved_by_id, self.approver)
                self.assertNotEqual(case.requested_by_id, self.approver)
            self.check_agrees(case, there)

    def check_agrees(self, case, there):
        capital = there["balance"]["capital"]["remaining"]
        self.assertEqual(Decimal(str(case.capital_open)), capital)
        given_up = self.given_up[case.move_id]
        # what was paid out beyond what was open is the customer's
        surplus = -sum(case.settlement_line_ids.entry_line_id.mapped("amount_residual"))
        on_the_way = there.get("collected", 0) - there.get("settled", 0)
        owed = case.residual + given_up - surplus - float(on_the_way)
        self.assertEqual(
            float(capital),
            max(owed, 0),
            f"{case.residual} {given_up} {surplus} {on_the_way}",
        )
        if capital and not case.residual:
            self.assertTrue(self.activities(case, "check"))

    def test_in_any_order_both_sides_agree_in_the_end(self):
        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(draw_steps())
        def agree(steps):
            with self.undone():
                try:
                    self.check(steps)
                except AssertionError as error:
                    raise AssertionError(f"{error}\n{steps}") from error

        with mute_logger("odoo.addons.receivables_base.models.receivables_queue"):
            agree()
