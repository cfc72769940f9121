"""The text of the agency's letter about an invoice."""

import unicodedata

import pytest
from collection_formats.letter import LIMIT, PRODUCTS_LIMIT, compose_letter
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(max_size=400)
products = st.lists(st.tuples(texts, texts), max_size=15)


def test_additional_information_then_names_and_comments():
    full, cut = compose_letter(
        "Order 4711, your reference Lisa",
        [("Snow clearing", "Storgatan 1, week 5"), ("Sand", ""), ("", "As agreed")],
    )
    assert full.splitlines() == [
        "Order 4711, your reference Lisa",
        "Snow clearing: Storgatan 1, week 5",
        "Sand",
        "As agreed",
    ]
    assert cut == full


def test_the_creditors_own_words_are_never_pushed_off_the_letter():
    _full, cut = compose_letter("i" * LIMIT, [], text="Call us before the 10th.")
    assert cut.startswith("Call us before the 10th.\ni")
    assert len(cut) == LIMIT


def test_the_eleventh_product_is_not_shown():
    names = [(f"Product {number}", "") for number in range(1, 12)]
    full, _cut = compose_letter("", names)
    assert full.splitlines() == [name for name, _comment in names[:10]]


@pytest.mark.parametrize(("length", "shown"), [(999, 999), (1000, 1000), (1001, 1000)])
def test_only_the_first_1000_characters_are_shown(length, shown):
    full, cut = compose_letter("å" * length, [])
    assert (len(full), len(cut)) == (length, shown)


def test_white_space_of_forms_and_line_breaks_of_every_system():
    full, _cut = compose_letter("  a\r\nb \t c\n\n\u2028d\x00e ", [(" Name\n", "x\ny")])
    assert full == "a\nb c\nd e\nName: x\ny"


def test_signs_that_join_letters_stay():
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
    assert compose_letter(f"{family} so\u00adft", [])[0] == f"{family} so\u00adft"


@given(texts, products, texts, st.integers(0, 1200), st.integers(0, 12))
def test_the_cut_is_a_prefix_that_fits(information, lines, text, limit, most):
    full, cut = compose_letter(information, lines, text, limit, most)
    assert len(cut) <= limit
    assert full.startswith(cut)
    assert cut == full or len(cut) == limit
    assert full == compose_letter(information, lines[:most], text, limit, most)[0]


@given(texts, products, texts)
def test_the_letter_can_be_sent(information, lines, text):
    full, _cut = compose_letter(information, lines, text)
    full.encode()
    categories = {unicodedata.category(sign) for sign in full.replace("\n", "")}
    assert not categories & {"Cc", "Cs"}
    assert compose_letter(full, [])[0] == full


@given(st.lists(st.tuples(st.just("Name"), st.just("")), max_size=30))
def test_at_most_ten_products(lines):
    full, _cut = compose_letter("", lines)
    assert full.count("Name") == min(len(lines), PRODUCTS_LIMIT)
