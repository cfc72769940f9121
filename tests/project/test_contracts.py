"""The two contracts that others can program from, and the pages beside them."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate

from counterparties.common.contract import closed
from support.system import Json

PROJECT = Path(__file__).resolve().parents[2]
DOCS = PROJECT / "docs"
CONTRACTS = ("agency_api.yaml", "terminal_json.yaml")
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("*.yaml"), *PROJECT.glob("*.md")])
METHODS = ("get", "put", "post", "patch", "delete")
JSON = "application/json"

contracts = pytest.mark.parametrize("name", CONTRACTS)


def read(name: str) -> Json:
    """A contract as it is written."""
    return yaml.safe_load(DOCS.joinpath(name).read_text(encoding="utf-8"))


def examples(
    contract: Json, told: Json, where: str
) -> Iterator[tuple[str, Json, Json]]:
    """Where an example of a body or parameter is, its schema, and the example."""
    if isinstance(told, list):
        told = dict(enumerate(told))
    if not isinstance(told, dict):
        return
    if "schema" in told and "example" in told:
        yield where, told["schema"], told["example"]
    elif "schema" in told:
        for name, each in told.get("examples", {}).items():
            value = resolved(contract, each)["value"]
            yield f"{where}/{name}", told["schema"], value
    for name, each in told.items():
        yield from examples(contract, each, f"{where}/{name}")


def operations(contract: Json) -> Iterator[tuple[str, Json]]:
    """Name and content of every call, in either direction."""
    for part in ("paths", "webhooks"):
        for path, item in contract.get(part, {}).items():
            for method in METHODS:
                if method in item:
                    yield f"{method} {path}", item[method]


def resolved(contract: Json, told: Json) -> Json:
    """What a reference stands for."""
    while "$ref" in told:
        found = contract
        for part in told["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        told = found
    return told


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings have."""
    found = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in found}


@contracts
def test_a_public_validator_takes_the_contract(name: str) -> None:
    validate(read(name))


@contracts
def test_every_example_keeps_the_contract(name: str) -> None:
    contract, wrong, count = closed(read(name)), [], 0
    for where, schema, value in examples(contract, contract, ""):
        validator = OAS31Validator(
            {**schema, "components": contract["components"]},
            format_checker=oas31_format_checker,
        )
        wrong += [f"{where}: {error.message}" for error in validator.iter_errors(value)]
        count += 1
    assert not wrong, "\n".join(wrong)
    assert count > 10


@contracts
def test_every_call_has_a_name_and_shows_what_is_sent_and_answered(name: str) -> None:
    contract, names = read(name), []
    for call, told in operations(contract):
        names.append(told["operationId"])
        assert told["summary"], call
        bodies = [resolved(contract, told.get("requestBody", {}))]
        answers = told["responses"].items()
        bodies += [resolved(contract, told) for status, told in answers if status < "5"]
        for body in bodies:
            content = body.get("content", {}).get(JSON)
            assert not content or {"example", "examples"} & set(content), call
    assert len(names) == len(set(names))


@contracts
def test_nothing_in_the_contract_is_unused(name: str) -> None:
    text = DOCS.joinpath(name).read_text(encoding="utf-8")
    used = set(re.findall(r"#/components/([\w/-]+)", text))
    made = {
        f"{kind}/{each}"
        for kind, all_of_it in read(name)["components"].items()
        if kind != "securitySchemes"
        for each in all_of_it
    }
    # what is said of methods that a path does not have is in no path
    assert made - used <= {"responses/MethodNotAllowed"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        place, _mark, anchor = unquote(link).partition("#")
        target = page.parent.joinpath(place).resolve() if place else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
