"""What looks at the traffic of a party sees what breaks its contract, and only that."""

import json
from pathlib import Path

import pytest
from flask import Flask, Response, jsonify, request
from werkzeug.test import Client, TestResponse

from counterparties.common.contract import Contract, Watch

CONTRACT = """
openapi: 3.1.0
info: {title: Shelf, version: "1"}
paths:
  /things/{thing}:
    parameters:
      - {name: thing, in: path, required: true, schema: {type: string}}
    put:
      parameters:
        - {name: X-Key, in: header, required: true, schema: {type: string}}
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
      responses:
        '200':
          description: Kept.
          headers: {X-Trace: {required: true, schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
        '400': {description: Refused.}
  /files:
    post:
      requestBody:
        content:
          multipart/form-data:
            schema:
              type: object
              required: [file]
              properties: {file: {type: array, maxItems: 1, items: {type: string}}}
      responses: {'204': {description: Kept.}}
webhooks:
  gone:
    post:
      parameters: [{name: X-Try, in: header, required: true, schema: {type: integer}}]
      responses: {2XX: {description: Heard.}}
components:
  schemas:
    Thing:
      type: object
      required: [kind]
      properties:
        kind: {type: string, x-extensible-enum: [book, box]}
        owner: {type: [string, 'null']}
"""


class Shelf:
    """A party with one thing; `answer` is what it says of it."""

    def __init__(self, folder: Path) -> None:
        told = folder / "shelf.yaml"
        told.write_text(CONTRACT)
        self.answer = {"kind": "box"}
        self.trace = {"X-Trace": "t1"}
        app = Flask("shelf")

        @app.put("/v1/things/<path:thing>")
        def put(thing: str) -> tuple[Response, int]:
            if not isinstance(request.json, dict) or "kind" not in request.json:
                return Response(headers=self.trace), 400
            answer = jsonify(self.answer)
            answer.headers.extend(self.trace)
            return answer, 200

        @app.post("/v1/files")
        def keep() -> tuple[str, int]:
            assert request.files
            return "", 204

        @app.get("/v1/sandbox/state")
        def state() -> str:
            return "anything"

        self.watch = Watch(app.wsgi_app, Contract(told, "/v1"), "/v1")
        self.client = Client(self.watch)

    def put(self, thing: object, **more: str) -> TestResponse:
        return self.client.put(
            "/v1/things/1", json=thing, headers={"X-Key": "k", **more}
        )

    def breaches(self) -> list[tuple[str, str]]:
        """Who broke it and how, as the party tells it."""
        told = self.client.get("/v1/sandbox/breaches").json
        return [(each["party"], each["what"]) for each in told or []]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_what_keeps_the_contract_is_left_alone(shelf: Shelf) -> None:
    assert shelf.put({"kind": "book", "owner": None}).json == {"kind": "box"}
    shelf.client.put("/v1/things/a%2Fb", json={"kind": "box"}, headers={"X-Key": "k"})
    shelf.client.get("/v1/sandbox/state")
    assert shelf.breaches() == []


@pytest.mark.parametrize(
    ("thing", "what"),
    [
        ({}, "'kind' is a required property"),
        ({"kind": 5}, "5 is not of type 'string'"),
        ({"kind": "hat"}, "'hat' is not one of ['book', 'box']"),
        ({"kind": "box", "colour": "red"}, "'colour' was unexpected"),
    ],
)
def test_a_client_that_breaks_it(shelf: Shelf, thing: object, what: str) -> None:
    shelf.put(thing)
    [(party, said)] = shelf.breaches()
    assert (party, what in said) == ("client", True), said


def test_a_client_that_asks_for_what_there_is_not(shelf: Shelf) -> None:
    shelf.client.get("/v1/nothing")
    shelf.client.delete("/v1/things/1")
    assert shelf.breaches() == [("client", "there is no such call")] * 2


def test_a_header_and_a_body_that_are_missing(shelf: Shelf) -> None:
    shelf.client.put("/v1/things/1", data=b"{", content_type="application/json")
    assert {party for party, _what in shelf.breaches()} == {"client"}
    assert len(shelf.breaches()) == 2


@pytest.mark.parametrize(
    ("answer", "trace", "what"),
    [
        ({"kind": "hat"}, {"X-Trace": "t"}, "'hat' is not one of"),
        ({"kind": "box", "size": 1}, {"X-Trace": "t"}, "'size' was unexpected"),
        ({}, {"X-Trace": "t"}, "'kind' is a required property"),
        ({"kind": "box"}, {}, "MissingRequiredHeader X-Trace"),
    ],
)
def test_a_server_that_breaks_it(
    shelf: Shelf, answer: dict[str, str], trace: dict[str, str], what: str
) -> None:
    shelf.answer, shelf.trace = answer, trace
    shelf.put({"kind": "box"})
    [(party, said)] = shelf.breaches()
    assert (party, what in said) == ("server", True), said


def test_a_status_that_is_not_agreed(shelf: Shelf) -> None:
    shelf.client.post("/v1/files")
    [(party, said)] = shelf.breaches()[-1:]
    assert (party, said) == ("server", "ResponseNotFound")


def test_documents_are_counted_and_large_ones_left_alone(shelf: Shelf) -> None:
    for sizes in ([3], [2_000_000, 3], [3, 3]):
        files = [(f"{size}.pdf", b"%" * size) for size in sizes]
        boundary = "a-line"
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
            f'filename="{name}"\r\n\r\n'.encode()
            + data
            + b"\r\n"
            for name, data in files
        )
        shelf.client.post(
            "/v1/files",
            data=body + f"--{boundary}--\r\n".encode(),
            content_type=f"multipart/form-data; boundary={boundary}",
        )
    [(party, said)] = shelf.breaches()
    assert (party, "is too long" in said or "expected at most" in said) == (
        "client",
        True,
    ), said


def test_what_the_server_says_by_itself(shelf: Shelf) -> None:
    for tried, status in (("1", 204), ("often", 204), ("2", 500)):
        shelf.watch.sent("gone", "http://here/me", {"X-Try": tried}, b"", status)
    assert [party for party, _what in shelf.breaches()] == ["server", "client"]


def test_what_nobody_can_read_is_the_senders_fault(shelf: Shelf) -> None:
    shelf.client.put(
        "/v1/things/1",
        data=b"[" * 100_000,
        headers={"X-Key": "k", "Content-Type": "application/json"},
    )
    assert shelf.breaches()[0][0] == "client"
    assert json.dumps(shelf.breaches())
