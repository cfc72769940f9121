import logging

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ReceivablesCase


@tagged("post_install", "-at_install")
class TestExchange(ReceivablesCase):
    def setUp(self):
        super().setUp()
        self.letter = self.letters.create({"direction": "in", "state": "received"})
        self.letter._store_bytes([b"\x00<a/>"], "application/xml")

    def test_bytes_are_kept_as_they_were(self):
        self.assertEqual(self.letter._get_bytes(), b"\x00<a/>")
        self.assertEqual(
            self.letter.sha256,
            "3638810f2745322c64bf813286d8bd9a1358cca49325bc4c3b1c40cd0e44c8ac",
        )
        self.assertEqual(self.letter.attachment_id.res_model, self.letter._name)

    def test_a_record_of_what_was_exchanged_is_neither_changed_nor_deleted(self):
        for vals in (
            {"sha256": "0"},
            {"direction": "out"},
            {"attachment_id": False},
        ):
            with self.assertRaises(UserError):
                self.letter.write(vals)
        with self.assertRaises(UserError):
            self.letter.unlink()

    def test_states_follow_the_table(self):
        with self.assertLogs(
            "odoo.addons.receivables_base.models.receivables_state", logging.INFO
        ) as logged:
            self.assertFalse(self.letter._set_state("sent"))
        self.assertIn("sent does not follow received", logged.output[0])
        self.assertEqual(self.letter._set_state("processed"), self.letter)
        with self.assertNoLogs(
            "odoo.addons.receivables_base.models.receivables_state", logging.INFO
        ):
            self.assertFalse(self.letter._set_state("processed"))

    def test_what_was_parked_is_processed_again_or_handled(self):
        self.letter._set_state("error", attempts=3)
        self.letter.action_process_again()
        self.assertEqual((self.letter.state, self.letter.attempts), ("received", 0))
        self.assertEqual(self.worked_on, [("received",)])
        self.letter._set_state("error")
        self.letter.action_handled()
        self.assertEqual(self.letter.state, "handled")
        self.assertEqual(self.worked_on[-1], "handled")
