"""Invoices a second: judged for collection, beside OCA's credit control, in one run.

What: 100,000 open overdue invoices of a Swedish company with more than 5,000
customers. Half of them may go by themselves, a fifth more when a person sends them,
and the rest shows every obstacle that such an invoice can meet. Ours judges all of
them (`Eligibility`), as a person's transfer and as the nightly job would,
and in another row 1,000 of them; the list screen reads its page of 80; and, so that
writing is seen too, 100 invoices are transferred. Beside it the run of OCA's
`account_credit_control` (where installed), which finds 1,000 of the overdue invoices
and writes a line for each.

How: `make bench` makes a database that may be thrown away, with the Swedish company,
collection_partner and the peers, and pipes this file into `odoo shell`.

Some dozens of invoices, one for each customer, are made by Odoo itself and then copied
row by row in SQL, with their rows, customers, reminders and cases; not copied is what
nobody here reads (taxes of a row, messages, the other side of part payments). All that
is committed once, and ANALYZEd. Every contender starts with an empty record cache in
every round, as the administrator with all access rules; contenders take turns, so that
a busy moment of the machine meets all of them. Ratios are shown of the medians and of
the best rounds; the second is judged, because other programs can only slow a round
down. What a round writes is rolled back, so a commit is in no figure. Exit code 1: a
verdict is not the expected one, queries grow with the invoices, or a ratio lies far
below its aim.
"""

from __future__ import annotations

import ast
import datetime
import resource
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contenders import Contender, compete, judge
from invoices import copy_rows, last_id, make_once
from lxml import etree

from odoo.tools import SQL

from odoo.addons.collection_partner.models.eligibility import Eligibility

INVOICES = 100_000
# how often each customer is there
CUSTOMERS = 100
# for the contenders that take as long an invoice, however many there are
SAMPLE = 1000
TRANSFERRED = 100
PAGE = 80
# the list screen counts no further
MOST_COUNTED = 10_001
ROUNDS = 5
AGENCY = "Agency of the benchmark"
ACCOUNT = "Receivables of the sample"
CHART = "se_K2"
OURS = "ours: by a person"
AUTOMATIC = "ours: by the nightly job"
OURS_SAMPLE = f"ours: by a person, {SAMPLE}"
LIST = "the list screen"
TRANSFER = "ours: transferred"
OCA = "OCA account_credit_control"
# ours beside the other: what is aimed at, and what is a regression
AIMS = {OCA: (30, 15)}


@dataclass(frozen=True)
class Kind:
    """Invoices alike: why they cannot go, and what they and their customers have."""

    count: int
    # against the transfer by a person, and then also by the nightly job
    manual: str = ""
    automatic: str = ""
    business: bool = False
    customer: dict[str, Any] = field(default_factory=dict)
    invoice: dict[str, Any] = field(default_factory=dict)
    invoiced_ago: int = 90
    due_ago: int = 60
    price: int = 400
    # the name of a method below that does the rest
    then: str = ""


# 25 may go by themselves, 10 only when a person sends them, 15 not at all
KINDS = (
    Kind(12),
    Kind(8, business=True),
    Kind(2, business=True, then="send_to_contact"),
    Kind(3, invoice={"is_move_sent": False}, then="pay_part"),
    Kind(3, "address_incomplete", customer={"zip": False}),
    Kind(1, "org_number_missing", business=True, customer={"company_registry": False}),
    Kind(2, "banned", customer={"collection_ban": True}),
    Kind(2, "too_early", due_ago=2),
    Kind(2, "too_old", "overdue_at_start", invoiced_ago=1500, due_ago=1470),
    Kind(3, "at_agency", then="hand_over"),
    Kind(1, "at_other_agency", then="hand_to_another"),
    Kind(1, "elsewhere", invoice={"collection_elsewhere": True}),
    Kind(1, automatic="amount_too_small", price=20),
    Kind(1, automatic="not_sent", invoice={"is_move_sent": False}),
    Kind(1, automatic="financed", invoice={"collection_financed": True}),
    Kind(2, automatic="reminded", then="remind"),
    Kind(2, automatic="partner_excluded", then="exclude"),
    Kind(1, automatic="debtor_flagged", customer={"collection_flag": "insolvent"}),
    Kind(1, automatic="taken_back", then="take_back"),
    Kind(1, automatic="overdue_at_start", invoiced_ago=480, due_ago=450),
)
MODELS = sum(kind.count for kind in KINDS)
COPIES = INVOICES // MODELS - 1


def main(env: Any) -> int:
    """Seed, measure, print; return the exit code."""
    env = seed(env)
    env = env(user=env.ref("base.user_admin"), su=False)
    failed = check_verdicts(env)
    contenders = enter(env)
    compete(env, contenders, ROUNDS)
    return max(failed, judge_verdicts(contenders))


