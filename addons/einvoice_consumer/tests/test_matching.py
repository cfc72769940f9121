from unittest import skipUnless

from odoo.tests import tagged

from .common import EinvoiceCommon

try:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError:
    given = None

NAMES = ("Kerttu Talvela", "Talvela Kerttu Maria", "Eero Talvela")
ZIPS = ("00100", "33100", False)
STREETS = ("Talvikuja 5 A 12", "Talvikuja 5A12", "Hämeentie 1", False)
TYPED = ("70010", "700-11", "70012", "99999")
OWNERS = 2


def _fold(text):
    return "".join(filter(str.isalnum, text or "")).casefold()


def _is_same_name(one, other):
    ours, theirs = set(one.casefold().split()), set(other.casefold().split())
    return ours <= theirs or theirs <= ours


@tagged("post_install", "-at_install")
@skipUnless(given, "hypothesis is not installed (dev/requirements.txt)")
class TestMatching(EinvoiceCommon):
    """An order is allocated by itself when, and only when, each identifier that was
    typed points to one customer, the same, and nothing else speaks against it
    (notification service guidelines 2.0, 1), whatever stands in the register."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls.kerttu.union(
            *(cls.kerttu.copy({"ref": False}) for _number in range(2))
        )
        # the first of them have been invoiced
        cls.references = [
            cls.make_invoice(partner=customer).payment_reference
            for customer in cls.customers[:OWNERS]
        ]
        cls.references.append("1232")

    def draw(self):
        """Customers as they stand in the register, and an order: mostly by one of
        them, with something that differs."""
        places = range(len(self.customers))

        def customer(place):
            number = f"7001{place}"
            return st.fixed_dictionaries(
                {
                    "name": st.sampled_from(NAMES),
                    "zip": st.sampled_from(ZIPS),
                    "street": st.sampled_from(STREETS),
                    "ref": st.sampled_from((number, f"70 01{place}", "70010", False)),
                    "is_company": st.sampled_from((False, False, False, True)),
                    "active": st.sampled_from((True, True, True, False)),
                }
            )

        references = st.none() | st.sampled_from(range(len(self.references)))
        differences = {
            "name": st.sampled_from(NAMES[:2]),
            "postcode": st.sampled_from(ZIPS[:2]),
            "street": st.sampled_from(STREETS[:3]),
            "number": st.sampled_from((*TYPED, None)),
            "paid": references,
        }
        order = st.tuples(
            st.fixed_dictionaries(
                {"like": st.sampled_from(places), "reference": references}
            ),
            st.one_of(
                st.just({}),
                *(
                    st.fixed_dictionaries({key: values})
                    for key, values in differences.items()
                ),
            ),
        ).map(lambda parts: parts[0] | parts[1])
        return (
            st.tuples(*map(customer, places)),
            order,
            st.sampled_from(("customer", "customer", "reference", "both")),
        )

    def complete(self, order, customers):
        """The order, with what the bank knows of one of the customers where it is
        not said."""
        who = customers[order["like"]]
        known = {
            "name": who["name"],
            "postcode": who["zip"] or ZIPS[0],
            "street": who["street"] or STREETS[0],
            "number": who["ref"] or None,
            "paid": None,
        }
        return known | order

    def expect(self, customers, order, asked):
        """The position of the one customer whom everything proves, or None."""
        pointed = []
        if order["number"]:
            pointed.append(
                {
                    position
                    for position, customer in enumerate(customers)
                    if customer["active"]
                    and _fold(customer["ref"]) == _fold(order["number"])
                }
            )
        elif asked != "reference":
            return None
        if order["reference"] is not None:
            pointed.append({order["reference"]} & {*range(OWNERS)})
        elif asked != "customer":
            return None
        if any(len(hits) != 1 for hits in pointed) or len(set.union(*pointed)) != 1:
            return None
        [position] = pointed[0]
        customer = customers[position]
        paid = order["paid"]
        fits = (
            customer["active"]
            and not customer["is_company"]
            and _is_same_name(customer["name"], order["name"])
            and _fold(customer["zip"]) in ("", order["postcode"])
            and _fold(customer["street"]) in ("", _fold(order["street"]))
            and (paid is None or paid >= OWNERS or paid == position)
        )
        return position if fits else None

    def check(self, customers, order, asked):
        order = self.complete(order, customers)
        savepoint = self.env.cr.savepoint()
        try:
            for customer, values in zip(self.customers, customers, strict=True):
                # what is so already costs as much to write as what is not
                new = {n: value for n, value in values.items() if customer[n] != value}
                customer.write(new)
            self.channel.asked_identifiers = asked
            typed = []
            if order["number"]:
                typed.append(("09", order["number"]))
            if order["reference"] is not None:
                typed.append(("01", self.references[order["reference"]]))
            paid = order["paid"]
            agreement = self.order(
                name=order["name"],
                postcode=order["postcode"],
                street=order["street"],
                identifiers=typed,
                paid="" if paid is None else self.references[paid],
            )
            expected = self.expect(customers, order, asked)
            self.seen.add(expected)
            partner = self.env["res.partner"]
            if expected is not None:
                partner = self.customers[expected]
            self.assertEqual(agreement.partner_id, partner)
            self.assertEqual(agreement.state, "active" if partner else "to_review")
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def test_nothing_is_allocated_without_unique_proof(self):
        self.seen = set()
        check = given(*self.draw())(
            lambda customers, order, asked: self.check(customers, order, asked)
        )
        settings(
            max_examples=150,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )(check)()
        # what was never met has not been tried
        self.assertEqual(self.seen, {None, *range(len(self.customers))})
