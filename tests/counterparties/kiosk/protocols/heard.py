"""What a network makes of an answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

DONE, REFUSED, AGAIN = "done", "refused", "again"


class Unusable(Exception):
    """An answer that cannot count: as if there had been none.

    Without a code it is no complaint: some server on the way has answered.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass
class Heard:
    """`shown` is what a screen may show, `complaints` what is wrong with the answer."""

    verdict: str = AGAIN
    code: str = ""
    message: str = ""
    provider_id: str = ""
    shown: dict = field(default_factory=dict)
    data: dict = field(default_factory=dict)
    complaints: list[tuple[str, str]] = field(default_factory=list)

    def complain(self, code: str, sentence: str) -> None:
        self.complaints.append((code, sentence))

    def view(self) -> dict:
        """As JSON."""
        return asdict(self)
