from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user
from odoo.tools.safe_eval import safe_eval

from .common import CollectionCommon


class TestMonitoring(CollectionCommon):
    """A bookkeeper follows what the agency does with the invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.send_one()

    def listed(self, user=None):
        """The invoices of the service's list."""
        action = self.env.ref("collection_partner.collection_move_action")
        moves = self.env["account.move"].with_user(user or self.env.user)
        domain = safe_eval(action.domain, action._get_eval_context())
        # "today" is that of whoever looks
        moves = moves.with_context(tz="Europe/Stockholm")
        return moves.search([*domain, ("company_id", "=", self.company.id)])

    # === THE LIST === #

    def test_row_62_open_positive_overdue_customer_invoices(self):
        overdue = self.make_invoice(due=-1)
        part_paid = self.make_invoice()
        self.pay(part_paid, 400.0)
        at_agency = self.case.move_id
        paid = self.make_invoice()
        self.pay(paid)
        not_listed = paid + self.make_invoice(due=0) + self.make_invoice(due=1)
        not_listed += self.make_invoice(post=False)
        not_listed += self.make_invoice(move_type="out_refund")
        not_listed += self.make_invoice(move_type="in_invoice")
        not_listed += self.make_invoice(price=0.0)
        listed = self.listed()
        self.assertEqual(listed, overdue + part_paid + at_agency)
        self.assertFalse(listed & not_listed)

    def test_row_63_ways_to_the_list(self):
        """The menu, the start page of accounting, and the invoice."""
        user = new_test_user(
            self.env,
            "collector",
            "collection_partner.collection_partner_group_user",
            company_id=self.company.id,
        )
        action = self.env.ref("collection_partner.collection_move_action")
        menus = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
        menu = self.env.ref("collection_partner.menu_collection_moves")
        self.assertEqual(menu.action, action)
        self.assertIn(menu.id, menus)
        kanban = self.env.ref("account.account_journal_dashboard_kanban_view")
        arch = self.env["account.journal"].with_user(user).get_view(kanban.id)["arch"]
        self.assertIn(f'name="{action.id}"', arch)
        form = self.env["account.move"].with_user(user).get_view(view_type="form")
        self.assertIn('name="action_transfer_to_collection"', form["arch"])
        case = self.transferred()
        opened = case.move_id.with_user(user).action_view_collection_case()
        self.assertEqual(opened["res_model"], "collection.case")
        self.assertEqual(opened["res_id"], case.id)

    def test_row_64_what_the_list_shows(self):
        case = self.transferred()
        move = case.move_id
        self.happen(case, state="reminder", status_code="reminder")
        self.assertEqual(move.invoice_partner_display_name, "Ekströms Snickeri AB")
        self.assertEqual(move.collection_debtor_number, "556111-1117")
        self.assertTrue(move.name)
        self.assertEqual(
            fields.Date.to_date(move.collection_transferred_at), fields.Date.today()
        )
        self.assertEqual(move.collection_status, "Payment reminder")
        arch = self.env.ref("collection_partner.collection_move_view_list").arch
        for name in (
            "invoice_partner_display_name",
            "collection_debtor_number",
            "name",
            "amount_residual",
            "collection_transferred_at",
            "collection_status",
        ):
            self.assertIn(f'<field name="{name}"', " ".join(arch.split()))

    def test_row_64_the_open_amount_is_what_bank_statements_leave(self):
        case = self.transferred()
        move = case.move_id
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.journal.id,
                "payment_ref": move.payment_reference or move.name,
                "date": self.today,
                "amount": 350.0,
            }
        )
        self.assertEqual(move.amount_residual, 1000.0)
        _liquidity, suspense, _other = line._seek_for_lines()
        receivable = move.line_ids.filtered(
            lambda row: row.account_id.account_type == "asset_receivable"
        )
        suspense.account_id = receivable.account_id
        (suspense + receivable).reconcile()
        self.assertEqual(move.amount_residual, 650.0)
        self.assertEqual(case.residual, 650.0)

    # === WHAT IS TO BE DONE === #

    def await_decision(self, case, hint="Say whether the customer has moved."):
        self.happen(
            case,
            state="needs_info",
            status_code="needs_info",
            action_required=True,
            action_hint=hint,
        )

    def test_row_65_a_closed_case_has_nothing_to_be_done_at_the_agency(self):
        case = self.transferred()
        self.await_decision(case)
        self.happen(case, state="closed", status_code="closed", outcome="paid")
        self.assertFalse(case.action_required)
        self.assertFalse(self.activities(case, "decide"))

    def test_row_72_the_person_responsible_is_told_by_mail_once(self):
        responsible = new_test_user(
            self.env,
            "responsible",
            "collection_partner.collection_partner_group_user",
            company_id=self.company.id,
            email="responsible@granlund.example",
        )
        self.agency.user_id = responsible
        case = self.transferred()
        mails = self.env["mail.mail"].sudo()
        known = mails.search([])
        self.await_decision(case)
        [activity] = self.activities(case, "decide")
        self.assertEqual(activity.user_id, responsible)
        self.assertIn("Say whether the customer has moved.", activity.note)
        self.assertEqual(
            (mails.search([]) - known).recipient_ids, responsible.partner_id
        )
        self.happen(case, state="needs_info", status_code="needs_info")
        self.assertEqual(self.activities(case, "decide"), activity)

    def test_row_72_a_salesperson_without_rights_does_not_stop_the_news(self):
        self.agency.user_id = False
        seller = new_test_user(
            self.env, "seller", "base.group_user", company_id=self.company.id
        )
        case = self.transfer(self.make_invoice(invoice_user_id=seller.id))
        self.await_decision(case)
        self.assertEqual(case.state, "needs_info")
        self.assertEqual(len(self.activities(case, "decide")), 1)

    # === THE CASE === #

    def test_row_66_the_invoice_itself_is_among_the_documents(self):
        case = self.transferred()
        [(_case, files, _key)] = self.other.told("documents")
        [(name, mimetype, content)] = files
        self.assertTrue(name.endswith(".pdf"))
        self.assertEqual(mimetype, "application/pdf")
        self.assertTrue(content)
        auditor = new_test_user(
            self.env,
            "auditor",
            "account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        shown = case.with_user(auditor).sent_document_ids
        self.assertEqual(shown.mapped("name"), [name])
        self.assertEqual(shown.raw, content)

    def test_row_67_the_portal_opens_at_the_case_once_it_is_there(self):
        self.agency.undo_minutes = 60
        case = self.transfer(self.make_invoice())
        with self.assertRefused(UserError, "portal"):
            case.action_open_portal()
        case.action_send_now()
        self.run_jobs()
        portal = case.action_open_portal()
        self.assertEqual(portal["url"], "https://portal.example.com/cases/C-2")

    def test_row_69_invoices_at_the_agency_have_a_section_of_their_own(self):
        case = self.transferred()
        at_agency = case.move_id
        closed, here = self.make_invoice(), self.make_invoice()
        self.happen(
            self.transfer(closed), state="closed", status_code="closed", outcome="paid"
        )
        menu = self.env.ref("collection_partner.menu_collection_cases")
        self.assertEqual(menu.action.res_model, "collection.case")
        self.assertEqual(
            self.env["collection.case"].search(
                [("phase", "=", "open"), ("agency_id", "=", self.agency.id)]
            ),
            case,
        )
        listed = self.env["account.move"].search(
            [
                ("collection_state", "not in", (False, "cancelled", "closed")),
                ("id", "in", (at_agency + closed + here).ids),
            ]
        )
        self.assertEqual(listed, at_agency)

    # === STATUSES === #

    def test_row_70_the_status_speaks_the_users_language(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        status = self.env["collection.status"]._from_code("agency_api", "reminder")
        status.with_context(lang="sv_SE").name = "Betalningspåminnelse"
        case = self.transferred()
        self.happen(case, state="reminder", status_code="reminder")
        swedish = case.with_context(lang="sv_SE")
        self.assertEqual(swedish.status_text, "Betalningspåminnelse")

    # === DONE IN THE PORTAL === #

    def test_row_71_stopped_paused_and_approved_in_the_portal(self):
        case = self.transferred()
        self.happen(
            case,
            state="paused",
            status_code="paused",
            available_actions=["resume", "withdraw"],
        )
        self.assertEqual(case.state, "paused")
        self.assertTrue(case.can_resume)
        self.happen(case, state="legal", status_code="legal", available_actions=[])
        self.assertEqual(case.state, "legal")
        self.happen(case, state="closed", status_code="closed", outcome="withdrawn")
        self.assertEqual(case.state, "closed")
        self.assertEqual(case.outcome, "withdrawn")
        # Somebody stopped it over there: what becomes of the invoice is asked here.
        self.assertEqual(case.outcome_decision, "pending")
        self.assertFalse(self.other.told("action"))
