"""The table of who may do what: as a file, as found, and where the two disagree."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

# as found by access_probe.probe()
Found = Mapping[str, Any]
# (addon, model, "records", "field" or "method", name)
Key = tuple[str, str, str, str]
Table = dict[Key, dict[str, str]]

COLUMNS = (
    "public",
    "portal",
    "employee",
    "readonly",
    "invoicing",
    "user",
    "manager",
    "administrator",
    "other company",
)
HEADER = ("addon", "model", "what", "name", *COLUMNS, "covers")
ORDER = ("records", "field", "method")
# so many fields that behave alike share a row
ALIKE = 3


def as_table(found: Found) -> Table:
    """What was found, without what nobody can have: an abstract model's methods."""
    return {
        (addon, model, what, name): {each: kinds[each] for each in COLUMNS}
        for model, what, name, addon, kinds in found["allowed"]
        if model not in found["kinds"]["abstract"]
    }


def read(path: Path) -> Table:
    """The table in a file; a row `*` stands for each field that it covers."""
    table: Table = {}
    with path.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            for name in row["covers"].split() or [row["name"]]:
                key = (row["addon"], row["model"], row["what"], name)
                assert key not in table, f"two rows for {' '.join(key)}"
                table[key] = {each: row[each] for each in COLUMNS}
    return table


def write(path: Path, table: Table, own: Iterable[str]) -> None:
    """Write a table; most fields of a model of ours behave alike and share a row."""
    rows = []
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (addon, model, what, name), kinds in table.items():
        pattern = tuple(kinds[each] for each in COLUMNS)
        if what == "field" and model in own:
            alike[(addon, model, *pattern)].append(name)
        else:
            rows.append([addon, model, what, name, *pattern, ""])
    most: dict[tuple[str, str], int] = defaultdict(int)
    for (addon, model, *_pattern), names in alike.items():
        most[addon, model] = max(most[addon, model], len(names))
    for (addon, model, *pattern), names in alike.items():
        if len(names) == most[addon, model] >= ALIKE:
            most[addon, model] = len(table) + 1  # one such row a model
            rows.append([addon, model, "field", "*", *pattern, " ".join(sorted(names))])
        else:
            rows += [[addon, model, "field", name, *pattern, ""] for name in names]
    rows.sort(key=lambda row: (*row[:2], ORDER.index(row[2]), row[3]))
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows)


def differences(said: Table, found: Table) -> Iterator[str]:
    """Sentences about every row in which the table and Odoo disagree."""
    for key in sorted(said.keys() | found.keys()):
        about = "{1}.{3} ({2}, {0})".format(*key)
        if key not in said:
            may = ", ".join(f"{who} {what}" for who, what in found[key].items() if what)
            yield f"not in the table: {about}; now allowed: {may or 'nobody'}"
        elif key not in found:
            yield f"in the table, but gone: {about}"
        else:
            for who in COLUMNS:
                more = "".join(sorted(set(found[key][who]) - set(said[key][who])))
                less = "".join(sorted(set(said[key][who]) - set(found[key][who])))
                if more:
                    yield f"more than the table says: {who} {more} {about}"
                if less:
                    yield f"less than the table says: {who} {less} {about}"
