from .transfer_common import TransferCommon


class TestMatter(TransferCommon):
    """Several invoices of one debtor are collected in one, where the agency does so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agency.join_cases = True

    def send(self, *moves):
        """Transfer invoices together; their cases."""
        moves = self.env["account.move"].union(*moves)
        moves.transfer_to_collection()
        self.run_jobs()
        self.env["collection.case"].sudo()._cron_refresh()
        return [move.collection_case_id for move in moves]

    def told(self, *cases):
        return [self.payload(case).get("matter") for case in cases]

    def test_invoices_of_one_debtor_have_one_matter(self):
        stranger = self.make_customer("Somebody else")
        first, second, strange = self.send(
            *self.make_invoices(2), self.make_invoice(stranger)
        )
        [matter, same, other] = self.told(first, second, strange)
        self.assertEqual(matter, same)
        self.assertNotIn(other, (matter, None))
        self.assertEqual(first.joined_case_ids, second)
        self.assertEqual(second.joined_case_ids, first)
        self.assertFalse(strange.joined_case_ids)

    def test_so_have_those_that_are_sent_off_at_the_same_moment(self):
        """Two lanes, of which neither sees what the other has told."""
        moves = self.make_invoices(2)
        moves.transfer_to_collection()
        first, second = moves.collection_case_ids.sudo().sorted("id")
        named = second._get_matters()
        self.assertEqual(named.keys(), {second})
        self.assertEqual(named[second], first._get_matters()[first])

    def test_a_matter_of_many_costs_one_query(self):
        moves = self.make_invoices(5)
        moves.transfer_to_collection()
        cases = moves.collection_case_ids.sudo()
        self.env.flush_all()
        cases._get_matters()
        with self.assertQueryCount(1):
            cases._get_matters()

    def test_so_have_those_of_its_addresses_and_not_those_in_another_currency(self):
        address = self.make_customer(
            "Site office", parent_id=self.customer.id, is_company=False
        )
        euro = self.env.ref("base.EUR")
        euro.active = True
        first, second, third = self.send(
            self.make_invoice(),
            self.make_invoice(address),
            self.make_invoice(self.customer, currency_id=euro.id),
        )
        self.assertEqual(first.joined_case_ids, second)
        self.assertFalse(third.joined_case_ids)

    def test_a_later_one_joins_what_is_open(self):
        [first] = self.send(self.make_invoice())
        [second] = self.send(self.make_invoice(self.customer))
        self.assertEqual(second.joined_case_ids, first)
        for case in (first, second):
            self.happen(case, state="closed", outcome="uncollectable")
        [third] = self.send(self.make_invoice(self.customer))
        self.assertFalse(third.joined_case_ids)
        self.assertNotIn(third.matter, (first.matter, False))

    def test_what_the_agency_does_not_join_stands_alone(self):
        self.other.joins = False
        first, second = self.send(*self.make_invoices(2))
        self.assertTrue(all(self.told(first, second)))
        self.assertFalse(first.joined_case_ids + second.joined_case_ids)

    def test_unless_the_agreement_says_so_each_goes_alone(self):
        self.agency.join_cases = False
        first, second = self.send(*self.make_invoices(2))
        self.assertEqual(self.told(first, second), [None, None])
        self.assertFalse(first.joined_case_ids)