# --- data ---------------------------------------------------------------------


def seed(env: Any) -> Any:
    """The Swedish company with its invoices, made where they are not there yet."""
    company = env["res.company"].search([("chart_template", "=", CHART)], limit=1)
    if not company:
        raise SystemExit(f"error: no company has the chart {CHART}")
    # Odoo's shell begins in the Finnish company
    env = env(context={"allowed_company_ids": company.ids, "lang": "en_US"})
    there = env["collection.agency"].search([("name", "=", AGENCY)])
    make_once(env, there, lambda quiet: Seed(quiet).make())
    return env


class Seed:
    """What is measured: models made by Odoo, and their copies."""

    def __init__(self, env: Any) -> None:
        """Let new cases go to an agency that does nothing by itself."""
        self.env = env
        self.company = env.company
        self.today = self.company._get_collection_today()
        self.excluded = env["res.partner.category"].create({"name": "Excluded"})
        self.agency = self.add_agency(
            AGENCY,
            auto_transfer=True,
            auto_min_amount=100,
            auto_due_after=self.day(400),
            auto_excluded_category_ids=self.excluded.ids,
        )
        self.other = self.add_agency("Another agency")
        self.company.collection_agency_id = self.agency

    def make(self) -> None:
        """Make the models and copy them; then choose the sample."""
        env = self.env
        kinds = [kind for kind in KINDS for _number in range(kind.count)]
        partners = self.add_customers(kinds)
        moves = self.add_invoices(kinds, partners)
        for kind, move in zip(kinds, moves, strict=True):
            if kind.then:
                getattr(self, kind.then)(move)
        env.flush_all()
        step = self.copy(moves, partners)
        free = [
            move.id
            for kind, move in zip(kinds, moves, strict=True)
            if not kind.manual and not kind.automatic
        ]
        each = range(1, SAMPLE // len(free) + 1)
        self.choose_sample([one + number * step for one in free for number in each])

    def day(self, ago: int) -> datetime.date:
        """A day in the past."""
        result: datetime.date = self.today - datetime.timedelta(days=ago)
        return result

    def add_agency(self, name: str, **settings: Any) -> Any:
        """An agency in use, to which no call goes."""
        return self.env["collection.agency"].create(
            {
                "name": name,
                "company_id": self.company.id,
                "state": "active",
                "environment": "disabled",
                **settings,
            }
        )

    def add_customers(self, kinds: list[Kind]) -> Any:
        """One customer for each model."""
        return self.env["res.partner"].create(
            [
                {
                    "name": f"{'Kund AB' if kind.business else 'Saga Ek'} {number}",
                    "is_company": kind.business,
                    "company_registry": kind.business and f"559999-{number:04}",
                    "street": f"Mätargatan {number + 1}",
                    "zip": "753 31",
                    "city": "Uppsala",
                    "country_id": self.env.ref("base.se").id,
                    "email": f"kund{number}@example.com",
                    **kind.customer,
                }
                for number, kind in enumerate(kinds)
            ]
        )

    def add_invoices(self, kinds: list[Kind], partners: Any) -> Any:
        """Posted invoices of one row each."""
        tax = self.company.account_sale_tax_id
        moves = self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "invoice_date": self.day(kind.invoiced_ago),
                    "invoice_payment_term_id": False,
                    "invoice_date_due": self.day(kind.due_ago),
                    "is_move_sent": True,
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            {
                                "name": "Broadband, a month",
                                "price_unit": kind.price,
                                "tax_ids": [(6, 0, tax.ids)],
                            },
                        )
                    ],
                    **kind.invoice,
                }
                for kind, partner in zip(kinds, partners, strict=True)
            ]
        )
        moves.action_post()
        return moves

    # --- what kinds have besides

    def send_to_contact(self, move: Any) -> None:
        """The invoice goes to a person at the customer."""
        contact = {"name": "Elsa Lind", "parent_id": move.partner_id.id}
        move.button_draft()
        move.partner_id = self.env["res.partner"].create(contact)
        move.action_post()

    def pay_part(self, move: Any) -> None:
        """The customer has paid something."""
        [receivable] = move.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        )
        banks = [("company_id", "=", self.company.id), ("type", "=", "bank")]
        bank = self.env["account.journal"].search(banks, limit=1)
        rows = ((bank.default_account_id, 100, 0), (receivable.account_id, 0, 100))
        payment = self.env["account.move"].create(
            {
                "journal_id": bank.id,
                "date": self.day(1),
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "account_id": account.id,
                            "partner_id": move.commercial_partner_id.id,
                            "debit": debit,
                            "credit": credit,
                        },
                    )
                    for account, debit, credit in rows
                ],
            }
        )
        payment.action_post()
        (receivable + payment.line_ids[1]).reconcile()

    def add_case(self, move: Any, agency: Any, **values: Any) -> None:
        """A case of the invoice."""
        self.env["collection.case"].create(
            {"move_id": move.id, "agency_id": agency.id, "state": "demand", **values}
        )

    def hand_over(self, move: Any) -> None:
        """The agency has it."""
        self.add_case(move, self.agency)

    def hand_to_another(self, move: Any) -> None:
        """An agency that the company had before has it."""
        self.add_case(move, self.other)

    def take_back(self, move: Any) -> None:
        """It was at the agency."""
        self.add_case(move, self.agency, state="closed", outcome="withdrawn")

    def remind(self, move: Any) -> None:
        """The company has sent a reminder itself."""
        reminder = {"move_id": move.id, "date": self.day(30), "fee": 60}
        self.env["collection.reminder"].create(reminder)

    def exclude(self, move: Any) -> None:
        """The customer is in a group that does not go by itself."""
        move.partner_id.category_id = self.excluded

    # --- copies

    def copy(self, moves: Any, partners: Any) -> int:
        """Copy invoices with all that is theirs; return the step of their ids.

        The copy with a number has the id of its model, and that number of steps more.
        """
        partners += partners.child_ids
        tables = ("account_move", "account_move_line", "res_partner", "collection_case")
        steps = {table: last_id(self.env, table) for table in tables}

        def moved(column: str, table: str) -> SQL:
            return SQL("%s + n * %s", SQL.identifier(column), steps[table])

        def customer(column: str) -> SQL:
            count, step = CUSTOMERS, steps["res_partner"]
            return SQL("%s + n %% %s * %s", SQL.identifier(column), count, step)

        owner = {"move_id": moved("move_id", "account_move")}
        copy_rows(
            self.env,
            partners,
            CUSTOMERS - 1,
            id=moved("id", "res_partner"),
            parent_id=moved("parent_id", "res_partner"),
            commercial_partner_id=moved("commercial_partner_id", "res_partner"),
        )
        self.env.cr.execute(
            SQL(
                """INSERT INTO res_partner_res_partner_category_rel
                          (partner_id, category_id)
                   SELECT %s, category_id
                     FROM res_partner_res_partner_category_rel,
                          generate_series(1, %s) AS n
                    WHERE partner_id = ANY(%s)""",
                moved("partner_id", "res_partner"),
                CUSTOMERS - 1,
                partners.ids,
            )
        )
        copy_rows(
            self.env,
            moves,
            COPIES,
            id=moved("id", "account_move"),
            name=SQL("concat(name, '-', n)"),
            partner_id=customer("partner_id"),
            commercial_partner_id=customer("commercial_partner_id"),
            partner_shipping_id=customer("partner_shipping_id"),
        )
        copy_rows(
            self.env,
            moves.line_ids,
            COPIES,
            **owner,
            id=moved("id", "account_move_line"),
            move_name=SQL("concat(move_name, '-', n)"),
            partner_id=customer("partner_id"),
        )
        copy_rows(self.env, moves.collection_reminder_ids, COPIES, **owner, id=None)
        copy_rows(
            self.env,
            moves.collection_case_ids,
            COPIES,
            **owner,
            id=moved("id", "collection_case"),
            partner_id=customer("partner_id"),
            external_id=SQL("concat(external_id, '-', n)"),
        )
        self.env.cr.execute(
            SQL(
                """UPDATE account_move AS m SET collection_case_id = c.id
                     FROM collection_case AS c
                    WHERE c.move_id = m.id AND c.agency_id = ANY(%s)""",
                [self.agency.id, self.other.id],
            )
        )
        self.env.invalidate_all()
        return steps["account_move"]

    def choose_sample(self, move_ids: list[int]) -> None:
        """Give invoices an account of their own: OCA's policies are for accounts."""
        values = {
            "name": ACCOUNT,
            "code": "159999",
            "account_type": "asset_receivable",
            "reconcile": True,
        }
        account = self.env["account.account"].create(values)
        self.env.cr.execute(
            """UPDATE account_move_line SET account_id = %s
                WHERE display_type = 'payment_term' AND move_id = ANY(%s)""",
            [account.id, move_ids],
        )
        if "credit.control.run" not in self.env:
            return
        policy = self.env.ref("account_credit_control.credit_control_3_time")
        policy.write({"account_ids": account.ids, "company_id": self.company.id})
        self.company.credit_policy_id = policy
        manager = "account_credit_control.group_account_credit_control_manager"
        self.env.ref("base.user_admin").group_ids += self.env.ref(manager)


