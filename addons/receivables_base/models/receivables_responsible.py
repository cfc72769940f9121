from odoo import fields, models

from ..tools import Sentence


class ReceivablesResponsible(models.AbstractModel):
    """Who is told what a person must see, and when it is settled."""

    _name = "receivables.responsible"
    _description = "Responsible for receivables"

    def _get_candidates(self):
        """Return the users who are asked first, most likely one first."""
        self.ensure_one()
        return self.user_id if "user_id" in self._fields else self.env["res.users"]

    def _get_responsible(self):
        """Return who looks after the record: somebody who is there and may read it.

        The record's own people first, then the company's choice, then an administrator
        of the company. Never OdooBot, who reads nothing.
        """
        self.ensure_one()
        company = self.company_id.sudo()
        robot = self.env.ref("base.user_root")
        for user in self.sudo()._get_candidates() + company.receivables_user_id:
            if user.active and user != robot and self._is_readable_by(user):
                return user
        administrators = self.env.ref("base.group_system").sudo().all_user_ids
        return administrators.filtered(
            lambda user: (
                user.active
                and user != robot
                and (not company or company in user.company_ids)
            )
        )[:1]

    def _is_readable_by(self, user):
        record = self.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )
        return not user.share and record.has_access("read")

    def _in_language_of(self, user):
        """Write in the language of the person who will read it: jobs have none."""
        company = (
            self.company_id.partner_id.lang if "company_id" in self._fields else ""
        )
        return self.with_context(lang=user.lang or company or self.env.lang)

    def _tell_fault(self, fault):
        """Have somebody look at what a job could not do; it tries again."""
        said = self.env["receivables.queue"]._say(fault)
        self._remind("mail.mail_activity_data_todo", said)

    def _remind(self, activity_type, sentence=None, renew=False, whose=None):
        """Give those responsible an activity, unless one of its type is open.

        :param str activity_type: external identifier of the type, by which the matter
            is known again: one type, one matter
        :param sentence: a lazy translation, a text or a stored sentence for the note,
            or a function that returns one for a record, read in the reader's language
        :param bool renew: the note of an open one no longer holds and is replaced
        :param whose: the record whose responsible is told, in place of their own
        :return: the records that got one
        """
        kind = self.env.ref(activity_type).sudo()
        say = sentence if callable(sentence) else lambda _record: sentence
        there = self._get_activities(kind)
        if renew and sentence:
            for activity in there:
                record = self.browse(activity.res_id)
                reader = record._in_language_of(activity.user_id)
                activity.note = Sentence.read(Sentence.store(say(reader)), reader.env)
        told = self.browse(there.mapped("res_id"))
        model = self.env["ir.model"]._get_id(self._name)
        users = {}
        rows = []
        for record in self - told:
            key = record._get_candidates(), record.company_id
            if key not in users:
                users[key] = (whose or record)._get_responsible()
            user = users[key]
            reader = record._in_language_of(user)
            rows.append(
                {
                    "activity_type_id": kind.id,
                    "automated": True,
                    "summary": kind.with_env(reader.env).summary,
                    "note": Sentence.read(Sentence.store(say(reader)), reader.env),
                    "res_model_id": model,
                    "res_id": record.id,
                    "user_id": user.id,
                    "date_deadline": fields.Date.context_today(record),
                }
            )
        self.env["mail.activity"].sudo().with_context(
            mail_activity_quick_update=True
        ).create(rows)
        return self - told

    def _settle(self, activity_type):
        """Close the activities of a type: what they were about is settled."""
        self._get_activities(self.env.ref(activity_type)).unlink()

    def _get_activities(self, kind):
        return (
            self.env["mail.activity"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("activity_type_id", "=", kind.id),
                ]
            )
        )
