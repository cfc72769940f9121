"""Registries of networks: what QIWI, Sber, YooKassa and Tochka list of a day, and the
tables of others. Sums are added up by hand."""

import io
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terminal_formats import registries, registry
from terminal_formats.csv_registry import Mapping
from terminal_formats.statement import FileError

# 150.75 + 2000.00 + 0.25 = 2151.00
QIWI = (
    "700000001\t19.11.2026\t23:59:59\t4821093613\t150.75",
    "700000002\t20.11.2026\t00:00:01\t0042\t2000.00",
    "700000003\t20.11.2026\t12:30:00\t4821093613\t0.25",
    "Total:\t3\t2151.00",
)
# 100.00 + 250.50 = 350.50; 98.00 + 245.49 = 343.49; 2.00 + 5.01 = 7.01
SBER = (
    "20-11-2026;10-11-12;8619/0123;MB;1234567890;4821093613;Петров П. П.;Алматы;1126;"
    "100,00;98,00;2,00",
    "20-11-2026;10-15-00;8619/0123;ATM7;1234567891;0042;250,50;245,49;5,01",
    "=2;350,50;343,49;7,01;900;21-11-2026",
)
# 1000.00 + 500.50 of cards, 200.00 of a wallet: 1700.50; after fees 1643.00
YOOKASSA = (
    "РЕЕСТР ПЛАТЕЖЕЙ В Алатау Телеком. № 17",
    "Дата платежей: 20.11.2026",
    "Номер транзакции; Идентификатор клиента; Сумма платежа; Валюта платежа; "
    "Сумма за вычетом комиссии; Время платежа; Номер кошелька плательщика; "
    "Краткое описание; Тип платежа",
    "t-1; 4821093613; 1000.00; RUB; 965.00; 20.11.2026 09:00:00; ; Интернет; AC",
    "t-2; 0042; 500.50; RUB; 483.00; 20.11.2026 10:00:00; ; ; AC",
    "t-3; 0043; 200.00; RUB; 195.00; 20.11.2026 11:00:00; 41001; ; PC",
    "Сумма принятых платежей типа AC: 1500.50",
    "Сумма принятых платежей за вычетом комиссии типа AC: 1448.00",
    "Число платежей типа AC: 2",
    "Сумма принятых платежей типа PC: 200.00",
    "Число платежей типа PC: 1",
    "Сумма принятых платежей: 1700.50",
    "Число платежей: 3",
)
# 2165.46 + 1530 - 30.46 = 3665.00, fees 25 + 25 + 0
TOCHKA = (
    "TRANS_DATE;TRANSACTION_ID;SUM;COMMISSION;MERCH;TRANSACTION_TYPE;ORDER_UID",
    "20.11.2026 9:59;p-1;2165,46;25;m;PAYMENT;4821093613",
    "20.11.2026 10:01;p-2;1530;25,00;m;PAYMENT;0042",
    "20.11.2026 10:05;r-1;30,46;;m;REFUND;0042",
)
# as a contract of Sber's with named tails: -1 250,50 - 99,50 = -1 350,00, fees 12,50
TABLE = (
    "Отчёт за день",
    "8619;0123;;x;-1 250,50;12,50;2026-11-20;08:00;CLIENTNO: 4821093613;DOC:A-1",
    '8619;0123;;"x;y";-99,50;0;2026-11-20;09:00;CLIENTNO: 0042;DOC:A-2',
    "2;-1350,00",
)
MAPPING = Mapping(
    txn_id="DOC:",
    amount="5",
    day="-4",
    time="-3",
    account="CLIENTNO:",
    fee="6",
    charset="cp1251",
    decimal=",",
    order="ymd",
    head=1,
    foot=1,
    total_count="1",
    total_amount="-1",
    sign=-1,
)