# --- the contenders -----------------------------------------------------------


def enter(env: Any) -> list[Contender]:
    """All contenders that can run in this database."""
    engine = Eligibility(env)
    domain = engine.get_candidate_domain(env.company)
    some = env["account.move"].search(domain, order="id", limit=SAMPLE)
    # these may all go
    chosen = [*domain, ("line_ids.account_id.name", "=", ACCOUNT)]
    sample = env["account.move"].search(chosen, order="id", limit=TRANSFERRED)
    part = [*domain, ("id", "in", some.ids)]
    contenders = [
        Contender(OURS, INVOICES, lambda: engine.evaluate(domain)),
        Contender(AUTOMATIC, INVOICES, lambda: engine.evaluate(domain, "automatic")),
        Contender(OURS_SAMPLE, SAMPLE, lambda: engine.evaluate(part)),
        Contender(LIST, PAGE, list_screen(env)),
        Contender(TRANSFER, TRANSFERRED, lambda: transfer(sample)),
    ]
    if "credit.control.run" in env:
        contenders.append(Contender(OCA, SAMPLE, lambda: control(env)))
    else:
        print("account_credit_control is not installed: not measured")
    return contenders


def list_screen(env: Any) -> Callable[[], object]:
    """What the browser asks for when somebody opens the list of candidates."""
    action = env["ir.actions.act_window"]._for_xml_id(
        "collection_partner.collection_move_action"
    )
    moves = env["account.move"]
    view = env.ref("collection_partner.collection_move_view_list")
    arch: Any = etree.fromstring(moves.get_view(view.id, "list")["arch"])
    names = arch.xpath("/list/field[not(@optional='hide')]/@name")
    fields: dict[str, Any] = {
        name: {"fields": {"display_name": {}}} if moves._fields[name].relational else {}
        for name in names
    }
    if not {"collection_eligible", "collection_blocked_reason"} <= fields.keys():
        raise SystemExit("error: the list does not show who may go, and why not")
    domain = ast.literal_eval(action["domain"])
    order = arch.get("default_order")
    return lambda: moves.web_search_read(
        domain, fields, limit=PAGE, order=order, count_limit=MOST_COUNTED
    )


