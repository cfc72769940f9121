"""Which agreements of an earlier system can be brought in, and why others cannot."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time

from odoo import fields, models
from odoo.tools import format_date

from odoo.addons.receivables_base.tools import reason, split_usable

from .matching import _compact


@dataclass(eq=False)
class ExistingRow:
    """What becomes of a row: ``values`` make an agreement where there is none."""

    agreement: models.Model
    partner: models.Model
    reasons: list = field(default_factory=list)
    values: dict = field(default_factory=dict)

    @property
    def is_refused(self):
        return any(each["level"] == "danger" for each in self.reasons)


class ExistingRows:
    """Compares rows with what is known here; writes nothing.

    It asks once for all rows, and once for each of their banks.
    """

    def __init__(self, channel):
        self.env = channel.env
        self.channel = channel
        self.company = channel.company_id
        self.today = fields.Date.context_today(channel)
        self.planned = {}

    def judge(self, rows):
        """Say what becomes of each row.

        :param list rows: ``(values, fault)``, the values as
            ``einvoice.agreement.import_existing`` takes them
        :return: list of :class:`ExistingRow`; the same one for rows that are the same
        """
        given = [values for values, fault in rows if not fault]
        self._look_up_customers(given)
        self._look_up_agreements(given)
        return [self._judge_row(*row) for row in rows]

    # === WHAT IS KNOWN === #

    def _look_up_customers(self, given):
        partners = self.env["res.partner"]
        ids = [row["partner_id"] for row in given if "partner_id" in row]
        usable, self.unknown = split_usable(partners.browse(ids))
        self.by_id = {partner.id: partner for partner in usable}
        numbers = [row["customer_number"] for row in given if "customer_number" in row]
        self.by_number = defaultdict(partners.browse)
        for partner in partners.search(
            [
                ("ref", "in", list({*numbers, *map(_compact, numbers)})),
                *partners._check_company_domain(self.company),
            ]
        ):
            self.by_number[_compact(partner.ref)] |= partner.commercial_partner_id

    def _look_up_agreements(self, given):
        codes = {row["intermediator"].strip().upper() for row in given}
        self.banks = {
            code
            for code in codes
            if self.env["einvoice.intermediator"]._from_code(code)
        }
        partners = self.env["res.partner"].union(
            *self.by_id.values(), *self.by_number.values()
        )
        known = self.env["einvoice.agreement"].search(
            [
                ("channel_id", "=", self.channel.id),
                "|",
                ("partner_id", "in", partners.commercial_partner_id.ids),
                ("recipient_address", "in", [_plain(row["address"]) for row in given]),
            ]
        )
        self.at_address, self.of_partner = defaultdict(list), defaultdict(list)
        for agreement in known:
            place = (agreement.recipient_address, agreement.recipient_intermediator)
            self.at_address[place].append(agreement)
            self.of_partner[agreement.partner_id].append(agreement)

    # === ONE ROW === #

    def _judge_row(self, values, fault):
        row = ExistingRow(self.env["einvoice.agreement"], self.env["res.partner"])
        if fault:
            row.reasons.append(reason("argument", fault))
            return row
        address = _plain(values["address"])
        bank = values["intermediator"].strip().upper()
        since = values.get("since", self.today)
        service = values.get("service", "einvoice")
        row.partner, refusal = self._find_customer(values)
        row.reasons += filter(
            None, (refusal, *self._check_values(address, bank, since))
        )
        if row.reasons:
            return row
        key = (row.partner, address, bank)
        if key in self.planned:
            return self.planned[key]
        self._compare(row, address, bank, since, service)
        if not row.agreement and not row.is_refused:
            self.planned[key] = row
            row.values = self._prepare(row, values, address, bank, since, service)
        return row

    def _find_customer(self, values):
        """
        :return: ``(customer, refusal or False)``
        """
        nobody = self.env["res.partner"]
        if "partner_id" in values:
            if values["partner_id"] in self.unknown:
                return nobody, self.unknown[values["partner_id"]]
            found = self.by_id[values["partner_id"]].commercial_partner_id
        elif "customer_number" in values:
            number = values["customer_number"].strip()
            found = self.by_number[_compact(number)]
            if not found:
                sentence = self.env._("No customer has the number %s.", number)
                return nobody, reason("not_found", sentence)
            if len(found) > 1:
                sentence = self.env._(
                    "%(count)s customers have the number %(number)s: give each their "
                    "own.",
                    count=len(found),
                    number=number,
                )
                return nobody, reason("ambiguous", sentence, fix="partner")
        else:
            sentence = self.env._("No customer is named: give a customer number.")
            return nobody, reason("customer", sentence)
        if found.company_id and found.company_id != self.company:
            sentence = self.env._(
                "%(customer)s belongs to %(company)s, the channel does not.",
                customer=found.display_name,
                company=found.company_id.name,
            )
            return found, reason("other_company", sentence, fix="partner")
        if not found.active:
            sentence = self.env._("%s is archived.", found.display_name)
            return found, reason("archived", sentence, fix="partner")
        return found, False

    def _check_values(self, address, bank, since):
        if not self.channel._get_rail().is_address(address):
            yield reason(
                "address",
                self.env._(
                    "%s is no e-invoice address: it is not as the bank gives them, or "
                    "its check digits are wrong.",
                    address,
                ),
            )
        if bank not in self.banks:
            yield reason(
                "intermediator",
                self.env._(
                    "No bank or operator has the code %s: correct it, or add it to the "
                    "list of banks.",
                    bank,
                ),
                fix="intermediator",
            )
        if since > self.today:
            yield reason(
                "since",
                self.env._(
                    "%s is still to come: enter the day of the order.",
                    format_date(self.env, since),
                ),
            )

    def _compare(self, row, address, bank, since, service):
        """Look at what is known of this address and of this customer."""
        here = self.at_address[address, bank]
        mine = [each for each in here if each.partner_id == row.partner]
        active = [each for each in mine if each.state == "active"]
        ended = [
            each
            for each in here
            if each.state == "ended"
            and each.partner_id in (row.partner, row.partner.browse())
            and each.ended_at.date() >= since
        ]
        newer = [
            each
            for each in self.of_partner[row.partner]
            if each.state == "active"
            and each.ordered_at
            and each.ordered_at.date() > since
        ]
        undecided = [each for each in here if each.state in ("to_review", "invited")]
        rejected = [each for each in here if each.state == "rejected"]
        if active:
            self._refuse_if_other_service(row, active[0], service)
        elif undecided:
            sentence = self.env._(
                "An order from this address waits to be allocated: decide about it."
            )
            self._refuse(row, "waits", sentence, undecided[0])
        elif rejected:
            sentence = self.env._("An order from this address was rejected here.")
            self._refuse(row, "rejected", sentence, rejected[0])
        elif ended:
            sentence = self.env._("It has ended here: the consumer has to order again.")
            self._refuse(row, "ended", sentence, ended[0])
        elif newer:
            sentence = self.env._(
                "The customer has a newer agreement: %s.", newer[0].display_name
            )
            self._refuse(row, "newer", sentence, newer[0])
        else:
            self._warn_of_others(row, address, bank)

    def _refuse_if_other_service(self, row, agreement, service):
        if agreement.service == service:
            row.agreement = agreement
            return
        labels = dict(agreement._fields["service"]._description_selection(self.env))
        sentence = self.env._(
            "It is here as “%s” and stays so.", labels[agreement.service]
        )
        self._refuse(row, "differs", sentence, agreement)

    def _refuse(self, row, code, sentence, agreement, **more):
        row.agreement = agreement
        row.reasons.append(reason(code, sentence, fix="agreement", **more))

    def _warn_of_others(self, row, address, bank):
        """One consumer may be two customers; a slip of a column looks the same."""
        others = {
            each.partner_id
            for each in self.at_address[address, bank]
            if each.state == "active"
        }
        others |= {
            partner
            for partner, *place in self.planned
            if place == [address, bank] and partner != row.partner
        }
        if others:
            sentence = self.env._(
                "The same address is used for %s: make sure that it is one consumer.",
                ", ".join(sorted(other.display_name for other in others)),
            )
            row.reasons.append(reason("shared", sentence, "warning"))

    def _prepare(self, row, values, address, bank, since, service):
        number = row.partner.ref
        return {
            "channel_id": self.channel.id,
            "service": service,
            "recipient_address": address,
            "recipient_intermediator": bank,
            "consumer_name": values.get("name") or row.partner.name,
            # by which the bank's next message about it is recognised
            "identifiers": [{"kind": "customer", "value": number}] if number else [],
            "ordered_at": datetime.combine(since, time.min),
        }


def _plain(address):
    return "".join(address.split()).upper()
