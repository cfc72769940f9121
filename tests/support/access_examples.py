"""Records and users to try on who may do what; runs inside Odoo.

An example need not make sense: it is written as a row, past the rules of its model, so
that there is one of every model and, where a model has states, one in each state. What
is asked of it is whether somebody gets at it, never what comes out.
"""

import datetime
import itertools
import json

import psycopg2

from odoo.tools import SQL

# what gives a view of others' rows something to show, in a company
SHOWN = {
    "payment.terminal.day": """
        UPDATE payment_terminal_transaction SET is_test = FALSE, money = 1
         WHERE company_id = %s""",
    "payment.terminal.month": """
        WITH line AS (
            UPDATE account_move_line SET parent_state = 'posted'
             WHERE id = (SELECT max(id) FROM account_move_line WHERE company_id = %s)
         RETURNING account_id, company_id)
        UPDATE payment_terminal_network AS network
           SET clearing_account_id = line.account_id
          FROM line WHERE line.company_id = network.company_id""",
}
# Columns that must hold something certain; the rest is made up by their type
SAID = {
    "collection.route": {"amount_from": 0, "amount_below": 1},
    "einvoice.document": {"direction": "out"},
}
# Columns that a made-up value would break
LEFT_OUT = {"parent_id", "message_main_attachment_id", "leased_until"}
STATES_OF_ONE_MODEL = 12
KINDS = {
    "public": ["base.group_public"],
    "portal": ["base.group_portal"],
    "employee": ["base.group_user"],
    "readonly": ["base.group_user", "account.group_account_readonly"],
    "invoicing": ["base.group_user", "account.group_account_invoice"],
}
ROLES = ("user", "manager")
PASSWORD = "correct horse battery"


class Users:
    """One user of each kind; a user and a manager for each addon of ours."""

    def __init__(self, env, addons, debtor):
        self.env = env
        self.addons = addons
        companies = env["res.company"].sudo().search([], order="id")
        asked = {kind: (kind, groups, companies) for kind, groups in KINDS.items()}
        base = ["base.group_user", "account.group_account_manager"]
        every = [*base]
        for addon in addons:
            for role in ROLES:
                groups = [f"{addon}.{addon}_group_{role}"]
                if env.ref(groups[0], raise_if_not_found=False):
                    every += groups if role == "manager" else []
                    kind = f"{role} of {addon}"
                    asked[kind] = kind, ["base.group_user", *groups], companies
        managers = {each.split(".")[0]: each for each in every if each not in base}
        for addon in addons:
            groups = [name for owner, name in managers.items() if owner != addon]
            if addon in managers:
                kind = f"others of {addon}"
                asked[kind] = kind, ["base.group_user", *groups], companies
        for group in self._groups_of_programs():
            asked[f"program ({group})"] = group, [group], companies
        asked["accountant"] = "accountant", base, companies
        other = env["res.company"].sudo().create({"name": "Another company"})
        asked["other company"] = "other company", [*every], other
        every.append("base.group_system")
        asked["administrator"] = "administrator", every, companies
        values = [self._values(*each) for each in asked.values()]
        values[list(asked).index("portal")]["partner_id"] = debtor.id
        users = env["res.users"].sudo().with_context(no_reset_password=True)
        # in one, which is much less work
        self.of = dict(zip(asked, users.create(values), strict=True))
        self.of["accountant"].password = PASSWORD

    def _groups_of_programs(self):
        """Groups of ours that stand outside user and manager, and that people, who
        stand between the two, do not have."""
        known = {f"{name}_group_{role}" for name in self.addons for role in ROLES}
        found = (
            self.env["ir.model.data"]
            .sudo()
            .search([("model", "=", "res.groups"), ("module", "in", self.addons)])
        )
        people = self.env.ref("base.group_user")
        return [
            data.complete_name
            for data in found
            if data.name not in known
            and people not in self.env.ref(data.complete_name).all_implied_ids
        ]

    def _values(self, kind, groups, companies):
        login = "".join(letter if letter.isalnum() else "_" for letter in kind)
        return {
            "name": f"Access: {kind}",
            "login": f"access_{login}",
            "company_ids": [(6, 0, companies.ids)],
            "company_id": companies[0].id,
            "group_ids": [(6, 0, [self.env.ref(group).id for group in groups])],
        }

    def named(self, kind, addon):
        """The user of a kind, as far as an addon is asked about."""
        stand_ins = {"user": "invoicing", "manager": "accountant"}
        stand_ins |= {"others": "invoicing"}
        of_addon = f"{kind} of {addon}"
        return self.of.get(of_addon) or self.of[stand_ins.get(kind, kind)]


