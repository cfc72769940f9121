"""What holds of access whatever the table says.

Each rule gives what breaks it: a sentence that stays the same while it is broken, and
what was seen besides.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from support.access_table import Found

Broken = dict[str, str]

# names that a secret may have
SECRET = re.compile(r"secret|passw|token|(?:^|_)keys?(?:_|$)|credential|fingerprint")
# without reading; they have a rule of their own
SEARCHES = frozenset("sg")


def cells(found: Found, kinds: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """`kind`, letters and `model.name` wherever one of some kinds is let in."""
    abstract = found["kinds"]["abstract"]
    for model, _what, name, _addon, allowed in found["allowed"]:
        for kind, letters in allowed.items():
            if letters and kind in kinds and model not in abstract:
                yield kind, letters, f"{model}.{name}"


def kinds(found: Found) -> set[str]:
    """All kinds of users that were looked at."""
    return {kind for row in found["allowed"] for kind in row[4]}


def programs(found: Found) -> set[str]:
    """Kinds for groups of ours that a program alone has."""
    return {kind for kind in kinds(found) if kind.startswith("program")}


def reached(found: Found, who: Collection[str], may: Mapping[str, str]) -> Broken:
    """What somebody reaches who may reach only what a list names."""
    broken = {}
    for kind, letters, name in cells(found, who):
        more = "".join(letter for letter in letters if letter not in SEARCHES)
        model = name.rpartition(".")[0]
        if more and name not in may and f"{model}.*" not in may:
            how = found["outcomes"].get(f"{kind} {name}", "") if more == "c" else ""
            broken[f"{kind} {more} {name}"] = how
    return broken


def searched(found: Found) -> Broken:
    """Fields that somebody may not read, but search or group by, and so find out."""
    return {
        f"{kind} searches {name}": ""
        for kind, letters, name in cells(found, kinds(found) - {"others"})
        if SEARCHES & set(letters)
    }


def told_secrets(
    found: Found, secrets: Collection[str], harmless: Collection[str]
) -> Broken:
    """Secrets that others than administrators reach, and names nobody has judged."""
    fields = {f"{row[0]}.{row[2]}" for row in found["allowed"] if row[1] == "field"}
    judged = {*secrets, *harmless}
    broken = {f"is {name} a secret?" for name in fields - judged if is_secret(name)}
    broken |= {f"{name} is listed, but gone" for name in judged - fields}
    broken |= {
        f"{kind} {letters} {name}"
        for kind, letters, name in cells(found, kinds(found) - {"administrator"})
        if name in secrets
    }
    return dict.fromkeys(broken, "")


def is_secret(name: str) -> bool:
    """Whether a field's name says so."""
    return bool(SECRET.search(name.rpartition(".")[2]))


def written_by_readers(found: Found, known: Collection[str]) -> Broken:
    """What users write who may only read, but for calls that are known to."""
    written = {
        f"readonly {letters} {name}": ""
        for kind, letters, name in cells(found, ("readonly",))
        if set(letters) & set("wnd")
    }
    return written | {
        told: place
        for told, place in faults(found, "writes for readonly").items()
        if told.partition(":")[0] not in known
    }


def written_facts(found: Found) -> Broken:
    """Fields that only our own code writes, and that a program can write."""
    facts = found["kinds"]["facts"]
    return {
        f"{kind} writes {name}": ""
        for kind, letters, name in cells(found, kinds(found))
        if name in facts and "w" in letters
    }


def of_other_company(found: Found, may: Mapping[str, str]) -> Broken:
    """What the manager of one company reaches in another.

    A wizard is its user's own, with what he has entered.
    """
    own = {f"{model}.*" for model in found["kinds"]["transient"]}
    own |= set(found["kinds"]["typed"])
    broken = reached(found, ("other company",), may)
    return {
        text: how for text, how in broken.items() if text.rpartition(" ")[2] not in own
    }


def of_other_addons(found: Found) -> Broken:
    """What managers of our other addons have beyond what invoicing has."""
    return {
        f"managers of other addons {more} {row[0]}.{row[2]}": ""
        for row in found["allowed"]
        if (more := "".join(set(row[4]["others"]) - set(row[4]["invoicing"])))
    }


def of_abstract(found: Found) -> Broken:
    """Methods of abstract models, of which there are no records, that let one in."""
    return {
        f"{row[0]}.{row[2]} lets in": ", ".join(sorted(filter(row[4].get, row[4])))
        for row in found["allowed"]
        if row[0] in found["kinds"]["abstract"] and any(row[4].values())
    }


def faults(found: Found, *rules: str) -> Broken:
    """What went wrong while looking, of some kinds."""
    return {
        f"{model}.{name}: {text or rule}": place
        for rule, model, name, text, place in found["faults"]
        if rule in rules
    }
