"""What an operator answers in JSON, in the manner of Maventa.

Its public pages show what each call means and the words of its ``status``; the names of
members are a guess that stands here and in docs/operator.md.
"""

from dataclasses import dataclass

from odoo.addons.receivables_base.formats import strict_json
from odoo.addons.receivables_base.formats.errors import FormatError

OK = "OK"
ERROR = "ERROR"


@dataclass(frozen=True)
class Waiting:
    """A message that waits at the operator, or one that failed there."""

    identifier: str
    filename: str = ""
    size: int = 0


@dataclass(frozen=True)
class Refusal:
    """A message of ours that failed: the identifier in its frame, and why."""

    message_id: str
    code: str
    text: str


def read_status(data: bytes) -> str:
    """Return the word or words that an answer begins with: ``OK``, ``ERROR: …``.

    :raises FormatError: it is no such answer
    """
    return strict_json.Node(strict_json.read_object(data)).required("status")


def read_list(data: bytes) -> list[Waiting]:
    """Return what an answer lists as ``messages``.

    :raises FormatError: it is no such answer
    """
    answer = strict_json.read_object(data)
    listed = answer.get("messages")
    if not isinstance(listed, list):
        raise strict_json.wrong_type(listed, "messages", list)
    nodes = [strict_json.Node(one, f"messages[{n}]") for n, one in enumerate(listed)]
    return [
        Waiting(node.required("message_id"), node.text("filename"), _size(node))
        for node in nodes
    ]


def _size(node: strict_json.Node) -> int:
    return node.whole("size") if node.has("size") else 0


def read_refusal(data: bytes) -> Refusal | None:
    """Read why a message failed; None for bytes that are something else."""
    if not data.lstrip().startswith(b"{"):
        return None
    try:
        answer = strict_json.Node(strict_json.read_object(data))
        if answer.text("status") != ERROR:
            return None
        return Refusal(
            answer.required("original_message_id"),
            answer.text("code"),
            answer.text("text", most=strict_json.LONG),
        )
    except FormatError:
        return None
