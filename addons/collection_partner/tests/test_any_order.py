from collections import Counter
from contextlib import contextmanager
from decimal import Decimal
from unittest import skipUnless
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .any_order_common import Killed, Life, Shaky
from .settlement_common import SettlementCommon

try:
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

# Amounts on both sides of all that is open.
AMOUNTS = (100, 250, 400, 1000, 1200)
TROUBLES = ("", "", "unheard", "unanswered", "late")
# What the agency does with a debtor, in the order of its choice; the last word is one
# that nobody here knows.
STATUSES = ("registered", "demand", "legal", "payment_plan", "paused", "T-77")
# How long the server lives that is killed, see ``Life``.
MOMENTS = (1, 2, 3, 5, 8, 13, 21)
# What a debtor, a bookkeeper, an approver and an agency do, and how often.
STEPS = {
    **{"ask": 3, "approve": 3, "undo": 1},
    **{"pay": 3, "unpay": 2, "credit": 2, "write_off": 1},
    **{"collect": 3, "settle": 3, "settle_again": 1, "close": 1},
    **{"status": 3, "event": 2, "lost_event": 1, "old_events": 1},
    **{"jobs": 6, "night": 1, "killed": 5},
}


def draw_steps():
    """Steps, each about one of four invoices."""
    names = [name for name, often in STEPS.items() for _time in range(often)]
    step = st.tuples(
        st.sampled_from(names),
        st.integers(0, 3),
        st.sampled_from(AMOUNTS),
        st.lists(st.sampled_from(TROUBLES), max_size=4),
        st.sampled_from(MOMENTS),
    )
    return st.lists(step, min_size=15, max_size=35)