def packed(lines):
    """A file in a ZIP, which proves its bytes; Tochka's has no totals."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as bundle:
        bundle.writestr("registry.csv", write(lines))
    return made.getvalue()


def write(lines, charset="utf-8", end="\r\n"):
    return "".join(line + end for line in lines).encode(charset)


FILES = {
    "qiwi": ("\r\n".join(QIWI).encode(), None, "2151.00"),
    "sber": ("\r\n".join(SBER).encode("cp1251"), None, "350.50"),
    "yookassa": ("\n".join(YOOKASSA).encode(), None, "1700.50"),
    "csv": ("\r\n".join(TABLE).encode("cp1251"), MAPPING, "1350.00"),
    "tochka": (packed(TOCHKA), None, "3665.00"),
}
TEXTS = sorted(FILES.keys() - {"tochka"})


def refused(data, mapping=None, decimals=2):
    """Why a file is refused, as code and line."""
    try:
        found = registry.get_problems(registries.read(data, decimals, mapping))
    except FileError as error:
        assert str(error)
        return [(error.code, error.field)]
    assert all(str(problem.error) for problem in found)
    return [(problem.error.code, problem.place) for problem in found]


def read(data, mapping=None, decimals=2):
    found = registries.read(data, decimals, mapping)
    assert not registry.get_problems(found)
    return found


# --- as they come ------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_qiwi(end):
    found = read(write(QIWI, end=end))
    assert (found.format, found.zone) == ("qiwi", "Europe/Moscow")
    assert found.amount == Decimal("2151.00")
    assert found.days == (date(2026, 11, 19), date(2026, 11, 20))
    assert found.rows[0] == (
        *(1, "700000001", "4821093613", Decimal("150.75")),
        *(datetime(2026, 11, 19, 23, 59, 59), 0, ""),
    )
    assert found.rows[1].account == "0042"
    assert [total.agrees for total in found.totals] == [True, True]


@pytest.mark.parametrize("day", ["2026-11-20", "20261120", "20/11/2026"])
def test_days_that_can_be_read_in_one_way_only(day):
    line = f"1\t{day}\t080000\t42\t1.00"
    [row] = read(write([line, "Total:\t1\t1.00"])).rows
    assert row.paid_at == datetime(2026, 11, 20, 8)


def test_a_qiwi_day_without_payments():
    found = read(b"Total:\t0\t0.00\r\n")
    assert (found.format, found.rows, found.days) == ("qiwi", (), None)


def test_sber():
    found = read(write(SBER, "cp1251"))
    assert (found.format, found.amount, found.fee) == (
        "sber",
        Decimal("350.50"),
        Decimal("7.01"),
    )
    assert [row.account for row in found.rows] == ["4821093613", "0042"]
    assert found.rows[1].terminal == "ATM7"


def test_yookassa():
    found = read(write(YOOKASSA))
    assert (found.format, found.currency, found.day) == (
        "yookassa",
        "RUB",
        date(2026, 11, 20),
    )
    assert (found.amount, found.fee) == (Decimal("1700.50"), Decimal("57.50"))
    assert [row.txn_id for row in found.rows] == ["t-1", "t-2", "t-3"]


def test_a_yookassa_day_without_payments():
    found = read(write(YOOKASSA[:3]))
    assert (found.rows, found.days) == ((), (date(2026, 11, 20),) * 2)


def test_tochka_in_a_zip():
    found = read(packed(TOCHKA))
    assert (found.format, found.amount, found.fee) == (
        "tochka",
        Decimal("3665.00"),
        Decimal("50.00"),
    )
    assert found.rows[2].amount == Decimal("-30.46")


def test_the_payout_in_a_card_registry_is_no_payment():
    head = "TRANS_DATE;TRANSACTION_ID;SUM;COMMISSION;PURPOSE"
    lines = (head, ";;25676786,28;;SETTLEMENT", "20.11.2026 9:59;1;5,00;0,10;payment")
    [row] = read(write(lines)).rows
    assert row.amount == Decimal("5.00")


def test_a_table_by_its_mapping():
    found = read(write(TABLE, "cp1251"), MAPPING)
    assert (found.amount, found.fee) == (Decimal("1350.00"), Decimal("12.50"))
    assert [(row.txn_id, row.account) for row in found.rows] == [
        ("A-1", "4821093613"),
        ("A-2", "0042"),
    ]
    assert found.rows[0].paid_at == datetime(2026, 11, 20, 8)


@pytest.mark.parametrize("charset", ["utf-8", "cp1251", "koi8-r", "cp866", "utf-16"])
def test_columns_by_their_names(charset):
    lines = ("Номер|Сумма|Дата", "A-1|12.5|20.11.2026 08:00")
    mapping = Mapping(
        *("Номер", "Сумма", "Дата"), delimiter="|", head=1, charset=charset
    )
    [row] = read(write(lines, charset), mapping).rows
    assert (row.txn_id, row.amount) == ("A-1", Decimal("12.50"))


def test_nothing_at_all_is_a_day_without_payments():
    for data in (b"", b"\xef\xbb\xbf", b"\r\n"):
        assert read(data).format == "empty"


# --- what is refused ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([*QIWI[:2], QIWI[3]], [("totals", 3), ("totals", 3)]),
        ([*QIWI[:3], QIWI[0], QIWI[3]], [("totals", 5), ("totals", 5)]),
        (QIWI[:3], [("missing", "4")]),
        ([QIWI[0].replace("150.75", "150.76"), *QIWI[1:]], [("totals", 4)]),
        (
            [*QIWI[:2], "7\t20.11.2026\t12:30:00\t42", QIWI[3]],
            [("fields", 3), ("totals", 4), ("totals", 4)],
        ),
        (
            [QIWI[0], QIWI[1].replace("00:00:01", "25:00:01"), *QIWI[2:]],
            [("pattern", 2), ("totals", 4), ("totals", 4)],
        ),
        ([*QIWI[:3], "Total:\t3\t2151,00"], [("pattern", "4.amount")]),
    ],
)
def test_qiwi_refused(lines, expected):
    assert refused(write(lines)) == expected


def test_an_unreadable_line_is_kept_as_it_came():
    data = write(SBER, "cp1251").replace(b"8619/0123;ATM7", b"8619/0123;\x98")
    found = registries.read(data, 2)
    [problem] = found.problems
    assert (problem.place, problem.error.code) == (2, "charset")
    assert problem.content.startswith(b"20-11-2026;10-15-00;8619/0123;\x98;")


def test_sber_parts_that_do_not_add_up():
    lines = (SBER[0].replace("98,00", "99,00"), *SBER[1:])
    assert refused(write(lines, "cp1251"))[0] == ("parts", 1)


def test_yookassa_refused():
    assert refused(write(YOOKASSA[:6])) == [("missing", "7")]
    assert ("totals", 13) in refused(write([*YOOKASSA[:-1], "Число платежей: 4"]))
    assert ("unknown", 14) in refused(write([*YOOKASSA, "Прочее: 1"]))
    mixed = [*YOOKASSA[:5], YOOKASSA[5].replace("RUB", "KZT"), *YOOKASSA[6:]]
    assert refused(write(mixed)) == [("currencies", "")]


def test_decimals_are_those_of_the_currency():
    lines = ("1\t20.11.2026\t08:00:00\t42\t100", "Total:\t1\t100.00")
    assert read(write(lines), decimals=0).amount == 100
    lines = ("1\t20.11.2026\t08:00:00\t42\t100.50", "Total:\t1\t100.50")
    assert ("pattern", "2.amount") in refused(write(lines), decimals=0)


@pytest.mark.parametrize("amount", ["1.234", "1,5", "1e3", "0.00", "NaN", "", "--1"])
def test_what_is_no_amount(amount):
    lines = (f"1\t20.11.2026\t08:00:00\t42\t{amount}", "Total:\t1\t1.00")
    assert refused(write(lines))[0] == ("pattern", 1)


@pytest.mark.parametrize(
    "data", [b"PK\x03\x04rubbish", b"\x00\x01\x02", b"<xml/>", b"a;b;c\n1;2;3"]
)
def test_of_no_format(data):
    assert refused(data)[0][0] == "unknown"


# --- spoilt on the way: a refusal or a right read, never a wrong sum ---------------


@given(st.sampled_from(sorted(FILES)), st.data())
def test_spoilt_files_have_no_wrong_sum(name, draw):
    data, mapping, right = FILES[name]
    first = draw.draw(st.integers(0, len(data) - 2))
    second = draw.draw(st.integers(first + 1, len(data)))
    spoilt = {
        "cut": data[:first] + data[second:],
        "cut short": data[:first],
        "doubled": data[:second] + data[first:],
        "swapped": (
            data[:first] + data[first + 1 : first + 2] + data[first : first + 1]
        )
        + data[first + 2 :],
        "another byte": data[:first]
        + bytes([draw.draw(st.integers(0, 255))])
        + data[first + 1 :],
    }[
        draw.draw(
            st.sampled_from(["cut", "cut short", "doubled", "swapped", "another byte"])
        )
    ]
    try:
        found = registries.read(spoilt, 2, mapping)
    except FileError:
        return
    if found.format == "empty" or registry.get_problems(found):
        return
    if name == "sber" and found.format == "qiwi":  # another format, by chance
        return
    assert found.amount in (Decimal(right), Decimal(0)) or not found.rows


@given(st.sampled_from(TEXTS), st.sampled_from(["cp866", "koi8-r", "utf-16"]))
def test_a_wrong_charset_has_no_wrong_sum(name, charset):
    data, mapping, right = FILES[name]
    home = "utf-8" if name in ("qiwi", "yookassa") else "cp1251"
    spoilt = data.decode(home).encode(charset, "replace")
    try:
        found = registries.read(spoilt, 2, mapping)
    except FileError:
        return
    assert registry.get_problems(found) or found.amount == Decimal(right)


@given(st.binary(max_size=200))
def test_rubbish_is_refused(data):
    try:
        found = registries.read(data, 2)
    except FileError:
        return
    assert registry.get_problems(found) or not found.rows
