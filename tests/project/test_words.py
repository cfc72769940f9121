"""The words of the trade: one for each thing, in each language, in whole sentences.

Read from the translation files and the sources. `docs/glossary.md` has the words; each
rule is also shown what breaks it.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from xml.etree import ElementTree

import polib
import pytest

from .test_house import ADDONS, NAMES, PROJECT
from .words_exceptions import (
    FRAGMENTS,
    LABELS,
    OTHER_SENSES,
    OTHER_WORDS,
    TWO_TRANSLATIONS,
)

GLOSSARY = PROJECT / "docs" / "glossary.md"
LANGUAGES = ("fi", "sv", "nb", "is", "ru")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]")
QUOTED = re.compile(r"<(b|i)>([^<]+)</\1>")
# what comes with every record that people follow, in the words of core
OF_CORE = re.compile(
    r"__(?:message|activity|my_activity|website_message|create|write|has_message"
    r"|display_name|id$)"
)
SMALL = {"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the"}
SMALL |= {"to", "under", "with"}
TITLES = re.compile(
    r"model:ir\.(?:ui\.menu|actions\.(?:act_window|client|report)),name"
)
LABEL = re.compile(r"model:ir\.model\.fields(?:,field_description|\.selection,name)")
NAMES_OF_THEIR_OWN = {
    "JSON",
    "OAuth",
    "Odoo",
    "English",
    "Finnish",
    "Swedish",
    "Finland",
}
# elements that stand in a line with the text around them
IN_LINE = {"a", "b", "em", "i", "small", "span", "strong", "t"}
VALUES = {"t-esc", "t-field", "t-out"}
TRANSLATE = {"_", "_lt"}


# --------------------------------------------------------------- what there is to read


@cache
def entries(name: str, addon: str) -> dict[str, polib.POEntry]:
    path = ADDONS / addon / "i18n" / name
    return {e.msgid: e for e in polib.pofile(str(path))} if path.exists() else {}


def template(addon: str) -> dict[str, polib.POEntry]:
    return entries(f"{addon}.pot", addon)


def translations() -> Iterator[tuple[str, str, str, str]]:
    """Addon, language, the term and its translation, without the words of core."""
    for addon in NAMES:
        for language in LANGUAGES:
            for term, entry in entries(f"{language}.po", addon).items():
                own = [p for p, _line in entry.occurrences if not OF_CORE.search(p)]
                if entry.msgstr and own:
                    yield addon, language, term, entry.msgstr


def readable(text: str) -> str:
    """What a person reads of a term: without tags, in one line."""
    return " ".join(TAG.sub(" ", text).split())


# ------------------------------------------------------------------------ the glossary


def glossary(text: str) -> dict[str, dict[str, list[str]]]:
    """English term -> language -> its forms, from the tables of the page.

    A dot in a word ends the part that all its forms have; commas part several words.
    """
    words: dict[str, dict[str, list[str]]] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) != 1 + len(LANGUAGES) or cells[0] in ("English", "---"):
            continue
        term = cells[0]
        assert term not in words, f"twice in the glossary: {term}"
        words[term] = {
            language: [form.strip() for form in cell.split(",") if form.strip() != "–"]
            for language, cell in zip(LANGUAGES, cells[1:], strict=True)
        }
    return words


def plain(text: str) -> str:
    return readable(text).casefold().replace("ё", "е")


def has_form(text: str, forms: list[str]) -> bool:
    """Whether a translation has one of the forms, also inside a compound."""
    return any(
        re.search(
            r"\w*\s+".join(map(re.escape, plain(stem(form)).split())), plain(text)
        )
        for form in forms
    )


def stem(form: str) -> str:
    """`перед·ача счёт·а` -> `перед счёт`."""
    return " ".join(word.partition("·")[0] for word in form.split())


@cache
def occurrence(term: str) -> re.Pattern[str]:
    """A term of the glossary as a word, or several of it."""
    one, many = (term[:-1], "(?:y|ies)") if term.endswith("y") else (term, "(?:s|es)?")
    return re.compile(rf"(?<![\w-]){re.escape(one.casefold())}{many}(?![\w-])")


def terms_in(text: str, words: Mapping[str, object]) -> Iterator[str]:
    """The terms of the glossary that occur in an English text, the longest first."""
    rest = PLACEHOLDER.sub(" ~ ", readable(text)).casefold()
    for term in sorted(words, key=len, reverse=True):
        rest, count = occurrence(term).subn(" ~ ", rest)
        if count:
            yield term


def wrong_words(
    words: Mapping[str, Mapping[str, list[str]]],
    texts: Iterator[tuple[str, str, str, str]],
    exceptions: Mapping[tuple[str, str], Mapping[str, str]],
) -> list[str]:
    """Translations that have another word than the glossary, and idle exceptions.

    Exceptions are by language (`*` is all) and word: how the term begins, and why.
    """
    found, used = [], set()
    for addon, language, term, translation in texts:
        for word in terms_in(term, words):
            forms = words[word][language]
            if not forms or has_form(translation, forms):
                continue
            excused = {
                (key, word, start)
                for key in (language, "*")
                for start in exceptions.get((key, word), ())
                if readable(term).startswith(start)
            }
            used |= excused
            if not excused:
                found.append(
                    f"{addon} {language}: “{word}” is {', '.join(forms)}:\n"
                    f"    {readable(term)}\n    {readable(translation)}"
                )
    found += [
        f"no exception is needed any more: {language}, {word}: {start}"
        for (language, word), starts in exceptions.items()
        for start in starts
        if (language, word, start) not in used
    ]
    return found


def test_the_glossary_is_complete() -> None:
    words = glossary(GLOSSARY.read_text(encoding="utf-8"))
    assert 60 <= len(words) <= 120
    lacking = [
        f"{term}: {language}"
        for term, forms in words.items()
        for language in ("fi", "sv", "nb", "ru")
        if not forms[language]
    ]
    assert not lacking


def test_every_language_has_the_words_of_the_glossary() -> None:
    words = glossary(GLOSSARY.read_text(encoding="utf-8"))
    found = wrong_words(words, translations(), OTHER_WORDS | OTHER_SENSES)
    assert not found, f"{len(found)} times\n" + "\n".join(found)


TABLE = """
| English | fi | sv | nb | is | ru |
|---|---|---|---|---|---|
| invoice | lasku | faktura | faktura | reikning·ur | счёт·, счет· на оплату |
| invoice number | laskun nume·ro | fakturanum·mer | fakturanummer | – | номер счёта |
"""


def test_the_glossary_is_read() -> None:
    words = glossary(TABLE)
    assert words["invoice"]["ru"] == ["счёт·", "счет· на оплату"]
    assert words["invoice number"]["is"] == []
    assert list(terms_in("An invoice number, invoices.", words)) == [
        "invoice number",
        "invoice",
    ]
    assert list(terms_in("The e-invoice is invoiced.", words)) == []
    assert has_form("Myyntilaskun eräpäivä", ["lasku"])
    assert has_form("Счета на оплату", ["сч·ёт на оплату"])
    assert not has_form("Perintä", ["lasku"])


@pytest.mark.parametrize(
    ("translation", "exceptions", "faults"),
    [
        ("Lasku lähti.", {}, 0),
        ("Maksu lähti.", {}, 1),
        ("Se lähti.", {("fi", "invoice"): {"The invoice": "a reason"}}, 0),
        ("Se lähti.", {("*", "invoice"): {"The invoice": "a reason"}}, 0),
        ("Se lähti.", {("sv", "invoice"): {"The invoice": "a reason"}}, 2),
        ("Lasku lähti.", {("fi", "invoice"): {"The invoice": "a reason"}}, 1),
    ],
)
def test_another_word_is_seen(
    translation: str, exceptions: dict[tuple[str, str], dict[str, str]], faults: int
) -> None:
    texts = iter([("one", "fi", "The <b>invoice</b> has left.", translation)])
    assert len(wrong_words(glossary(TABLE), texts, exceptions)) == faults


def two_translations(
    texts: Iterator[tuple[str, str, str, str]],
    exceptions: Mapping[tuple[str, str], str],
) -> list[str]:
    """The same sentence, said in two ways by two addons."""
    said: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(dict)
    for addon, language, term, translation in texts:
        said[language, term].setdefault(translation, []).append(addon)
    double = {key for key, ways in said.items() if len(ways) > 1}
    return [
        f"{language}: {readable(term)}: {dict(said[language, term])}"
        for language, term in sorted(double - exceptions.keys())
    ] + [
        f"no exception is needed any more: {key}" for key in exceptions.keys() - double
    ]


def test_one_sentence_has_one_translation() -> None:
    found = two_translations(translations(), TWO_TRANSLATIONS)
    assert not found, "\n" + "\n".join(found)


def test_a_second_translation_is_seen() -> None:
    texts = [("one", "fi", "Reason", "Syy"), ("two", "fi", "Reason", "Peruste")]
    assert two_translations(iter(texts), {})
    assert not two_translations(iter(texts), {("fi", "Reason"): "a reason"})
    assert two_translations(iter(texts[:1]), {("fi", "Reason"): "a reason"})


def wrongly_quoted(terms: Mapping[str, str]) -> list[str]:
    """Sentences that name a button or a menu otherwise than its label says."""
    found = []
    for term, translation in terms.items():
        for _tag, label in QUOTED.findall(term):
            said = terms.get(" ".join(label.split()))
            if said and said not in " ".join(translation.split()):
                found.append(f"“{label}” is “{said}”: {readable(translation)}")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_name_buttons_as_they_are_labelled(language: str) -> None:
    for addon in NAMES:
        terms = {t: e.msgstr for t, e in entries(f"{language}.po", addon).items()}
        assert not wrongly_quoted(terms)


def test_a_wrong_label_is_seen() -> None:
    terms = {"Send now": "Lähetä nyt", "Press <b>Send now</b>.": "Paina <b>Lähetä</b>."}
    assert wrongly_quoted(terms)
    assert not wrongly_quoted(terms | {"Send now": "Lähetä"})


# --------------------------------------------------------------------- whole sentences


def is_fragment(term: str) -> bool:
    """A piece of a sentence: no language can put its pieces in another order."""
    text = readable(term)
    words = re.findall(r"[^\W\d_]+", PLACEHOLDER.sub(" ", text))
    if not words:
        return bool(PLACEHOLDER.search(text))  # glue between sentences
    if re.match(r"e\.g\. |“|…|\(|-|%", text) or not re.match(r"[a-z,.;:)–]", text):
        return bool(re.search(r"(?:[,;(–]|\b(?:and|or|of|the|a|an|between))$", text))
    return True


def test_there_are_no_pieces_of_sentences() -> None:
    terms = {term for addon in NAMES for term in template(addon)}
    fragments = {term for term in terms if is_fragment(term)}
    assert not (found := fragments - FRAGMENTS.keys()), "\n" + "\n".join(sorted(found))
    assert not (idle := FRAGMENTS.keys() - fragments), f"no exceptions: {idle}"


@pytest.mark.parametrize(
    "term",
    [
        "in",
        "minutes before data leaves",
        ".\n   Read before you accept:",
        "<span>invoice</span>",
        "The agreement is made between your company and",
        "%(what)s %(remedy)s",
    ],
)
def test_a_piece_of_a_sentence_is_seen(term: str) -> None:
    assert is_fragment(term)


@pytest.mark.parametrize(
    "term",
    [
        "Paid",
        "%s is paid.",
        "“%s” is paid.",
        "… and %s more.",
        "e.g. Kaspi",
        "4821",
        "“”",
    ],
)
def test_a_whole_sentence_is_none(term: str) -> None:
    assert not is_fragment(term)


def is_field(node: ElementTree.Element) -> bool:
    return node.tag == "field" or not VALUES.isdisjoint(node.attrib)


def runs(node: ElementTree.Element) -> Iterator[str | None]:
    """The texts of a line in order, None for a field; a block ends a line with ``."""
    if (node.text or "").strip():
        yield " ".join((node.text or "").split())
    for child in node:
        if is_field(child):
            yield None
        elif child.tag in IN_LINE:
            yield from runs(child)
        else:
            yield ""
        if (child.tail or "").strip():
            yield " ".join((child.tail or "").split())


def split_sentences(source: str) -> list[str]:
    """Texts that go on after a field, or stop before one: sentences in pieces."""
    found = []
    for node in ElementTree.fromstring(source).iter():
        if is_field(node) or node.tag in IN_LINE:
            continue
        line = list(runs(node))
        for before, after in zip(line, line[1:], strict=False):
            if before is None and after and not re.match(r"[A-Z“0-9]|[^\w.]+$", after):
                found.append(f"… {after}")
        before = (node.text or "").strip()
        first = next(iter(node), None)
        if (
            before
            and first is not None
            and is_field(first)
            and before[-1] not in ":.!?"
        ):
            found.append(f"{' '.join(before.split())} …")
    return found


def test_no_sentence_is_split_around_a_field() -> None:
    found = [
        f"{path.relative_to(ADDONS)}: {piece}"
        for path in sorted(ADDONS.glob("*/**/*.xml"))
        if not {"tests", "data"} & set(path.parts)  # a mail is translated whole
        for piece in split_sentences(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        ("<p>Data leaves in <field name='a'/> minutes.</p>", 2),
        ("<div><field name='a'/> <span>days</span></div>", 1),
        ("<div><field name='a'/>. Read on.</div>", 1),
        ("<p>Paid: <field name='a'/></p>", 0),
        ("<p>Paid: <field name='a'/><b>Read on.</b></p>", 0),
        ("<p><field name='a'/>, <field name='b'/></p>", 0),
        ("<p>Played by <span t-out='a'/></p>", 1),
        ("<div><field name='a'/><div>days</div></div>", 0),
    ],
)
def test_a_split_sentence_is_seen(source: str, pieces: int) -> None:
    assert len(split_sentences(source)) == pieces


def is_translation(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    name = function.id if isinstance(function, ast.Name) else ""
    return (function.attr if isinstance(function, ast.Attribute) else name) in TRANSLATE


def glued_sentences(source: str) -> list[str]:
    """Translations that are joined to letters, or to one another in a line, by code."""
    found = []
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.AST] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        elif isinstance(node, ast.JoinedStr):
            parts = [
                p.value if isinstance(p, ast.FormattedValue) else p for p in node.values
            ]
        translated = sum(map(is_translation, parts))
        letters = any(
            isinstance(part, ast.Constant)
            and isinstance(part.value, str)
            and re.search(r"[^\W\d_]", part.value)
            for part in parts
        )
        if translated and (letters or translated > 1):
            found.append(ast.unparse(node))
    return found


def test_no_sentence_is_glued_by_code() -> None:
    found = [
        f"{path.relative_to(ADDONS)}: {glue}"
        for path in sorted(ADDONS.glob("*/**/*.py"))
        if "tests" not in path.parts
        for glue in glued_sentences(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("source", "glued"),
    [
        ("_('Paid') + ' by ' + name", True),
        ("_('Paid') + self.env._('today')", True),
        ("f\"{self.env._('Paid')} {self.env._('today')}\"", True),
        ("f\"- {self.env._('Paid.')}\"", False),
        ("'\\n' + self.env._('Paid.')", False),
        ("self.env._('Paid by %s', name)", False),
    ],
)
def test_glue_is_seen(source: str, glued: bool) -> None:
    assert bool(glued_sentences(source)) == glued


# ------------------------------------------------------------------- one habit of case


def in_title_case(text: str) -> bool:
    words = re.findall(r"[A-Za-z][\w'’]*", text)
    return all(word[0].isupper() or word in SMALL for word in words)


def in_sentence_case(text: str) -> bool:
    words = re.findall(r"[A-Za-z][\w'’]*", readable(text).partition(":")[0])[1:]
    return all(
        word.islower() or word.isupper() or word in NAMES_OF_THEIR_OWN for word in words
    )


def test_menus_and_windows_are_in_title_case_as_those_of_core() -> None:
    found = [
        term
        for addon in NAMES
        for term, entry in template(addon).items()
        if any(TITLES.match(place) for place, _line in entry.occurrences)
        and not in_title_case(term)
    ]
    assert not found, found


def test_labels_are_in_sentence_case() -> None:
    found = [
        term
        for addon in NAMES
        for term, entry in template(addon).items()
        if any(
            LABEL.match(place) and not OF_CORE.search(place)
            for place, _line in entry.occurrences
        )
        and not in_sentence_case(term)
        and term not in LABELS
    ]
    assert not found, found


def test_case_is_seen() -> None:
    assert in_title_case("Orders to Allocate")
    assert not in_title_case("Orders to allocate")
    assert in_sentence_case("Time taken (ms)")
    assert in_sentence_case("The company's BIC")
    assert not in_sentence_case("Recipient Address")


def test_the_glossary_is_where_contributors_are_sent() -> None:
    assert "docs/glossary.md" in (PROJECT / "CONTRIBUTING.md").read_text(
        encoding="utf-8"
    )


def test_there_are_translations() -> None:
    said = {language for _addon, language, _term, _translation in translations()}
    assert said == set(LANGUAGES), "the rules above would prove nothing"
