"""Which of a company's agencies an invoice goes to: the first rule that fits."""

from typing import NamedTuple


class Choice(NamedTuple):
    """Where an invoice goes: ``collection.agency`` and the ``collection.route`` that
    says so; no route where the company's collection partner gets it."""

    agency: object
    route: object


class Claim(NamedTuple):
    """What the rules look at; ``Facts`` of the engine have the same."""

    company_id: int
    country_id: int
    is_company: bool
    residual_company: float
    currency_id: int


class Route(NamedTuple):
    """A rule as plain values; an empty one asks for nothing."""

    id: int
    countries: frozenset
    is_company: bool | None
    amount_from: float
    amount_below: float
    currencies: frozenset

    def fits(self, claim):
        """Whether the rule is about a claim."""
        amount = claim.residual_company or 0
        return (
            (not self.countries or claim.country_id in self.countries)
            and self.is_company in (None, bool(claim.is_company))
            and amount >= self.amount_from
            and (not self.amount_below or amount < self.amount_below)
            and (not self.currencies or claim.currency_id in self.currencies)
        )


class Routing:
    """Chooses agencies by the company's ordered rules, which are read once."""

    def choose(self, claim):
        """Say where an invoice goes.

        :param claim: ``Claim`` or ``Facts``
        :return: ``Choice``; no agency where the company has none for it
        """
        partner, routes, agencies = self.get_routes(claim.company_id)
        model = self.env["collection.route"].sudo()
        for route in routes:
            if route.fits(claim):
                return Choice(agencies[route.id], model.browse(route.id))
        return Choice(partner, model)

    def choose_for(self, move):
        """Say where an invoice goes, from the record itself."""
        company = move.company_id or self.env.company
        return self.choose(
            Claim(
                company.id,
                move.partner_id.country_id.id,
                move.commercial_partner_id.is_company,
                move.amount_residual_signed,
                move.currency_id.id,
            )
        )

    def get_choices(self, domain):
        """Say of invoices where they go.

        :return: ``{move id: Choice}``
        """
        return {facts.id: self.choose(facts) for facts in self._read_facts(domain)}

    def say_why(self, choice):
        """Return why an invoice goes where it goes, for a reader."""
        if choice.route:
            return choice.route.with_env(self.env).sudo().display_name
        if not choice.agency:
            return ""
        return self.env._("The collection partner: no rule names another agency.")

    def get_routes(self, company_id):
        """Return the company's partner, its rules in order, and the agency of each by
        the rule's id."""
        if company_id not in self._companies:
            self._companies[company_id] = self._read_company(company_id)
        return self._companies[company_id]

    def _read_company(self, company_id):
        company = self.env["res.company"].sudo().browse(company_id)
        rules = self.env["collection.route"].sudo()
        rules = rules.search([("company_id", "=", company_id)])
        routes = [rule._as_route() for rule in rules]
        agencies = {rule.id: rule.agency_id for rule in rules}
        return company.collection_agency_id, routes, agencies
