"""1CClientBankExchange: the text by which banks of several countries tell a statement.

Source: 1C's description of the exchange with programs of the type "Client of the bank",
versions 1.01 to 1.03. Lines are ``name=value``; an account stands between
``СекцияРасчСчет`` and ``КонецРасчСчет``, a payment between ``СекцияДокумент`` and
``КонецДокумента``. The charset that the file declares is often not the one it is in:
it is read in the one in which its own words are found.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from odoo.addons.receivables_base.formats import amounts, references

from .statement import Entry, FileError, Statement, Total

NAME = "1c"
_MAGIC = b"1CClientBankExchange"
_CHARSETS = ("utf-8-sig", "cp1251", "cp866")
_END = "КонецФайла"
_ACCOUNT = ("СекцияРасчСчет", "КонецРасчСчет")
_DOCUMENT = ("СекцияДокумент", "КонецДокумента")
# Digits 6 to 8 of an account number.
_CURRENCIES = {"810": "RUB", "643": "RUB", "840": "USD", "978": "EUR", "398": "KZT"}

_Section = dict[str, tuple[int, str]]


def recognises(data: bytes) -> bool:
    """Whether it begins with the word that all such files begin with."""
    return data[:64].lstrip(b"\xef\xbb\xbf \r\n\t").startswith(_MAGIC)


def read(data: bytes) -> tuple[Statement, ...]:
    """Read a file, one statement for each account.

    :raises FileError: with the line that cannot be read
    """
    head, accounts, documents = _split(_decode(data))
    if not accounts:
        number = head.get("РасчСчет")
        if not number:
            raise FileError("missing", "РасчСчет")
        accounts = {number[1]: []}
    statements = []
    for account, sections in accounts.items():
        currency = _CURRENCIES.get(account[5:8], "") if account.isdecimal() else ""
        entries = [
            entry
            for section in documents
            if (entry := _entry(section, account, currency, set(accounts)))
        ]
        statements.append(
            Statement(
                format=NAME,
                account=account,
                currency=currency,
                entries=tuple(entries),
                number=_text(head, "ДатаКонца"),
                made_on=_day(head, "ДатаСоздания"),
                totals=_totals(sections, entries),
            )
        )
    return tuple(statements)


def _decode(data: bytes) -> str:
    for charset in _CHARSETS:
        try:
            text = data.decode(charset)
        except UnicodeDecodeError:
            continue
        if _END in text:
            return text
    raise FileError("missing", _END)


def _split(text: str) -> tuple[_Section, dict[str, list[_Section]], list[_Section]]:
    """The head, the sections of each account, and the documents."""
    head: _Section = {}
    accounts: dict[str, list[_Section]] = {}
    documents: list[_Section] = []
    section, ends = head, ""
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        name, _equals, value = (part.strip() for part in line.partition("="))
        if name in (_ACCOUNT[0], _DOCUMENT[0]):
            if ends:
                raise _error(number, name, ends)
            section = {"": (number, "")}
            ends = _ACCOUNT[1] if name == _ACCOUNT[0] else _DOCUMENT[1]
        elif name in (_ACCOUNT[1], _DOCUMENT[1]):
            if name != ends:
                raise _error(number, name, ends or _DOCUMENT[0])
            if name == _DOCUMENT[1]:
                documents.append(section)
            else:
                accounts.setdefault(_needed(section, "РасчСчет"), []).append(section)
            section, ends = head, ""
        elif name == _END:
            if ends:
                raise _error(number, name, ends)
            return head, accounts, documents
        elif name:
            section.setdefault(name, (number, value))
    raise FileError("missing", _END)


def _entry(
    section: _Section, account: str, currency: str, ours: set[str]
) -> Entry | None:
    """A payment to or from an account; between two of ours it is both."""
    payer = _text(section, "ПлательщикСчет") or _text(section, "ПлательщикРасчСчет")
    payee = _text(section, "ПолучательСчет") or _text(section, "ПолучательРасчСчет")
    if not ours & {payer, payee}:
        line, _value = section[""]
        raise _error(line, f"{payer} → {payee}", "an account of the file")
    if account not in (payer, payee):
        return None
    comes = account == payee
    booked = _day(section, "ДатаПоступило" if comes else "ДатаСписано") or _day(
        section, "Дата"
    )
    if booked is None:
        raise FileError("missing", f"{section[''][0]}: Дата")
    amount = _money(section, "Сумма")
    code = _text(section, "Код")
    name = _text(section, "Плательщик1") or _text(section, "Плательщик")
    if not comes:
        name = _text(section, "Получатель1") or _text(section, "Получатель")
    return Entry(
        place=str(section[""][0]),
        amount=amount if comes else -amount,
        currency=currency,
        booked_on=booked,
        paid_on=_day(section, "Дата"),
        bank_id=" ".join(filter(None, (_text(section, "Номер"), payer, payee))),
        reference="" if code.strip("0") == "" else references.normalise(code),
        payer=name,
        payer_account=payer if comes else payee,
        text=_text(section, "НазначениеПлатежа"),
    )


def _totals(sections: list[_Section], entries: list[Entry]) -> tuple[Total, ...]:
    """What the account's sections, one a period, say came, went and is left."""
    nothing = Decimal(0)
    came = sum((entry.amount for entry in entries if entry.amount > 0), nothing)
    went = -sum((entry.amount for entry in entries if entry.amount < 0), nothing)
    totals = []
    for name, found in (("ВсегоПоступило", came), ("ВсегоСписано", went)):
        told = [section for section in sections if name in section]
        if told:
            said = sum((_money(section, name) for section in told), nothing)
            totals.append(Total(f"{told[-1][name][0]}: {name}", said, found))
    first, last = "НачальныйОстаток", "КонечныйОстаток"
    if sections and first in sections[0] and last in sections[-1]:
        opening = _money(sections[0], first, signed=True)
        closing = _money(sections[-1], last, signed=True)
        place = f"{sections[-1][last][0]}: {last}"
        totals.append(Total(place, closing, opening + came - went))
    return tuple(totals)


def _text(section: _Section, name: str) -> str:
    return section[name][1] if name in section else ""


def _needed(section: _Section, name: str) -> str:
    value = _text(section, name)
    if not value:
        raise FileError("missing", f"{section[''][0]}: {name}")
    return value


def _money(section: _Section, name: str, signed: bool = False) -> Decimal:
    text = _needed(section, name)
    number = amounts.read_signed(text.replace(",", "."))
    if number is None or (number < 0 and not signed):
        raise _error(section[name][0], text, "an amount")
    return number


def _day(section: _Section, name: str) -> date | None:
    text = _text(section, name)
    if not text:
        return None
    try:
        day, month, year = (int(part) for part in text.split("."))
        return date(year, month, day)
    except ValueError as error:
        raise _error(section[name][0], text, "a day, DD.MM.YYYY") from error


def _error(number: int, value: str, expected: str) -> FileError:
    return FileError("pattern", str(number), value=value, expected=expected)
