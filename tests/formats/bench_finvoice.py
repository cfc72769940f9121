"""Speed of writing one consumer invoice, beside a bare lxml program.

Run from the project root: ``python tests/formats/bench_finvoice.py [rounds]``.
The bare program builds a document of the same elements with SubElement, validates
it with the same compiled schema and serialises it; ours starts from dataclasses,
checks sums and texts, and writes the frame too. Batches alternate, so that both see
the same machine; the figure is the median of the batches' ratios.
"""

import statistics
import sys
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal

import conftest  # noqa: F401  (makes einvoice_formats importable)
from einvoice_formats.finnish_reference import bank_barcode
from einvoice_formats.finvoice import Link, write_invoice, write_message
from einvoice_formats.finvoice_schema import SCHEMA
from finvoice_cases import BUYER, INVOICE, ROW
from lxml import etree

BATCH = 100
FULL = replace(
    INVOICE,
    rows=(replace(ROW, texts=("Mittari 7", "Lukema 1 200")),),
    period_start=date(2026, 1, 1),
    period_end=date(2026, 1, 31),
    customer_number="C-77",
    order_reference="S00012",
    agreement_reference="SOP-3",
    buyer_reference="Vuokra",
    paid=Decimal("0.00"),
    texts=("Kiitos tilauksesta!",),
    payment_terms="14 päivää netto",
    overdue_fine_text="Viivästyskorko",
    overdue_fine_percent=Decimal("9.5"),
    barcode=bank_barcode(
        INVOICE.payment.account.iban,
        INVOICE.payment.amount,
        INVOICE.payment.reference,
        INVOICE.due_date,
    ),
    language="FI",
    links=(Link("Ehdot", "https://www.esimerkki.fi/ehdot"),),
)


def bare_program(document):
    """Source of a function that makes the same document with nothing around it."""
    lines = ["def bare(schema):"]
    names = {}
    for number, element in enumerate(etree.fromstring(document).iter(etree.Element)):
        names[element] = f"e{number}"
        attributes = f", {dict(element.attrib)!r}" if element.attrib else ""
        parent = element.getparent()
        made = (
            f"Element({element.tag!r}{attributes})"
            if parent is None
            else f"SubElement({names[parent]}, {element.tag!r}{attributes})"
        )
        lines.append(f"    e{number} = {made}")
        if element.text:
            lines.append(f"    e{number}.text = {element.text!r}")
    lines += [
        "    assert schema.validate(e0)",
        "    return tostring(e0, encoding='ISO-8859-15', xml_declaration=True)",
    ]
    scope = {
        "Element": etree.Element,
        "SubElement": etree.SubElement,
        "tostring": etree.tostring,
    }
    exec("\n".join(lines), scope)
    return scope["bare"], len(names)


def seconds(call, arguments):
    started = time.perf_counter()
    for argument in arguments:
        call(argument)
    return (time.perf_counter() - started) / len(arguments)


def measure(rounds):
    schema = etree.XMLSchema(etree.parse(str(SCHEMA)))
    bare, elements = bare_program(write_invoice(FULL))
    invoices = [
        replace(
            FULL,
            number=f"2026/{number}",
            buyer=replace(
                BUYER, name=f"Päivi Mäkinen {number}", street=f"Tie {number}"
            ),
            transmission=replace(INVOICE.transmission, message_id=f"M-{number}"),
        )
        for number in range(BATCH)
    ]
    seconds(bare, [schema] * BATCH)
    seconds(write_message, invoices)
    pairs = [
        (seconds(bare, [schema] * BATCH), seconds(write_message, invoices))
        for _round in range(rounds)
    ]
    return elements, pairs


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    elements, pairs = measure(rounds)
    floor, ours = zip(*pairs, strict=True)
    ratio = statistics.median(b / a for a, b in pairs)
    print(f"{elements} elements, {rounds} rounds of {BATCH}")
    for name, values in (("bare lxml", floor), ("write_message", ours)):
        median, best = statistics.median(values), min(values)
        speed = f"{median * 1e6:6.0f} us {1 / median:6.0f}/s, best {best * 1e6:.0f} us"
        print(f"{name:14s}{speed}")
    print(f"ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
