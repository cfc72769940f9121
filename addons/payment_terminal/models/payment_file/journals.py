from decimal import Decimal

from odoo import models
from odoo.tools import LazyTranslate

from ...formats.statement import FileError

_lt = LazyTranslate(__name__)


class PaymentTerminalFile(models.Model):
    """Finds the journal that a file belongs to."""

    _inherit = "payment.terminal.file"

    def _get_mapping(self, journal):
        """Return how a table on a journal is read: its mapping, the decimals and the
        currency; nothing where it has none."""
        if not journal or not journal.terminal_mapping_id:
            return ()
        currency = journal.currency_id or journal.company_id.currency_id
        return (
            journal.terminal_mapping_id._get_mapping(),
            currency.decimal_places,
            currency.name,
        )

    def _find_journal(self, statement, journal, usual=None):
        """Return ``(journal, problem)`` of a statement; a problem is a sentence.

        The account is the journal's, as IBAN or as the bank's own number.

        :raises FileError: an amount has more decimals than the journal's currency
        """
        journals = self.env["account.journal"].search(
            [("company_id", "=", self.company_id.id), ("type", "=", "bank")]
        )
        account = statement.account.upper()
        of_account = journals.filtered(
            lambda each: account and _is_same(each.bank_acc_number, account)
        )
        if journal and journal.bank_acc_number and account:
            if journal not in of_account:
                return journal, _lt(
                    "The file is of account %(account)s; %(journal)s is of account "
                    "%(own)s. Import it on its own journal.",
                    account=statement.account,
                    journal=journal.name,
                    own=journal.bank_acc_number,
                )
        found = journal or of_account[:1]
        if not found and not account and usual:
            found = usual
        if not found and not account:
            return found, _lt(
                "The file does not say of which account it is. Import it on its "
                "journal."
            )
        if not found:
            return found, _lt(
                "No bank journal has account %s: write it on the journal that it "
                "belongs to, then process the file again.",
                statement.account,
            )
        currency = found.currency_id or found.company_id.currency_id
        others = {entry.currency for entry in statement.entries if entry.currency} - {
            currency.name
        }
        if others:
            return found, _lt(
                "The file has payments in %(others)s; %(journal)s is in %(own)s.",
                others=", ".join(sorted(others)),
                journal=found.name,
                own=currency.name,
            )
        cent = Decimal(1).scaleb(-currency.decimal_places)
        for payment in statement.payments():
            if payment.amount % cent:
                raise FileError(
                    "out_of_range", payment.place, value=str(payment.amount)
                )
        if not found.suspense_account_id or not found.default_account_id:
            return found, _lt(
                "%s has no bank account or no suspense account in the books: choose "
                "them on the journal, then process the file again.",
                found.name,
            )
        return found, None


def _is_same(ours, theirs):
    """Whether two ways of writing an account mean the same one: an IBAN holds the
    bank's own number after its first four characters."""
    ours = "".join((ours or "").split()).upper()
    plain = "".join(filter(str.isalnum, theirs))
    return bool(ours) and (
        plain in (ours, ours[4:]) or (len(plain) > 10 and ours == plain[4:])
    )
