from .common import CollectionCommon


class OnboardingCommon(CollectionCommon):
    """A company with an agency whose service is not open yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.collection_agency_id = False
        cls.partner = cls.make_agency(
            "Väst Inkasso", state="draft", contact_name=False, contact_email=False
        )

    def setUp(self):
        super().setUp()
        self.other.creditor["creditor_id"] = "CR-2"
        # The job has fetched the terms since the administrator entered the address.
        self.partner.sudo()._apply_terms(self.other.get_terms(None))
        self.other.calls.clear()

    def choose(self, agency=None, user=None):
        """Choose the collection partner in the settings and save."""
        settings = self.env["res.config.settings"].with_user(user or self.env.user)
        agency = self.partner if agency is None else agency
        return settings.create({"collection_agency_id": agency.id}).execute()

    def open_dialog(self):
        """What saving the choice opens."""
        action = self.choose()
        self.assertEqual(action["res_model"], "collection.onboarding.wizard")
        return (
            self.env[action["res_model"]].with_context(**action["context"]).create({})
        )

    def go_through(self, dialog, contact="Elsa Berg", email="elsa.berg@example.com"):
        """Go on from page to page, accept and send."""
        dialog.action_next()
        dialog.write({"accept_terms": True, "accept_api_user": True})
        dialog.action_next()
        phone = "+46 70 000 00 00"
        dialog.write(
            {"contact_name": contact, "contact_email": email, "contact_phone": phone}
        )
        dialog.action_send()

    def open_service(self):
        self.go_through(self.open_dialog())
        self.run_jobs()

    def activate(self, number="A-77"):
        """The agency's employee opens the service, and the agency reports it."""
        self.other.creditor.update(state="active", agreement_number=number)
        self.report("creditor.activated", self.partner)
