from ast import literal_eval
from collections import defaultdict
from contextlib import contextmanager
from datetime import timedelta
from unittest import skipUnless

from odoo import fields
from odoo.tests import tagged

from .agreement_cases import (
    AGREEMENT,
    EXAMPLES,
    INVOICE,
    KINDS,
    draw_agreement,
    draw_invoices,
)
from .transfer_common import TransferCommon

try:
    from hypothesis import HealthCheck, Phase, example, given, settings
except ImportError:
    given = None

MODES = ("manual", "automatic")
SEEN = {
    *("address_incomplete", "agency_not_active", "amount_too_small", "at_agency"),
    *("at_other_agency", "automatic_off", "banned", "blocked", "collected"),
    *("debtor_flagged", "rest_too_small", "undecided", "unmatched"),
    *("elsewhere", "financed", "no_agency", "non_positive_amount", "not_overdue"),
    *("not_posted", "not_reminded", "not_sent", "org_number_missing"),
    *("overdue_at_start", "paid", "partner_excluded", "reminded", "reminder_required"),
    *("reminder_running", "taken_back", "too_early", "too_old"),
}


@tagged("post_install", "-at_install")
@skipUnless(given, "hypothesis is not installed (dev/requirements.txt)")
class TestAgreement(TransferCommon):
    """Whoever asks which invoices may go gets the same answer: the list, its search,
    the dialog, a program, the night and the look ahead to it; and a day that is named
    is the day."""

    def setUp(self):
        super().setUp()
        self.day = self.today
        self.patch(
            self.env.registry["res.company"],
            "_get_collection_today",
            lambda _company: self.day,
        )
        self.other_agency = self.make_agency("Syd Inkasso")
        tags = self.env["res.partner.category"]
        self.tags = {"top": tags.create({"name": "Top"})}
        self.tags["below"] = tags.create(
            {"name": "Below", "parent_id": self.tags["top"].id}
        )
        self.tags["other"] = tags.create({"name": "Other"})
        euro = self.setup_other_currency("EUR", rates=[("1900-01-01", 0.1)])
        self.pool = self.make_pool(euro)
        self.seen = set()
        self.gone = {mode: 0 for mode in MODES}

    def make_pool(self, euro):
        """An invoice of each kind, of a customer of its own: it could go, but for the
        state that its kind names. What several need is done for them at once."""
        moves = self.env["account.move"].create(
            [self.prepare_kind(kind, euro) for kind in KINDS]
        )
        pool = dict(zip(KINDS, moves, strict=True))
        posted = moves - pool["draft"]
        posted.action_post()
        posted.is_move_sent = True
        for kind, amount in (
            ("partly paid", 400),
            ("partly paid, unsent", 400),
            ("paid", 1000),
            ("cents", 999.95),
        ):
            self.pay(pool[kind], amount)
        pool["blocked"].payment_state = "blocked"
        self.make_invoice(pool["given"].partner_id, price=10, move_type="out_refund")
        self.company.collection_agency_id = self.other_agency
        self.transfer(pool["elsewhere"])
        self.company.collection_agency_id = self.agency
        self.transfer(pool["here"] | pool["closed"] | pool["collected"])
        for kind, outcome in (("closed", "uncollectable"), ("collected", "paid")):
            case = pool[kind].collection_case_id
            if kind == "collected":
                self.other.collect(case, 1000)
            self.other.change(
                case, state="closed", status_code="closed", outcome=outcome
            )
            self.tell(case)
        self.run_jobs()
        (pool["undone"] | pool["given up"]).transfer_to_collection()
        pool["undone"].collection_case_id.action_undo()
        given_up = pool["given up"].collection_case_id.sudo()
        given_up._give_back("The job thought better of it.")
        return pool

    def prepare_kind(self, kind, euro):
        amount, _space, currency = kind.partition(" ")
        is_amount = amount.replace(".", "").isdigit()
        return self.prepare_move(
            self.make_customer(f"Customer {kind}"),
            price=float(amount) if is_amount else 1000.0,
            move_type="out_refund" if kind == "credit note" else "out_invoice",
            **({"currency_id": euro.id} if currency == "EUR" else {}),
        )

    # === BRINGING ABOUT === #

    @contextmanager
    def undone(self):
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def agree(self, agreement):
        self.company.country_id = self.env.ref(f"base.{agreement['country']}")
        self.agency.invalidate_recordset(["auto_lawful_days"])
        due_after = agreement["due_after"]
        self.agency.sudo().with_context(collection_from_agency=True).write(
            {
                "state": agreement["state"],
                "service": agreement["service"],
                "send_from": agreement["send_from"],
                "auto_transfer": agreement["auto_transfer"],
                "auto_min_amount": agreement["auto_min_amount"],
                "auto_delay_days": self.agency.auto_lawful_days + agreement["longer"],
                "auto_due_after": due_after is not None
                and self.today + timedelta(days=due_after),
                "auto_excluded_category_ids": [
                    (6, 0, self.tags["top"].ids if agreement["excluded"] else [])
                ],
            }
        )
        if not agreement["chosen"]:
            self.company.collection_agency_id = False

    def bring_about(self, told):
        kind = told["kind"]
        move = self.pool[kind]
        values = {
            "is_company": told["is_company"],
            "company_registry": told["number"] and "556111-1117",
            "vat": False,
            "country_id": self.env.ref(f"base.{told['country']}").id,
            "collection_ban": told["ban"],
            "collection_flag": told["flag"],
            "category_id": [(6, 0, self.tags[told["tag"]].ids if told["tag"] else [])],
        }
        if told["missing"] == "blank":
            values["street"] = "  "
        elif told["missing"]:
            values[told["missing"]] = False
        move.partner_id.write(values)
        move.write(
            {
                "is_move_sent": told["is_sent"] and not kind.endswith("unsent"),
                "collection_financed": told["financed"],
                "collection_elsewhere": told["elsewhere"],
            }
        )
        move.flush_recordset()
        # Dates of a posted invoice do not change; here they stand for other invoices.
        self.env.cr.execute(
            "UPDATE account_move SET invoice_date = %s, invoice_date_due = %s"
            " WHERE id = %s",
            [
                self.today + timedelta(days=told["issued"]),
                self.today + timedelta(days=told["due"]),
                move.id,
            ],
        )
        self.env.cr.execute(
            "UPDATE account_move_line SET date_maturity = %s"
            " WHERE move_id = %s AND date_maturity IS NOT NULL",
            [self.today + timedelta(days=told["due"]), move.id],
        )
        move.invalidate_recordset()
        if kind not in ("here", "elsewhere"):
            for days in told["reminded"]:
                if days < -told["due"]:
                    self.remind(move, days_ago=days, fee=0)
        return move

    # === ASKING EVERYBODY === #

    def ask_list(self, moves, mode):
        """The list shows who can go, and for every other one why not."""
        listed = moves.with_user(self.collector).with_context(collection_mode=mode)
        for move in listed:
            self.assertNotEqual(
                move.collection_eligible,
                bool(move.collection_blocked_reason),
                move.name,
            )
        return set(listed.filtered("collection_eligible").ids)

    def ask_search(self, moves, mode):
        listed = moves.with_user(self.collector).with_context(collection_mode=mode)
        mine = [("id", "in", moves.ids)]
        can = listed.search([*mine, ("collection_eligible", "=", True)])
        cannot = listed.search([*mine, ("collection_eligible", "=", False)])
        self.assertEqual(can | cannot, listed.search(mine))
        self.assertFalse(can & cannot)
        return set(can.ids)

    def ask_dialog(self, moves):
        wizard = (
            self.env["collection.transfer.wizard"]
            .with_user(self.collector)
            .with_context(default_move_ids=[(6, 0, moves.ids)])
            .create({})
        )
        self.assertEqual(wizard.ready_ids | wizard.blocked_ids, wizard.move_ids)
        self.assertEqual(wizard.ready_count, len(wizard.ready_ids))
        return set(wizard.ready_ids.ids)

    def ask_transfer(self, moves):
        """What really gets a case when a program sends all of them."""
        before = {False, *moves.collection_case_ids.ids}
        with self.undone():
            answers = moves.with_user(self.collector).transfer_to_collection()
        return {
            answer["move_id"] for answer in answers if answer["case_id"] not in before
        }

    def ask_night(self, moves):
        """What really gets a case at night."""
        before = moves.collection_case_ids
        with self.undone():
            self.night()
            return set((moves.collection_case_ids - before).move_id.ids)

    def ask_ahead(self, moves):
        """What the look at tonight's run shows."""
        action = self.agency.with_user(self.collector).action_tonight()
        searches = self.env["ir.ui.view"].browse(action["search_view_id"][0])
        [can] = (
            self.env["account.move"]
            .get_view(searches.id, "search")["arch"]
            .split('name="eligible"')[1:]
        )
        domain = literal_eval(can.split('domain="')[1].split('"')[0])
        shown = (
            self.env["account.move"]
            .with_user(self.collector)
            .with_context(**action["context"])
            .search([*literal_eval(action["domain"]), *domain])
        )
        return set((shown & moves).ids)

    def check(self, agreement, invoices):
        self.day = self.today
        moves = self.env["account.move"].union(*map(self.bring_about, invoices))
        self.agree(agreement)
        for mode in MODES:
            answers = moves.with_user(self.collector).collection_eligibility(mode)
            can = {answer["move_id"] for answer in answers if answer["eligible"]}
            ways = {
                "list": self.ask_list(moves, mode),
                "search": self.ask_search(moves, mode),
            }
            if mode == "manual":
                ways["dialog"] = self.ask_dialog(moves)
                ways["transfer"] = self.ask_transfer(moves)
            else:
                ways["night"] = self.ask_night(moves)
                ways["look ahead"] = self.ask_ahead(moves)
            self.assertEqual(ways, {way: can for way in ways}, mode)
            self.gone[mode] += len(can)
            for answer in answers:
                self.assertEqual(answer["eligible"], not answer["reasons"])
            self.check_days(answers, mode)

    def check_days(self, answers, mode):
        """On the day before it is still blocked by the cause, on the day no more. Each
        day is asked about once, for all invoices of which something is said."""
        said = defaultdict(list)
        for answer in answers:
            for reason in answer["reasons"]:
                self.seen.add(reason["code"])
                if not reason["earliest_date"]:
                    continue
                first = fields.Date.to_date(reason["earliest_date"])
                self.assertGreater(first, self.today, reason)
                fact = answer["move_id"], reason["code"]
                said[first - timedelta(days=1)].append((*fact, True))
                said[first].append((*fact, False))
        for self.day, facts in said.items():
            moves = self.env["account.move"].browse({fact[0] for fact in facts})
            reasons = self.reasons_of(moves, mode)
            for move_id, code, is_blocked in facts:
                self.assertEqual(
                    code in reasons[move_id], is_blocked, (self.day, move_id, code)
                )
        self.day = self.today

    def test_all_ways_of_asking_agree_and_every_named_day_is_true(self):
        def agree(agreement, invoices):
            with self.undone():
                self.check(agreement, invoices)

        for changes, kinds in EXAMPLES:
            invoices = [INVOICE | {"kind": kind} | told for kind, told in kinds.items()]
            agree = example(AGREEMENT | changes, invoices)(agree)
        agree = given(draw_agreement(), draw_invoices())(agree)
        agree = settings(
            max_examples=15,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )(agree)
        agree()
        # What was never met has not been tried.
        self.assertEqual(SEEN - self.seen, set())
        for mode in MODES:
            self.assertGreater(self.gone[mode], 10, mode)
