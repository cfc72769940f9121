"""Files of payments: Norwegian OCR giro and 1CClientBankExchange."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal_formats import payment_files
from terminal_formats.statement import FileError, disagreements

from conftest import official


def refusal(data):
    with pytest.raises(FileError) as caught:
        payment_files.read(data)
    return caught.value.code, caught.value.field


# --- Norwegian OCR giro ------------------------------------------------------------


def giro():
    return official("terminal", "norway", "ocr_giro_transactions.txt").read_bytes()


def test_the_sample_of_nets():
    """Its records 88 and 89 tell 20 payments of 51,449.00 kroner, settled on 20 January
    1992; the first is 1,020 kroner with KID 531."""
    [statement] = payment_files.read(giro())
    assert (statement.format, statement.account) == ("ocr_giro", "99991042764")
    assert len(statement.entries) == 20
    assert sum(entry.amount for entry in statement.entries) == Decimal("51449.00")
    assert disagreements(statement) == []
    first = statement.entries[0]
    assert (first.amount, first.reference) == (Decimal("1020.00"), "531")
    assert (first.booked_on, first.paid_on) == (date(1992, 1, 20), date(1992, 1, 16))
    assert (first.payer_account, first.place) == ("99990512341", "3")
    assert first.bank_id == "13-20-1-01464"


def test_a_kid_whose_check_is_a_minus_sign():
    """By modulus 11 it is one in eleven (Nets, system specification, chapter 4)."""
    changed = giro().replace(b"0000531000000", b"000023-000000")
    [statement] = payment_files.read(changed)
    assert statement.entries[0].reference == "23-"
    assert disagreements(statement) == []


def with_mandates():
    """The sample with an assignment of two mandates (AvtaleGiro specification, 3)."""
    lines = giro().decode().splitlines()
    mandates = [
        "NY212420000000000000000299991042764" + "0" * 45,
        "NY21947000000011          001050507304505J" + "0" * 38,
        "NY21947000000022          000112000507155N" + "0" * 38,
        "NY2124880000000200000004" + "0" * 56,
    ]
    end = lines[-1]
    counts = f"{int(end[8:16]) + 2:08}{int(end[16:24]) + 4:08}"
    return lines[0], mandates, lines[1:-1], end[:8] + counts + end[24:]


def test_mandates_beside_payments_are_for_others():
    start, mandates, payments, end = with_mandates()
    both = "\r\n".join([start, *payments, *mandates, end]).encode()
    assert payment_files.recognises(both)
    assert payment_files.is_for_others_too(both)
    [statement] = payment_files.read(both)
    assert len(statement.entries) == 20
    assert disagreements(statement) == []


def test_mandates_alone_are_no_payments():
    start, mandates, _payments, end = with_mandates()
    alone = "\r\n".join([start, *mandates, end]).encode()
    assert not payment_files.recognises(alone)
    assert not payment_files.is_for_others_too(giro())


def test_a_giro_file_whose_sums_differ():
    lines = giro().splitlines(keepends=True)
    without = b"".join(lines[:2] + lines[5:])
    [statement] = payment_files.read(without)
    assert [told.params for told in disagreements(statement)][:2] == [
        {"said": "20", "found": "19"},
        {"said": "43", "found": "40"},
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda lines: lines[:-1], ("missing", "89")),
        (lambda lines: [*lines[:-2], lines[-1]], ("missing", "88")),
        (lambda lines: [*lines[:3], *lines[4:]], ("pattern", "4:1")),
        (lambda lines: [lines[0], *lines[2:]], ("pattern", "2:1")),
        (lambda lines: [*lines[:4], b"NY\n", *lines[4:]], ("pattern", "5:1")),
    ],
)
def test_giro_files_that_cannot_be_read(change, expected):
    lines = giro().splitlines(keepends=True)
    assert refusal(b"".join(change(lines))) == expected


# --- 1C ----------------------------------------------------------------------------

ONEC = """1CClientBankExchange
ВерсияФормата=1.02
Кодировка=Windows
Отправитель=Банк
ДатаСоздания=28.11.2026
ДатаНачала=27.11.2026
ДатаКонца=27.11.2026
РасчСчет=40702810500000001111
СекцияРасчСчет
ДатаНачала=27.11.2026
ДатаКонца=27.11.2026
РасчСчет=40702810500000001111
НачальныйОстаток=1000.00
ВсегоПоступило=1500.50
ВсегоСписано=250.00
КонечныйОстаток=2250.50
КонецРасчСчет
СекцияДокумент=Платежное поручение
Номер=17
Дата=26.11.2026
Сумма=1500.50
ПлательщикСчет=40817810900000002222
Плательщик1=Иванов Иван
ПолучательСчет=40702810500000001111
Получатель1=Алатау
ДатаПоступило=27.11.2026
Код=18209965144380684245
НазначениеПлатежа=Оплата счета INV/2026/00017
КонецДокумента
СекцияДокумент=Платежное поручение
Номер=5
Дата=27.11.2026
Сумма=250
ПлательщикСчет=40702810500000001111
ПолучательСчет=40702810700000003333
Получатель=Поставщик
ДатаСписано=27.11.2026
КонецДокумента
КонецФайла
"""


@pytest.mark.parametrize("charset", ["cp1251", "cp866", "utf-8", "utf-8-sig"])
def test_a_1c_file_in_whatever_charset_it_is(charset):
    """It says Windows each time. 1,000.00 + 1,500.50 - 250.00 = 2,250.50."""
    [statement] = payment_files.read(ONEC.encode(charset))
    assert (statement.format, statement.currency) == ("1c", "RUB")
    assert statement.account == "40702810500000001111"
    came, went = statement.entries
    assert (came.amount, went.amount) == (Decimal("1500.50"), Decimal("-250"))
    assert (came.payer, came.payer_account) == ("Иванов Иван", "40817810900000002222")
    assert came.text == "Оплата счета INV/2026/00017"
    assert came.reference == "18209965144380684245"
    assert (came.booked_on, came.paid_on) == (date(2026, 11, 27), date(2026, 11, 26))
    assert (went.payer, came.place) == ("Поставщик", "18")
    assert disagreements(statement) == []


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("ВсегоПоступило=1500.50", "ВсегоПоступило=1500.51", "14: ВсегоПоступило"),
        ("КонечныйОстаток=2250.50", "КонечныйОстаток=2250.51", "16: КонечныйОстаток"),
    ],
)
def test_1c_totals_that_do_not_agree(before, after, place):
    [statement] = payment_files.read(ONEC.replace(before, after).encode("cp1251"))
    assert [told.field for told in disagreements(statement)] == [place]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("КонецФайла\n", "", ("missing", "КонецФайла")),
        ("Сумма=1500.50", "Сумма=1 500.50", ("pattern", "21")),
        ("Дата=26.11.2026", "Дата=31.11.2026", ("pattern", "20")),
        ("КонецДокумента\nСекция", "Секция", ("pattern", "29")),
        (
            "ПолучательСчет=40702810500000001111",
            "ПолучательСчет=40702810500000001112",
            ("pattern", "18"),
        ),
    ],
)
def test_1c_files_that_cannot_be_read(before, after, expected):
    assert refusal(ONEC.replace(before, after, 1).encode("cp1251")) == expected


# --- whatever happens to a file: a refusal or the right sum ------------------------


@given(st.data())
def test_a_damaged_file_never_gives_a_wrong_sum(draw):
    data, right = draw.draw(
        st.sampled_from([(giro(), "51449.00"), (ONEC.encode("cp1251"), "1250.50")])
    )
    place = draw.draw(st.integers(0, len(data) - 1))
    length = draw.draw(st.integers(1, 100))
    piece = data[place : place + length]
    damaged = draw.draw(
        st.sampled_from(
            [
                data[:place],
                data[:place] + data[place + length :],
                data[:place] + piece + data[place:],
                data[:place] + piece[::-1] + data[place + length :],
                data.decode("cp1251").encode("utf-8"),
            ]
        )
    )
    try:
        statements = payment_files.read(damaged)
    except FileError:
        return
    for statement in statements:
        if statement.totals and not disagreements(statement):
            assert sum(entry.amount for entry in statement.entries) == Decimal(right)