@tagged("post_install", "-at_install")
@skipUnless(given, "hypothesis is not installed (dev/requirements.txt)")
class TestAnyOrder(SettlementCommon):
    """Whatever happens, in whatever order, with answers that get lost and a server that
    is killed: at the end our capital and the agency's agree, so do the states of cases,
    the ledger balances, nothing was said twice, each invoice is at the agency that the
    rules choose, with the second person's consent where it is asked for, and nobody who
    owes nothing is pursued."""

    @classmethod
    def send_one(cls, move=None):
        """Nothing is there yet, and the agency answers unreliably from the start."""
        cls.known_agency = Shaky(cls.life)

    @classmethod
    @contextmanager
    def as_job(cls):
        """Of a job that is killed there stays what it has committed."""
        open_work = [cls.cr.savepoint()]

        def commit():
            cls.life.go_on()
            open_work.pop().close(rollback=False)
            open_work.append(cls.cr.savepoint())
            cls.env.invalidate_all()

        def progress(_model, _processed=0, **_kwargs):
            commit()
            return 60.0

        cron = cls.env.registry["ir.cron"]
        is_killed = True
        try:
            with (
                patch.object(cron, "_commit_progress", progress),
                patch.object(cls.cr, "commit", commit),
            ):
                yield
                is_killed = False
        finally:
            open_work.pop().close(rollback=is_killed)
            cls.env.invalidate_all()

    @classmethod
    def setUpClass(cls):
        cls.life = Life()
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
            transfer_approval="all",
            approver_id=cls.approver.id,
            payer_name="Oslo Inkasso",
            **{f"{name}_account_id": acc.id for name, acc in cls.accounts.items()},
        )
        cls.oslo.with_context(collection_from_agency=True).agreement_number = "B-1"
        (cls.agency | cls.oslo).auto_transfer = True
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
        self.other.life = self.life
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
            fresh = Shaky(self.life)
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
        case = move.collection_case_id
        if self.other.get_open(move.name) or case.sudo()._get_transfer_under_way():
            self.given_up[case] += amount
        (owed + entry.line_ids.filtered("credit")).reconcile()

    def cases_there(self):
        """The cases of our invoices; the night may have taken others, too."""
        moves = self.env["account.move"].union(*self.invoices)
        return moves.collection_case_ids.filtered("agency_case_id")

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

    def do_status(self, move, amount):
        """The agency goes on, and says so or not."""
        case, there = self.get_case(move)
        if case and there["state"] != "closed":
            word = STATUSES[(amount + there["version"]) % len(STATUSES)]
            self.other.change(
                case, state=word, status_code=word, status_label=word.title()
            )
            if there["version"] % 2:
                self.tell(case)

    def do_event(self, move, _amount):
        case, _there = self.get_case(move)
        if case:
            self.tell(case)

    def do_lost_event(self, move, _amount):
        """One that its call did not bring is found by asking."""
        case, _there = self.get_case(move)
        if case:
            number = len(self.other.events) + 1
            self.other.events.append(
                {
                    "event_id": f"E-{number}",
                    "type": "case.updated",
                    "case_id": case.agency_case_id,
                }
            )

    def do_old_events(self, _move, _amount):
        """All events come a second time, the last first."""
        messages = self.env["collection.message"].sudo()
        for agency in self.agency | self.oslo:
            theirs = agency.case_ids.mapped("agency_case_id")
            events = [e for e in self.other.events if e["case_id"] in theirs]
            messages._log_events(agency, events[::-1])

    def do_night(self, _move, _amount):
        self.night()

    def do_jobs(self, _move, _amount):
        """The jobs run, when all that waits has waited long enough, for a server that
        is gone too."""
        agencies = (self.agency | self.oslo).sudo()
        agencies.connection_id.paused_until = False
        over = {"next_attempt": False, "leased_until": False}
        agencies.write(over)
        agencies.case_ids.write(over)
        agencies.message_queue_ids.write(over)
        self.run_jobs()

    def do_killed(self, move, amount):
        """The server is killed in the middle of its jobs, unless they are done by
        then."""
        self.life.moments = self.moments
        try:
            self.do_night(move, amount)
            self.do_jobs(move, amount)
        except Killed:
            self.counts["broken off"] += 1
        self.life.moments = None

    # === WHAT HOLDS AT THE END === #

    def check(self, steps):
        self.given_up.clear()
        newest = {}
        for name, number, amount, troubles, self.moments in steps:
            self.other.troubles = list(troubles) if name in ("jobs", "killed") else []
            try:
                with self.env.cr.savepoint():
                    getattr(self, f"do_{name}")(self.invoices[number], amount)
                self.counts[name] += 1
            except UserError:
                self.counts[f"{name} refused"] += 1
            for case in self.cases_there():
                self.assertGreaterEqual(case.case_version, newest.get(case, 0))
                newest[case] = case.case_version
        self.other.troubles = []
        for _round in range(4):
            self.other.said = 0
            for move in self.invoices:
                self.do_event(move, 0)
            self.do_jobs(None, 0)
            if not self.other.said and not self.waits():
                break  # each further round would be the same
        self.check_told_once()
        for case in self.cases_there():
            there = self.other.cases[case.agency_case_id]
            self.assertEqual(case.state == "closed", there["state"] == "closed")
            self.assertEqual(case.agency_status, there["status_code"])
            self.counts["asked by night"] += case.origin == "automatic"
        for move in self.invoices:
            self.check_invoice(move)

    def waits(self):
        """Whether something waits to be told or to be worked on."""
        messages = self.env["collection.message"].sudo()
        return messages.search_count([("state", "in", ("to_send", "received"))])

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
        items = self.env["account.move.line"].search(
            [("account_id", "=", self.accounts["clearing"].id)]
        )
        told = {
            one["settlement_id"]: one for one in sum(self.other.payouts.values(), [])
        }
        paid_out = sum(one["total"] for one in told.values())
        self.assertEqual(sum(items.mapped("balance")), float(paid_out))

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
        given_up = self.given_up[case]
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
            max_examples=7,
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
        for name in (*STEPS, "broken off", "asked by night"):
            self.assertTrue(self.counts[name], f"{name}: {self.counts}")