def transfer(sample: Any) -> None:
    """Judge invoices and write down that they go; all of them must."""
    answers = sample.transfer_to_collection()
    sample.env.flush_all()
    made = sum(bool(answer["case_id"]) for answer in answers)
    if made != TRANSFERRED:
        raise SystemExit(f"error: {made} cases were made, not {TRANSFERRED}")


def control(env: Any) -> None:
    """OCA's run over the sample; it must write a line for each invoice."""
    run = env["credit.control.run"].create(
        {
            "date": env.company._get_collection_today(),
            "policy_ids": env.company.credit_policy_id.ids,
        }
    )
    run.generate_credit_lines()
    env.flush_all()
    made = len(run.line_ids.invoice_id)
    if made != SAMPLE:
        raise SystemExit(f"error: OCA's run has lines for {made}, not {SAMPLE}")


# --- telling ---------------------------------------------------------------


def check_verdicts(env: Any) -> int:
    """Every invoice meets its obstacles and no other; tell what memory that took."""
    engine = Eligibility(env)
    domain = engine.get_candidate_domain(env.company)
    failed = 0
    before = peak()
    for mode in ("manual", "automatic"):
        verdicts = engine.evaluate(domain, mode)
        if mode == "manual":
            print(f"memory: {peak()} MB at most, {peak() - before} MB of them for ours")
        found = Counter(
            tuple(reason.code for reason in reasons) for reasons in verdicts.values()
        )
        expected: Counter[tuple[str, ...]] = Counter()
        for kind in KINDS:
            codes = [kind.manual, kind.automatic if mode == "automatic" else ""]
            expected[tuple(filter(None, codes))] += kind.count * (COPIES + 1)
        print(f"{mode}: {found[()]} of {len(verdicts)} may go")
        if found != expected:
            failed = 1
            print(f"FAILED: found {found - expected}, expected {expected - found}")
    return failed


def peak() -> int:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def judge_verdicts(contenders: list[Contender]) -> int:
    """Print the ratios beside their aims; 1 when something is badly missed."""
    failed = judge(contenders, OURS, AIMS)
    by_name = {contender.name: contender for contender in contenders}
    many, few = by_name[OURS].queries, by_name[OURS_SAMPLE].queries
    if many != few:
        failed = True
        print(f"FAILED: {many} queries for {INVOICES}, {few} for {SAMPLE}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(globals()["env"]))