class Examples:
    """Example records of any model, made when they are first asked for."""

    def __init__(self, env, addons):
        self.env = env(su=True, context={"active_test": False})
        self.addons = addons
        self.numbers = itertools.count(1)
        self.kept = {}
        self.making = set()
        self.companies = {addon: self._find_company(addon) for addon in addons}
        partners = self.env["res.partner"]
        self.debtor = partners.create({"name": "Access: a debtor"})
        own = {"name": "Access: of one company", "company_id": self.env.company.id}
        self.own_customer = partners.create(own)

    def _find_company(self, addon):
        """The company in which the demo data use an addon, else the first."""
        for model in self.env.registry.values():
            if model._original_module == addon and self._has_company(model):
                if found := self.env[model._name].search([], limit=1):
                    return found.company_id
        return self.env["res.company"].search([], order="id", limit=1)

    @staticmethod
    def _has_company(model):
        company = model._fields.get("company_id")
        stored = company is not None and company.store
        return stored and not model._abstract and not model._transient

    def prepare(self):
        """Give the debtor an invoice in each company, and every model an example."""
        for company in set(self.companies.values()):
            move = (
                self.env["account.move"]
                .with_company(company)
                .create(
                    {
                        "move_type": "out_invoice",
                        "partner_id": self.debtor.id,
                        "invoice_date": datetime.date.today(),
                        "invoice_line_ids": [
                            (0, 0, {"name": "Example", "price_unit": 100})
                        ],
                    }
                )
            )
            move.action_post()
            self.kept.setdefault("account.move", {})[company] = move.ids
        for name, model in sorted(self.env.registry.items()):
            if model._original_module in self.addons and not model._transient:
                self.of(name, self.companies[model._original_module])

    # --- core's records

    def _of_core(self, model, company):
        """Ids of records of core's that stand beside ours."""
        if model == "res.partner":
            return self.debtor.ids
        if model == "res.company":
            return company.ids
        if model == "account.move":
            return self.kept[model][company]
        if model == "account.move.line":
            move = self.env["account.move"].browse(self.kept["account.move"][company])
            return move.line_ids.sorted(lambda line: line.account_type).ids[:1]
        records = self.env[model]
        domain = [("company_id", "=", company.id)] if self._has_company(records) else []
        return records.search(domain, limit=1, order="id").ids or self._make(
            model, company, 1
        )

    # --- ours

    def of(self, model, company, user=None, linked=True):
        """Ids of examples of a model; of a wizard, those of a user.

        Without links as where Odoo checks who may make one: of many2many fields.
        """
        records = self.env[model]
        if records._abstract:
            return [1]
        if records._transient:
            return self._make(model, company, user.id, linked)
        if records._original_module not in self.addons:
            return self._of_core(model, company)
        key = (model, company.id if self._has_company(records) else 0)
        if key not in self.kept:
            domain = [("company_id", "=", company.id)] if key[1] else []
            if not records._auto:  # it shows what others have
                for source in records._depends:
                    self.of(source, company)
                if statement := SHOWN.get(model):
                    self.env.cr.execute(statement, [company.id])
                self.kept[key] = records.search(domain, limit=3).ids
                assert self.kept[key], (
                    f"say in SHOWN how {model} gets something to show"
                )
                return self.kept[key]
            found = records.search(domain, limit=3).ids
            self.kept[key] = found or self._make(model, company, 1)
        return self.kept[key]

    def _one(self, model, company, user_id):
        records = self.env[model]
        if model in self.making or records._abstract:
            return None
        user = self.env["res.users"].browse(user_id)
        return next(iter(self.of(model, company, user)), None)

    def _make(self, model, company, user_id, linked=True):
        """Rows of a model, one in each of its states."""
        self.making.add(model)
        records = self.env[model]
        state = records._fields.get("state")
        states = [None]
        if state is not None and state.store and state.type == "selection":
            states = state.get_values(self.env)[:STATES_OF_ONE_MODEL]
        made, last = [], None
        for each in states:
            known = dict(self.kept)
            try:
                with self.env.cr.savepoint(flush=False):
                    made.append(self._insert(records, company, user_id, each))
                    if linked:
                        self._link_all(records, made[-1], company, user_id)
            except psycopg2.IntegrityError as error:
                last = error  # there may be one alone of those that are open
                self.kept = known  # what was made for it went with it
        self.making.discard(model)
        assert made, f"say in SAID how to make an example of {model}: {last}"
        return made

    def _insert(self, records, company, user_id, state):
        said = {**SAID.get(records._name, {}), "create_uid": user_id}
        said |= {"write_uid": user_id}
        if state:
            said["state"] = state
        number = next(self.numbers)
        row = {}
        for name, field in records._fields.items():
            if not field.store or not field.column_type or name in ("id", *LEFT_OUT):
                continue
            ours = {records._original_module, *field._modules} & set(self.addons)
            if not ours and not field.required and name not in said:
                continue
            value = said.get(name)
            if value is None:
                value = self._make_up(field, company, user_id, number)
            if value is not None:
                row[name] = value
        columns = SQL(", ").join(map(SQL.identifier, row))
        values = SQL(", ").join(SQL("%s", value) for value in row.values())
        [[record_id]] = self.env.execute_query(
            SQL(
                "INSERT INTO %s (%s) VALUES (%s) RETURNING id",
                SQL.identifier(records._table),
                columns,
                values,
            )
        )
        return record_id

    def _link_all(self, records, record_id, company, user_id):
        for field in records._fields.values():
            if field.type == "many2many" and field.store and field.relation:
                self._link(records, field, record_id, company, user_id)

    def _link(self, records, field, record_id, company, user_id):
        if field.comodel_name.startswith("mail.") or field.inherited:
            return
        if other := self._one(field.comodel_name, company, user_id):
            self.env.execute_query(
                SQL(
                    "INSERT INTO %s (%s, %s) VALUES (%s, %s) RETURNING 1",
                    SQL.identifier(field.relation),
                    SQL.identifier(field.column1),
                    SQL.identifier(field.column2),
                    record_id,
                    other,
                )
            )

    def _make_up(self, field, company, user_id, number):
        """A value of a field's type, as its column takes it; None leaves it empty."""
        if field.company_dependent:
            return None
        if field.name == "company_id":
            return company.id
        if field.type == "many2one":
            if field.comodel_name == "res.users":
                return user_id
            if field.comodel_name.startswith("mail."):
                return None
            return self._one(field.comodel_name, company, user_id)
        if field.type == "selection":
            return next(iter(field.get_values(self.env)), None)
        if field.type in ("char", "text", "html"):
            text = f"Example {number}"
            return json.dumps({"en_US": text}) if field.translate else text
        today = datetime.date.today()
        made_up = {
            "integer": 1,
            "float": 1,
            "monetary": 1,
            "many2one_reference": 1,
            "boolean": field.name == "active",
            "json": "[]" if field.required else None,
            "binary": b"x" if field.required else None,
            "date": today,
            "datetime": datetime.datetime.combine(today, datetime.time(12)),
        }
        return made_up.get(field.type)
